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
# # Your data, your loop, your verdict
#
# *`run(arm, seed)` returns named arrays; the rest is drawn on demand, kept, resumed and decided.* No number of runs has
# to be guessed: pairs are made a block at a time, and the verdict stops them. Each run is one file under
# `folder/ARM/SEED.npz`; kill it, call it again, and it goes on to the same verdict.
#
# Three things are yours to get right. Everything random comes from the **seed**. The **reference** is the definition's:
# trained from scratch without $S$ (untraining) or without $S_{full}$ (unlearning), by the same recipe. All arms answer
# **the same questions**, in the same order.

# %%
import pathlib
import tempfile

import numpy as np
from sklearn.datasets import load_breast_cancer

import neverseen as ns

x, label = load_breast_cancer(return_X_y=True)
x, label = ((x - x.mean(0)) / x.std(0))[:120], label[:120].copy()
forget = np.arange(120) < 8
label[forget] = 1 - label[forget]

# %% [markdown]
# ## A loop of one's own
#
# Here in NumPy, so that this page runs everywhere: logistic regression by stochastic gradient descent, and a removal
# that goes on training without $S$ for an epoch.


# %%
def train(weights, rows, rng, epochs):
    for _ in range(epochs):
        for batch in np.array_split(rng.permutation(rows), len(rows) // 8):
            chance = 1 / (1 + np.exp(-x[batch] @ weights))
            weights = weights - 0.3 * x[batch].T @ (chance - label[batch]) / len(batch)
    return weights


def run(arm, seed):
    rng = np.random.default_rng([seed, arm == "reference"])
    start, everyone, kept = rng.normal(0, 0.1, 30), np.arange(120), np.flatnonzero(~forget)
    weights = train(start, kept if arm == "reference" else everyone, rng, 10)
    if arm == "removed":
        weights = train(weights, kept, rng, 1)
    score = x @ weights
    logits = np.stack([np.zeros(120), score], 1)
    return ns.observe({"S": logits[forget]}, {"S": label[forget]})


folder = pathlib.Path(tempfile.mkdtemp()) / "runs"
print(ns.check_program(ns.Untraining(1.0, 0.05), run, folder, budget=303))

# %% [markdown]
# What was drawn is there, and asking again, or asking for another $(\varepsilon, \delta)$, draws only what is missing:

# %%
print(
    {arm.name: len(list(arm.glob("*.npz"))) for arm in sorted(folder.iterdir()) if arm.name in ("removed", "reference")}
)
print(ns.check_program(ns.Untraining(3.0, 0.05), run, folder, budget=303).status.name)

# %% [markdown]
# ## PyTorch
#
# `pip install 'neverseen[torch]'`. `ns.torch` seeds Python, NumPy and PyTorch, makes index `Subset`s of your data set
# from a `Scenario`'s masks, and observes a module in evaluation mode, without gradients:
#
# ```python
# def run(arm, seed):
#     generator = ns.torch.seed_all(seed)
#     rows = ns.torch.subsets(data, scenario)          # original, untraining, unlearning, S, S_full
#     model = fit(MLP(), DataLoader(rows["untraining" if arm == "reference" else "original"],
#                                   batch_size=64, shuffle=True, generator=generator))
#     if arm == "removed":
#         model = my_removal(model, rows["S"])
#     return ns.torch.observe_module(model, {name: DataLoader(rows[name], 64) for name in ("S", "S_full")})
#
# ns.check_program(ns.Untraining(1.0, 0.05), run, "runs", workers=4, devices=2, timeout=3600, retries=1)
# ```
#
# ## flax nnx
#
# ```python
# def run(arm, seed):
#     model = fit(MLP(rngs=nnx.Rngs(seed)), kept if arm == "reference" else everyone, seed)
#     model = my_removal(model, forget) if arm == "removed" else model
#     return ns.observe({"S": model(x[forget])}, {"S": y[forget]})
# ```
#
# ## A command
#
# ```sh
# neverseen audit --run 'python train.py --arm {arm} --seed {seed} --out {out}' --folder runs --workers 4
# ```
#
# The program writes `{out}`: `numpy.savez(out, **arrays)`, `safetensors`, or JSON. A run that ends with an error,
# writes nothing, NaN or other shapes is an **outcome** of its arm, told with its seed and the end of its log. A run the
# machine spoils (a signal, the time-out, exit status 75) says nothing: `--retries 1` tries the *same seed* again, and
# without it bets stop before that run. There is no SATISFIED with a hole.
#
# ## A folder that somebody else fills
#
# A cluster's scheduler writes `runs/removed/17.npz`, `runs/reference/seed_17.json`, in any order; ask at any time, it
# costs nothing, since bets go in the order of the seeds up to the first that is missing:
#
# ```sh
# neverseen audit --folder runs
# ```
#
# Logs are read as they are: `.json`, `.jsonl`, `.csv`, `.parquet`. A log that holds a number for each *example of one
# model* is a run, not an arm, and is refused in an arm's place.
#
# ## One model, one removal
#
# One model is one draw, and shows nothing of a law, unless coins decided beforehand who is in $S$:

# %%
rng = np.random.default_rng(0)
coins = rng.random(1000) < 0.5  # before training: heads are S, tails are never in
scores = rng.normal(0.8 * coins)  # after the removal, from the published model
print(ns.audit_one_run(scores, coins, guesses=300))
