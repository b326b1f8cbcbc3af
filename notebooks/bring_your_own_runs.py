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
# # Bring your own runs
#
# *An audit needs numbers, one line for each run, and nothing of your training.* Two loops that know nothing of this
# library, one as a PyTorch user would write it, one in the manner of Hugging Face's `Trainer`; their outputs, saved;
# the verdicts. (A flax module, linen or nnx, need not be saved: it becomes a learner in a line, in [test your
# own](property_test_your_own.ipynb).)
#
# Three things are yours to get right, since no file can show them. Runs are **independent**: a seed of its own for
# each, that draws the start, the order of batches and everything else. References are **the definition's**: trained
# from scratch without $S$ for untraining, without $S_{full}$ for unlearning, by the same recipe. And all arms answer
# **the same questions**, in the same order, under the same names.
#
# ## The data
#
# Breast tumours; 16 rows of $D$ are near-copies of four tumours with the wrong label, and $S$ is half of them.

# %%
import contextlib
import dataclasses
import os
import pathlib
import tempfile

import numpy as np
from safetensors.numpy import save_file
from sklearn.datasets import load_breast_cancer

import neverseen as ns
from neverseen.properties.cli import main

rng = np.random.default_rng(0)
x, label = load_breast_cancer(return_X_y=True)
order = rng.permutation(len(x))[:128]
x, label = (x[order] - x.mean(0)) / x.std(0), label[order]
full, asked = np.arange(128) < 16, np.arange(128) < 8
x[full] = np.tile(x[16:20], (4, 1)) + rng.normal(0, 0.03, (16, 30))
label[full] = 1 - np.tile(label[16:20], 4)
everyone = np.ones(128, bool)

# %% [markdown]
# ## A PyTorch loop
#
# What you have is a function of a seed and of the rows it may see:
#
# ```python
# import torch
# from safetensors.torch import save_file
#
#
# def run(seed, kept, then=None):
#     torch.manual_seed(seed)  # the start, and the order of batches
#     model = torch.nn.Linear(30, 2)
#     fit(model, kept, epochs=20)
#     if then is not None:  # the removal
#         fit(model, then, epochs=2)
#     with torch.no_grad():
#         logits = model(x[asked])
#     loss = torch.nn.functional.cross_entropy(logits, label[asked], reduction="none")
#     return {"loss": loss, "logits": logits, "seed": torch.tensor(seed)}
#
#
# def save(path, seeds, **rows):
#     runs = [run(seed, **rows) for seed in seeds]
#     save_file({name: torch.stack([out[name] for out in runs]) for name in runs[0]}, path)
# ```
#
# `seed` says which run a row is, and is not compared. `torch.save` writes a pickle, which is not read here;
# safetensors, `.npy` and `.npz` are. Torch is no dependency of this library, so what runs below is the same loop in
# NumPy.


# %%
def softmax(logits):
    """Chances, row by row."""
    chances = np.exp(logits - logits.max(-1, keepdims=True))
    return chances / chances.sum(-1, keepdims=True)


def fit(weights, rng, kept, epochs, rate=0.3):
    """Minibatch descent on the cross-entropy of the rows kept."""
    for _ in range(epochs):
        for batch in np.array_split(rng.permutation(np.flatnonzero(kept)), 4):
            errors = softmax(x[batch] @ weights) - np.eye(2)[label[batch]]
            weights = weights - rate * x[batch].T @ errors / len(batch)
    return weights


def losses(logits, rows):
    """Of each of the rows."""
    return -np.log(softmax(logits)[np.arange(rows.sum()), label[rows]])


def run(seed, kept, then=None):
    """One model, and what it says of S."""
    rng = np.random.default_rng(seed)
    weights = fit(rng.normal(0, 0.3, (30, 2)), rng, kept, epochs=20)
    if then is not None:
        weights = fit(weights, rng, then, epochs=2)
    logits = x[asked] @ weights
    return {"loss": losses(logits, asked), "logits": logits, "seed": np.array(seed)}


def save(path, seeds, **rows):
    """Runs as one file: every array has a leading axis of runs."""
    runs = [run(seed, **rows) for seed in seeds]
    save_file({name: np.stack([out[name] for out in runs]) for name in runs[0]}, path)


# %% [markdown]
# The removal on trial trains on for two epochs without $S$. 200 runs of it, and 200 references, each with a seed that
# is used once. `check_samples` takes the paths (or the arrays themselves, torch tensors among them). A folder with a
# file for each run, `run_017.npz`, would do as well:

