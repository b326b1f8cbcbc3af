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
# # Similar samples
#
# *Retraining without $S$ does not forget $S$ when near-copies of it remain.* The claim in one picture: the closer and
# the more numerous the copies, the better $A(D \setminus S)$ knows $S$. It is untrained, exactly; it is not
# unlearned.
#
# The learner is kernel ridge regression, which has a closed form:
#
# $$\alpha = (K + \Lambda I)^{-1} Y, \qquad f(x) = \sum_i \alpha_i e^{-\gamma\lVert x - x_i\rVert^2}.$$

# %%
import matplotlib.pyplot as plt
import numpy as np

import neverseen as ns

PENALTY, WIDTH, SIZE = 0.05, 2.0, 12


def gram(x):
    """k(x, x') of all pairs."""
    return np.exp(-WIDTH * ((x[:, None] - x[None]) ** 2).sum(-1))


def right(k, y, kept, places):
    """The share of places whose label (±1) is what kernel ridge says when trained on the rows kept."""
    alpha = np.linalg.solve(k[np.ix_(kept, kept)] + PENALTY * np.eye(kept.sum()), y[kept])
    return float((np.sign(k[np.ix_(places, kept)] @ alpha) == y[places]).mean())


# %% [markdown]
# ## The grid
#
# Two blobs of unit deviation, 6 apart, 120 rows. $S$ are twelve of them, mislabelled. $S_{full}$ are $S$ and $k$
# copies of each, at distance $s$ in every coordinate, with the same wrong label. Three models: of $D$, of $D
# \setminus S$, of $D \setminus S_{full}$. Each cell is the share of $S$ on which the model says the wrong label;
# means over eight draws of everything.

# %%
COPIES, DISTANCES, SEEDS = (1, 3, 10), (0.0, 0.15, 0.4, 0.8), 8


def draw(k, s, seed):
    """D as (x, y), and who is in S and in S_full."""
    rng = np.random.default_rng(seed)
    y = np.where(np.arange(120) < 60, -1.0, 1.0)
    x = rng.normal(size=(120, 2)) + np.stack([3 * y, 0 * y], 1)
    asked = rng.choice(120, SIZE, replace=False)
    y[asked] *= -1
    near = np.repeat(x[asked], k, 0)
    copies = near + s * rng.normal(size=near.shape)
    in_s = np.concatenate([np.isin(np.arange(120), asked), np.zeros(SIZE * k, bool)])
    in_full = in_s | (np.arange(120 + SIZE * k) >= 120)
    return np.concatenate([x, copies]), np.concatenate([y, np.repeat(y[asked], k)]), in_s, in_full


def cell(k, s):
    """How often each model says the wrong label on S."""
    shares = []
    for seed in range(SEEDS):
        x, y, in_s, in_full = draw(k, s, seed)
        near = gram(x)
        shares.append([right(near, y, kept, in_s) for kept in (np.ones(len(x), bool), ~in_s, ~in_full)])
    return np.mean(shares, 0)


grid = np.array([[cell(k, s) for s in DISTANCES] for k in COPIES])
names = ("A(D)", "A(D∖S)", "A(D∖S_full)")
print("k   s     " + "  ".join(f"{name:>11}" for name in names))
for i, k in enumerate(COPIES):
    for j, s in enumerate(DISTANCES):
        print(f"{k:<3} {s:<5}" + "  ".join(f"{share:>11.2f}" for share in grid[i, j]))

figure, axes = plt.subplots(1, 3, figsize=(10, 2.9), sharey=True)
for axis, name, table in zip(axes, names, np.moveaxis(grid, -1, 0), strict=True):
    axis.imshow(table, vmin=0, vmax=1, cmap="cividis", aspect="auto")
    for (i, j), share in np.ndenumerate(table):
        axis.text(j, i, f"{share:.2f}", ha="center", color="white" if share < 0.5 else "black")
    axis.set(title=name, xlabel="distance s")
    axis.set_xticks(range(len(DISTANCES)), DISTANCES)
    axis.set_yticks(range(len(COPIES)), COPIES)
axes[0].set_ylabel("copies k")
figure.tight_layout()
plt.show()

# %% [markdown]
# On the right, where the whole behaviour went, the wrong label is (nearly) gone. In the middle it comes back with the
# copies. Leave-one-out memorisation, $\text{right}(A(D)) - \text{right}(A(D \setminus \{i\}))$, falls at the same
# time: a sample with many near-copies is hardly memorised at all, and deleting it hardly changes anything. The larger
# grid, with standard errors, memorisation and digits: `benchmarks/similar_samples.py`.
#
# ## The verdict
#
# The same thing, asked of the instrument: a scenario with near-duplicates, retraining, and both definitions.

# %%
scenario = ns.scenarios.blobs("near-duplicates", size=4, full=16, rows=60, separation=6.0, copies=3, jitter=0.1)
learner = ns.learners.kernel_ridge(PENALTY, WIDTH)
for claim in (ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05)):
    print(ns.check(claim, ns.removers.retrain(), learner, scenario), end="\n\n")

# %% [markdown]
# ## A remedy, and its price
#
# `ns.removers.with_neighbours` deletes with $S$ all rows within a radius of it. It has to guess which rows are of the
# behaviour: with too small a radius copies stay, with too large a one other rows go. Here is that trade, on one draw.

# %%
x, y, in_s, in_full = draw(3, 0.15, 0)
apart = np.sqrt(((x[:, None] - x[in_s][None]) ** 2).sum(-1)).min(1)
radii = np.linspace(0, 1.5, 31)
known = [right(gram(x), y, apart > r, in_s) for r in radii]
lost = [int(((apart <= r) & ~in_full).sum()) for r in radii]

figure, axis = plt.subplots(figsize=(7, 3))
axis.plot(radii, known, label="A(D∖neighbourhood) says the wrong label on S")
axis.set(xlabel="radius", ylabel="share of S")
other = axis.twinx()
other.plot(radii, lost, color="tab:orange", linestyle="--", label="rows outside S_full deleted")
other.set_ylabel("rows")
figure.legend(loc="upper center", bbox_to_anchor=(0.5, 0.9))
figure.tight_layout()
plt.show()
best = int(np.argmin(known))
print(
    f"at radius {radii[best]:.2f} the share is {known[best]:.2f}, the least; {lost[best]} rows outside S_full go with S"
)
