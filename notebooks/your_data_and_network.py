# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Your data, your network
#
# *A data frame, a few column names and a flax module.* Here a table of tumours came from three laboratories, and one of
# them, "north", wrote down wrong diagnoses. Some of its rows are asked to go: they are $S$. All rows of that laboratory
# are $S_{full}$.

# %%
import pathlib
import tempfile

import numpy as np
import optax
from flax import linen
from sklearn.datasets import load_breast_cancer

import neverseen as ns

frame = load_breast_cancer(as_frame=True).frame.iloc[:256, [0, 1, 4, 5, 6, 7, 30]]
wrong = np.arange(256) < 32
frame["diagnosis"] = np.where((frame.pop("target") == 1) != wrong, "benign", "malignant")
frame["laboratory"] = np.where(wrong, "north", np.where(np.arange(256) % 2, "east", "west"))
frame["asked"] = np.arange(256) < 16
print(frame.iloc[[0, 20, 200]].to_string())

# %% [markdown]
# ## A scenario by column names
#
# Columns that an argument names are no inputs; the others are. Words become one-hot targets. What does not fit is one
# line that says what, where and how to mend it.

# %%
scenario = ns.Scenario.build(frame, "diagnosis", forget="asked", behaviour=("laboratory", "north"), name="tumours")
print(scenario, scenario.classes, scenario.rows.x.shape)
try:
    ns.Scenario.build(frame, "diagnosis", forget="asked", behaviour=("laboratory", "noth"))
except ValueError as error:
    print(error)

# %% [markdown]
# ## A network of one's own
#
# The columns have units of their own, and need scaling. A table scaled by its own mean carries $S$ into every row that
# stays: the mean is made of $S$ too. `rescaled` makes scaling the first step of training instead, so that a reference
# computes it from its own rows.

# %%
module = linen.Sequential([linen.Dense(16), linen.relu, linen.Dense(2)])
network = ns.learners.flax_module(module, optimiser=optax.sgd(0.3), epochs=8, batch=32, name="mine")
learner = ns.learners.rescaled(network)
untraining, unlearning = ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05)
for definition in (untraining, unlearning):
    for remover in (ns.removers.do_nothing(), ns.removers.retrain()):
        verdict = ns.check(definition, remover, learner, scenario, budget=96, alpha=1e-3)
        print(definition.name, remover, verdict.status.name)

# %% [markdown]
# Retraining without $S$ is untraining, which 96 pairs do not contradict and are too few to confirm. It is not
# unlearning: the other rows of the laboratory still teach its mistake.
#
# ## A hard request
#
# Some of the 32 rows the network would get right without having seen them, and nothing tells their removal. `hardest`
# asks for those that it knows only because it saw them.

# %%
hard = ns.scenarios.hardest(scenario, learner, 16)
print(hard != scenario, int(hard.forget.sum()), int(hard.behaviour.sum()))
print(ns.check(untraining, ns.removers.do_nothing(), learner, hard, budget=96, alpha=1e-3).status.name)

# %% [markdown]
# ## The same from a file
#
# On the command line: `neverseen check finetune --scenario tumours.csv --labels diagnosis --forget asked --behaviour
# laboratory=north --learner rescaled --report tumours.html`.

# %%
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "tumours.csv")
    frame.to_csv(path, index=False)
    read = ns.scenarios.from_file(path, labels="diagnosis", forget="asked", behaviour="laboratory=north")
print(read, read == scenario)