# %%
claim = ns.Untraining(1.0, 0.05)
folder = tempfile.TemporaryDirectory()
removed, reference = (str(pathlib.Path(folder.name, f"{arm}.safetensors")) for arm in ("removed", "reference"))
save(removed, range(200), kept=everyone, then=everyone & ~asked)
save(reference, range(200, 400), kept=everyone & ~asked)
print(ns.check_samples(claim, removed, reference))

# %% [markdown]
# On the command line, and with a page to show:
#
# ```sh
# neverseen audit removed.safetensors reference.safetensors --definition untraining \
#     --epsilon 1 --delta 0.05 --report page.html
# ```

# %%
with contextlib.chdir(folder.name):
    options = "--definition untraining --epsilon 1 --delta 0.05 --report page.html"
    status = main(["audit", "removed.safetensors", "reference.safetensors", *options.split()])
    print(f"exit status {status}; files: {', '.join(sorted(os.listdir()))}")
folder.cleanup()

# %% [markdown]
# ## A `Trainer`
#
# Where a class owns the loop, a run is: make it with a seed, `train()`, `predict()`. With Hugging Face's:
#
# ```python
# args = TrainingArguments(output_dir=folder, seed=seed, data_seed=seed)
# trainer = Trainer(model_init=model_init, args=args, train_dataset=dataset.select(kept))  # model_init: a fresh model
# trainer.train()
# logits = trainer.predict(dataset.select(asked)).predictions
# ```
#
# Below is a class with those two verbs and a model that it keeps to itself.


# %%
@dataclasses.dataclass
class Trainer:
    """Makes a model of some rows."""

    seed: int
    train_rows: np.ndarray
    epochs: int = 20

    def train(self):
        """The loop."""
        rng = np.random.default_rng(self.seed)
        self.weights = fit(rng.normal(0, 0.3, (30, 2)), rng, self.train_rows, self.epochs)
        return self

    def predict(self, rows):
        """Logits."""
        return x[rows] @ self.weights


def collect(seeds, kept):
    """An arm: the answers of many trainers about S and about the copies of it that nobody named."""
    trained = [Trainer(seed, kept).train() for seed in seeds]
    return {
        name: np.stack([losses(one.predict(rows), rows) for one in trained])
        for name, rows in {"loss on S": asked, "loss on S_full∖S": full & ~asked}.items()
    }


# %% [markdown]
# The removal on trial is the plainest: train again without $S$. It is audited under both definitions, each with the
# reference that *is* that definition. Originals, where you have them, go into the report beside the two arms.

# %%
again = collect(range(1000, 1200), everyone & ~asked)
originals = collect(range(2000, 2200), everyone)
references = {
    ns.Untraining(1.0, 0.05): collect(range(3000, 3200), everyone & ~asked),
    ns.Unlearning(1.0, 0.05): collect(range(4000, 4200), everyone & ~full),
}
for definition, pool in references.items():
    print(ns.check_samples(definition, again, pool, originals), end="\n\n")

# %% [markdown]
# The same arrays, two references, two verdicts: the rows are as if never seen, the behaviour is not, because its
# copies stayed. The originals themselves calibrate the audit: they must be refuted, or these outputs show nothing.

# %%
for definition, pool in references.items():
    print(f"{definition.name}: originals {ns.check_samples(definition, originals, pool).status.name}")

# %% [markdown]
# ## Notes
#
# - How many runs: `neverseen plan --effect shift=1`. At $\alpha = 10^{-4}$ and $(1, 0.05)$ no verdict comes before 31
#   pairs.
# - A run that diverged is an outcome of your algorithm; do not leave it out. Say `diverged="event"` (`--diverged
#   event`), or write a number for it in both arms (a loss at a cap).
# - You may look again when more runs are there. Runs with a seed are compared in the order of their seeds, up to the
#   first that is missing, so that looking at 60, then 80, then 400 spends no more than one look. Rows without a seed
#   are shuffled; a second look goes on from the first as long as this process, or the record that is kept beside a file
#   (`NAME.looks.json`), remembers it.
# - Rows are runs, not examples: one model's losses on 500 examples are one row. Arms that correlate row by row are
#   refused.
# - If row $i$ of both arms came from one seed, say `paired=True` (`--paired`): it saves pairs and costs nothing.
# - If the arms were computed in different ways (another precision, another machine), declare a `grain`: noise of that
#   standard deviation on everything, so that rounding is not taken for a difference.
# - Fewer columns that matter beat many: losses and logits on $S$, on $S_{full} \setminus S$ and on some fresh points.
