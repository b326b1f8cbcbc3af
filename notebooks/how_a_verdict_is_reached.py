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
# # How a verdict is reached
#
# `check` draws pairs: one removed model $X \sim P$, one reference $Y \sim Q$. It bets on events, stops as soon as the
# bets decide, and its error rates hold at any time it stops. This notebook plays the three games it plays: one
# against the claim, one for it over a declared class of events, and one for it over all events, where noise is known.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np

import neverseen as ns
from neverseen.properties.engine import Coupler, excess, least_pairs

EPSILON, DELTA, ALPHA, BETA = 1.0, 0.05, 1e-4, 0.05
claim = ns.Untraining(EPSILON, DELTA)

# %% [markdown]
# ## One bet
#
# The claim says $P(h) \le e^\varepsilon Q(h) + \delta$ for every event $h$ (and the same with $P$ and $Q$ exchanged).
# In one pair
#
# $$W = h(X) - e^\varepsilon h(Y) - \delta, \qquad \mathbb E\,W \le 0 \text{ under the claim}, \qquad
#   W \ge -(e^\varepsilon + \delta).$$
#
# So the wealth $\prod_t (1 + \lambda W_t)$ with $0 \le \lambda < 1/(e^\varepsilon + \delta)$ cannot grow on average
# while the claim is true, and by Ville's inequality it *ever* reaches $1/\alpha$ with probability at most $\alpha$.
# Here are 2000 runs at the boundary, where $\mathbb E\,W = 0$ exactly: the least favourable case.

# %%
GAMMA = math.exp(EPSILON)


def log_wealth(removed, reference, stake):
    """ln of the wealth of one bet after each pair; arrays of 0 and 1, `[runs, pairs]`."""
    gain = removed - GAMMA * reference - DELTA
    return np.log1p(stake / (GAMMA + DELTA) * gain).cumsum(-1)


rng = np.random.default_rng(0)
often = 0.2  # Q(h)
reference = rng.random((2000, 500)) < often
removed = rng.random((2000, 500)) < GAMMA * often + DELTA
null = log_wealth(removed, reference, 0.3)
for level in (0.1, 0.05, 0.01):
    share = (null.max(1) >= math.log(1 / level)).mean()
    print(f"wealth ever reached {1 / level:g}: in {share:.2%} of runs at the boundary, at most {level:.0%} is allowed")

figure, axis = plt.subplots(figsize=(8, 3))
axis.plot(null[:40].T, color="tab:blue", alpha=0.35, linewidth=0.8)
axis.axhline(math.log(1 / BETA), color="black", linestyle="--", label="ln 20")
axis.set(xlabel="pairs", ylabel="ln wealth", title="40 runs in which the claim holds with equality")
axis.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Why doing nothing dies so soon
#
# When an event always occurs in one arm and never in the other, each pair multiplies the wealth of the boldest bet by
# at most $1 + (1 - \delta)/(e^\varepsilon + \delta)$. No valid bet of this form can refute before
#
# $$t = \left\lceil \frac{\ln(1/\alpha)}{\ln\bigl(1 + \frac{1 - \delta}{e^\varepsilon + \delta}\bigr)} \right\rceil .$$
#
# The check does not know the event beforehand: it looks at 4 pairs, chooses cuts, splits its money among them, and
# pays for that with a few pairs more. Here is the loss on $S$ that a memorising model and a retrained one might have.

# %%
print({alpha: least_pairs(EPSILON, DELTA, alpha) for alpha in (0.05, 1e-3, ALPHA)}, "pairs at least, by alpha")

fresh = rng.gamma(4.0, 0.5, (512, 1))  # losses on S of models that never saw it
learnt = rng.gamma(4.0, 0.005, (512, 1))  # of models that did
refuted = ns.check_samples(claim, learnt, fresh, alpha=ALPHA)
print(refuted)

