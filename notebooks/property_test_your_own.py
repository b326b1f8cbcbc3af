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
# # Property-test your own algorithm
#
# From ten lines of your own to a verdict, a counterexample one can draw, and a page to show. Then the same for runs
# that come from elsewhere: arrays on disk, flax modules of either kind, a training loop that only hands out
# dictionaries.

# %%
import pathlib
import tempfile

import flax.linen as linen
import hypothesis
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
from flax import nnx
from jax.flatten_util import ravel_pytree

import neverseen as ns

claim = ns.Untraining(1.0, 0.05)

# %% [markdown]
# ## Ten lines
#
# A Newton step from the model on $D$ to the minimiser on $D \setminus S$, $\theta \leftarrow \theta - H^{-1} \nabla
# J(\theta)$: exact where $J$ is a quadratic, as in ridge regression. The second remover has a bug that is easy to
# write: its Hessian still has the rows of $S$.


# %%
def newton(trained, rows, curved):
    """One step on the objective over `rows`, with the Hessian over `curved`."""
    flat, rebuild = ravel_pytree(trained.params)
    gradient = jax.grad(lambda w: trained.learner.objective(rebuild(w), rows))(flat)
    hessian = jax.hessian(lambda w: trained.learner.objective(rebuild(w), curved))(flat)
    return rebuild(flat - jnp.linalg.solve(hessian, gradient))


@ns.remover(aims_at="untraining")
def mine(key, trained, rows, forget):
    """The step."""
    return newton(trained, rows.without(forget), rows.without(forget))


@ns.remover(aims_at="untraining")
def hurried(key, trained, rows, forget):
    """The step, with the Hessian of D."""
    return newton(trained, rows.without(forget), rows)


# %% [markdown]
# ## A property
#
# `assert_holds` raises where `check` refutes, and where it cannot decide. Hypothesis chooses the scenarios, and shrinks
# what fails. A run spends one α in all, which `ledger.spending` keeps (under pytest the plugin does): however many
# scenarios are tried, shrinking included, a false alarm has that probability at most.

# %%
learner = ns.learners.ridge(penalty=0.1)


def property_of(remover):
    """The property as a test that can be called."""

    @hypothesis.settings(max_examples=6, database=None, derandomize=True, deadline=None)
    @hypothesis.given(ns.strategies.scenarios(max_rows=8, kinds=("random", "mislabelled")))
    def holds(scenario):
        verdict = ns.assert_holds(claim, remover, learner, scenario, budget=256)
        tried.append((scenario, verdict.status.name))

    return holds


for remover in (mine, hurried):
    tried: list = []
    with ns.ledger.spending(ns.ledger.Ledger(alpha_total=0.01, evaluations=40)):
        try:
            property_of(remover)()
            print(f"{remover}: {len(tried)} scenarios, {sorted({status for _, status in tried})}")
        except AssertionError as failure:
            print(f"{remover}: {failure}")

# %% [markdown]
# ## The relations, and the suite
#
# Beside the definitions there are relations that must hold whatever the runs draw; they need no references and cost
# almost nothing.

# %%
scenario, key = ns.scenarios.blobs("class", size=4, full=8, rows=27, dims=3), jax.random.key(0)
shown = ("pure", "empty-request", "single-row", "sequences")
for remover in (mine, hurried):
    for relation in (each for each in ns.relations.RELATIONS if each.name in shown):
        found = relation(remover, learner, scenario, key)
        status = "not decided" if found.status is None else found.status.name
        print(f"{remover!r:8} {relation.name:14} {status:10} {found.evidence}")

# %% [markdown]
# All of them, and the definitions over generated scenarios, with one α for everything, are one call:
#
# ```python
# suite = ns.check_suite(mine, learner)  # or: neverseen suite file.py:mine
# print(suite)
# ```
#
# ## The page
#
# A verdict writes itself as one self-contained page, without network access.

# %%
verdict = ns.check(claim, hurried, learner, ns.scenarios.blobs("mislabelled", size=2, rows=8), budget=96)
print(verdict)
with tempfile.TemporaryDirectory() as folder:
    page = pathlib.Path(folder, "verdict.html")
    ns.report.write_report(verdict, page)
    print("self-contained:", "http://" not in page.read_text() and "<script src" not in page.read_text())

