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
# # Distributional unlearning
#
# Here nothing is said about models. The data mix two laws, $p_1$ unwanted and $p_2$ to keep, and one asks which law
# $p$ the edited data should follow:
#
# $$\mathrm{KL}(p_1 \Vert p) \ge \text{removal}, \qquad \mathrm{KL}(p_2 \Vert p) \le \text{preservation}.$$
#
# The claim: *how far one gets has a formula, and choosing which rows to delete gets there with fewer deletions than
# chance* — by much where the laws overlap, and hardly at all where they are far apart. (Definition of arXiv
# 2507.15112, known to us second-hand; the frontier here carries a corrected factor.)

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import scipy.stats

from neverseen.formal.distributional import (
    RULES,
    DistributionalRemoval,
    gaussian_frontier,
    gaussian_optimum,
    random,
    random_deletion,
    separation,
)
from neverseen.formal.laws import Gaussian
from neverseen.formal.theorems import kept_by_distance, kept_by_ratio, needed

# %% [markdown]
# ## The frontier
#
# For Gaussians of one covariance, with $\kappa$ the divergence of $p_1$ from $p_2$, the least preservation at a removal
# level is that of theorem T17a.
#
# Up to $\kappa$ it costs nothing: train on $p_2$ alone. Beyond, the best $p$ lies past $p_2$, on the line away from
# $p_1$. The points are $10^4$ laws with means at random: none is below the curve.

# %%
p1, p2 = (Gaussian(np.array(mean), np.eye(2)) for mean in ([0.0, 0.0], [2.0, 0.0]))
kappa = separation(p1, p2)

rng = np.random.default_rng(0)
means = rng.normal(size=(10_000, 2)) * 2 + p2.mean
away, near = (((means - p.mean) ** 2).sum(1) / 2 for p in (p1, p2))  # KL of unit Gaussians
least = np.maximum(np.sqrt(away) - np.sqrt(kappa), 0) ** 2
print(f"κ = {kappa:g}; laws below the curve: {(near < least - 1e-9).sum()} of {len(means)}")

levels = np.linspace(0, 10, 60)
curve = [float(gaussian_frontier.host(removal=a, separation=kappa)) for a in levels]
optimum = [gaussian_optimum(p1, p2, a) for a in levels[::6]]

figure, axis = plt.subplots(figsize=(7, 3.4))
axis.scatter(away, near, s=1, color="tab:gray", alpha=0.4, label="laws at random")
axis.plot(levels, curve, label="formula")
best = [(separation(p1, p), separation(p2, p)) for p in optimum]
axis.plot(*np.array(best).T, "o", label="the best law")
axis.axvline(kappa, color="black", linestyle=":", label="κ")
axis.set(xlabel="removal: KL(p₁‖p), nats", ylabel="preservation: KL(p₂‖p), nats", xlim=(0, 10), ylim=(-0.1, 6))
axis.legend(loc="upper left")
figure.tight_layout()
plt.show()

# %% [markdown]
# A definition is a value that decides: here at removal $4.5$, which the formula says costs $0.5$.

# %%
for allowed in (0.5 + 1e-9, 0.4):
    definition = DistributionalRemoval(removal=4.5 - 1e-9, preservation=allowed)
    for name, law in {"the best law": gaussian_optimum(p1, p2, 4.5), "p₂ itself": p2, "p₁ itself": p1}.items():
        print(f"preservation {allowed:.2g}: {name} meets it: {definition.holds(p1, p2, law)}")

# %% [markdown]
# ## Selection
#
# The data are $n$ rows of $p_1 = \mathcal N(0, 1)$ and as many of $p_2 = \mathcal N(d, 1)$. Some rows of $p_1$ are
# deleted, the model is the mean of what is left, and the target is $\mathrm{KL}(p_1 \Vert p) \ge \kappa/2$. At random,
# the share to delete does not depend on $d$ (theorem T20a): with as many rows of each it is $2 - \sqrt2$.
#
# A rule scores the rows of $p_1$ and deletes from the top: by the distance to the mean of $p_2$, or by the likelihood
# ratio, which for these laws deletes the *smallest* $x$ and is the best possible order.

# %%
ROWS = 20_000


def share_needed(rule, gap):
    """The least share of p₁ to delete by a rule until KL(p₁‖p) ≥ κ/2, with the mean refitted."""
    x1 = scipy.stats.norm.ppf((np.arange(ROWS) + 0.5) / ROWS)
    x2 = x1 + gap
    scores = np.asarray(rule(jnp.asarray(x1)[:, None], jnp.asarray(x2)[:, None]))
    left = x1.sum() - np.concatenate([[0.0], np.cumsum(x1[np.argsort(-scores, kind="stable")])])
    refitted = (left + x2.sum()) / (2 * ROWS - np.arange(ROWS + 1))
    return np.argmax(refitted >= gap / np.sqrt(2)) / ROWS


rules = {name: RULES[name] for name in ("distance", "likelihood-ratio")} | {"random": random(jax.random.key(0))}
gaps = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0)
found = {name: [share_needed(rule, gap) for gap in gaps] for name, rule in rules.items()}
limits = {
    "distance": [needed(kept_by_distance, gap) for gap in gaps],
    "likelihood-ratio": [needed(kept_by_ratio, gap) for gap in gaps],
    "random": [float(random_deletion.host(unwanted=1.0, retained=1.0, share=0.5))] * len(gaps),
}
print("d                 " + " ".join(f"{gap:>6}" for gap in gaps))
for name in rules:
    print(f"{name:<18}" + " ".join(f"{share:6.3f}" for share in found[name]))
    print(f"{'  in the limit':<18}" + " ".join(f"{share:6.3f}" for share in limits[name]))

figure, axis = plt.subplots(figsize=(7, 3.2))
for (name, shares), marker in zip(found.items(), "osx", strict=True):
    (line,) = axis.plot(gaps, limits[name], label=name)
    axis.plot(gaps, shares, marker, color=line.get_color())
axis.set(xlabel="d, in standard deviations", ylabel="share of p₁ to delete", ylim=(0, 0.65))
axis.legend(loc="upper left")
figure.tight_layout()
plt.show()

# %% [markdown]
# Lines are population limits, marks 20 000 quantiles of each law in place of draws. The gain over chance is large where
# the laws overlap, because a few extreme rows carry the difference; where they are far apart every row of $p_1$ is like
# the next.
#
# The remover that does this to a learner's data is `ns.removers.distributional(rule, share)`. It trains on rows of
# $S$ that it leaves in, and makes no claim about $A(D \setminus S_{full})$; measured on digits in
# `benchmarks/distributional.py`.