figure, axis = plt.subplots(figsize=(8, 3))
axis.plot(np.arange(1, refuted.pairs + 1), refuted.evidence.log_wealth, label="the check")
ideal = math.log1p((1 - DELTA) / (GAMMA + DELTA)) * np.arange(refuted.pairs + 1)
axis.plot(ideal, linestyle=":", label="the event known beforehand")
axis.axhline(math.log(1 / ALPHA), color="black", linestyle="--", label="ln 1/α: REFUTED")
axis.set(xlabel="pairs", ylabel="ln wealth")
axis.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# The path of the check moves in steps because wealth is looked at every eighth pair; a decision is dated to the pair.
#
# ## Where both arms have one law
#
# The same check on pairs of one law, at a level at which false alarms could be seen: 40 checks, each free to stop at
# any of 512 pairs. REFUTED may come up in at most 5 % of such checks; most should be SATISFIED.

# %%
outcomes = [
    ns.check_samples(claim, *rng.gamma(4.0, 0.5, (2, 512, 1)), alpha=BETA, beta=BETA, seed=i) for i in range(40)
]
counts = {status.name.lower(): sum(v.status is status for v in outcomes) for status in ns.Status}
print(counts, "of 40 at α = β = 0.05, after", np.median([v.pairs for v in outcomes]), "pairs in the median")

# %% [markdown]
# ## Acceptance is about a declared class
#
# Not finding an event proves nothing. So the first 64 pairs fix a class of events, and for each event and direction a
# second bet is made, that its excess is *not* as large as $\delta + \tau$:
#
# $$\prod_t \bigl(1 - \lambda (W_t - \tau)\bigr), \qquad 0 < \lambda < \frac1{1 - \delta - \tau}.$$
#
# SATISFIED wants every one of them to win. The sentence names the class, and claims nothing outside it.

# %%
satisfied = ns.check_samples(claim, fresh, rng.gamma(4.0, 0.5, (512, 1)), alpha=ALPHA, beta=BETA)
print(satisfied)
print("scope:", satisfied.scope)

figure, axis = plt.subplots(figsize=(8, 3))
axis.plot(satisfied.evidence.acceptance, label="the least wealth among declared events")
axis.plot(satisfied.evidence.log_wealth, label="wealth against the claim")
axis.axhline(math.log(1 / BETA), color="black", linestyle="--", label="ln 1/β: SATISFIED")
axis.set(xlabel="pairs", ylabel="ln wealth")
axis.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# ## A certificate over all events
#
# Where both arms publish a model plus known noise, $\theta(s) + \mathcal N(0, \sigma^2 I)$, one may share the seed
# $s$ between the arms: that keeps both laws as they are. By joint convexity (theorem T14) the distance of the laws is
# at most the mean over seeds of the Gaussian profile (T12) at
#
# $$q_s = \frac{\lVert\theta_u(s) - \theta_r(s)\rVert}{\sigma}.$$
#
# The terms lie in $[0, 1]$, and a bet on their mean bounds it. Take a model that is the mean of a random half of
# 64 numbers, and let $S$ be one of them. Seeds that are shared choose the same half; seeds that are not, another.

# %%
data, sigma = rng.normal(0, 1, 64), 0.1
kept = np.arange(64) != 5


def model(seed, present):
    """The mean of those rows present that the seed's coins choose."""
    chosen = (np.random.default_rng(seed).random(64) < 0.5) & present
    return data[chosen].mean()


everywhere = np.ones(64, bool)
shared, crossed = (
    np.array([abs(model(s, everywhere) - model(s + shift, kept)) / sigma for s in range(500)]) for shift in (0, 1000)
)
coupled = {"shared seeds": shared, "independent seeds": crossed}

figure, axis = plt.subplots(figsize=(8, 3))
for (name, distances), style in zip(coupled.items(), ("-", "--"), strict=True):
    coupler = Coupler(EPSILON, DELTA, BETA)
    at = coupler.play(distances)
    status = "not certified" if at is None else f"certified over all events after {at + 1} pairs"
    print(f"{name}: mean δ(1; q) = {excess(distances, EPSILON).mean():.4f}, δ ≤ {coupler.delta_upper:.4f}: {status}")
    axis.plot(coupler.path, linestyle=style, label=name)
axis.axhline(math.log(1 / BETA), color="black", linestyle=":", label="ln 1/β")
axis.set(xlabel="pairs", ylabel="ln wealth")
axis.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# `check` does this by itself for learners that declare their noise (`ns.learners.noisy`), beside the other two games.