figure, axis = plt.subplots(figsize=(7, 2.6))
axis.ecdf(verdict.evidence.removed, label="removed")
axis.ecdf(verdict.evidence.reference, label="reference")
axis.set(xlabel=verdict.evidence.law_view, ylabel="share of runs")
axis.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Bring your own: runs saved by another framework
#
# All that `check_samples` wants is one line of numbers for each run: the outputs, losses or margins of models that
# went through your removal, and of models trained without $S$. Below is the kind of loop that a trainer class hides,
# with its outputs as a plain dictionary of arrays; it could be in any framework. What it returns is stacked, saved,
# and checked from the files.

# %%
points = ns.scenarios.blobs("mislabelled", size=2, rows=16, seed=3)
x, label = np.asarray(points.rows.x), np.asarray(points.rows.y.argmax(1))
asked, everyone = np.asarray(points.forget), np.asarray(points.rows.present)


def train(seed, kept, epochs=4, rate=0.5):
    """A trainer's loop: batches in random order, one step each; logistic regression on the rows kept."""
    rng, places = np.random.default_rng(seed), np.flatnonzero(kept)
    weights, features = rng.normal(0, 0.1, (3, 2)), np.c_[x, np.ones(len(x))]
    for _ in range(epochs):
        for batch in np.array_split(rng.permutation(places), 4):
            logits = features[batch] @ weights
            wanted = np.eye(2)[label[batch]]
            chances = np.exp(logits - logits.max(1, keepdims=True))
            chances /= chances.sum(1, keepdims=True)
            weights = weights - rate * features[batch].T @ (chances - wanted) / len(batch)
    logits = features @ weights
    losses = np.logaddexp(*logits.T) - logits[np.arange(len(x)), label]
    return {"loss": losses[asked].mean(), "logits": logits[asked]}  # what an `evaluate()` gives back


def saved(path, seeds, kept):
    """Runs as one file: a leading axis `runs` on every array."""
    outputs = [train(seed, kept) for seed in seeds]
    np.savez(path, **{name: np.stack([out[name] for out in outputs]) for name in outputs[0]})
    return path


with tempfile.TemporaryDirectory() as folder:
    reference = saved(pathlib.Path(folder, "reference.npz"), range(300), everyone & ~asked)
    idle = saved(pathlib.Path(folder, "idle.npz"), range(300, 600), everyone)
    again = saved(pathlib.Path(folder, "again.npz"), range(600, 900), everyone & ~asked)
    for path in (idle, again):
        print(f"{path.stem}: {ns.check_samples(claim, path, reference)}", end="\n\n")

# %% [markdown]
# Torch and JAX arrays, data frames and `.safetensors` files are read the same way; on the command line it is
# `neverseen audit idle.npz reference.npz --epsilon 1 --delta 0.05`.
#
# ## Bring your own: flax
#
# A linen module is a learner in one line, batch normalisation and dropout included; so is what makes an nnx module:
# every run draws its own parameters. Either is then trained, vectorised and compiled as any shipped learner.

# %%
linen_learner = ns.learners.flax_module(
    linen.Sequential([linen.Dense(4), linen.relu, linen.Dense(2)]),
    optimiser=optax.sgd(0.3), epochs=10, batch=8, name="linen",
)  # fmt: skip


class Net(nnx.Module):
    """The same network, in nnx."""

    def __init__(self, rngs):
        self.body, self.head = nnx.Linear(2, 4, rngs=rngs), nnx.Linear(4, 2, rngs=rngs)

    def __call__(self, x):
        """Scores."""
        return self.head(nnx.relu(self.body(x)))


nnx_learner = ns.learners.flax_module(lambda rngs: Net(rngs), optimiser=optax.sgd(0.3), epochs=10, batch=8, name="nnx")

small = ns.scenarios.blobs("mislabelled", size=4, rows=16, seed=3)
print(ns.check(claim, ns.removers.do_nothing(), linen_learner, small), end="\n\n")
print(ns.check(claim, ns.removers.retrain(), nnx_learner, small))
