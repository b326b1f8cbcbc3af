"""Fixed-n tests of an (ε, δ) claim that assume nothing about the laws, for `peers.py`.

A rule sees n pairs, view by view, and says whether the claim is refuted at level α. None knows the sign or the place of
a difference beforehand: a threshold is tried in all four forms (event or complement, forward or backward), and what is
fitted is fitted on pairs that are not tested. Pairs spent on placing or fitting count.
"""

import functools
import importlib.metadata
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import beta as beta_law
from scipy.stats import binom, norm

from neverseen.properties.engine._features import linear

try:
    from jax_privacy import auditing

    JAX_PRIVACY = importlib.metadata.version("jax-privacy")
except ImportError as missing:
    auditing, JAX_PRIVACY = None, f"not installed: {missing}"

Arm = dict[str, np.ndarray]


@dataclass(frozen=True)
class Question:
    """The claim, the level, and the view (if any) that holds half of α, as it holds half of our prior."""

    epsilon: float
    delta: float
    alpha: float
    designated: str = ""
    shared: bool = False

    @property
    def gamma(self) -> float:
        return math.exp(self.epsilon)

    def parts(self, x: Arm) -> dict[str, float]:
        """The share of every view: half on the designated one, the rest even."""
        if self.designated not in x or len(x) == 1:
            return {view: 1 / len(x) for view in x}
        return {view: 0.5 if view == self.designated else 0.5 / (len(x) - 1) for view in x}


Rule = Callable[[Arm, Arm, Question, np.random.Generator], bool]


@functools.lru_cache(maxsize=512)
def upper(n: int, level: float) -> np.ndarray:
    """Clopper–Pearson's upper bound on a rate, for 0 … n successes in n."""
    k = np.arange(n)
    return np.append(beta_law.ppf(1 - level, k + 1, n - k), 1.0)


def violations(a: np.ndarray, b: np.ndarray, n: int, level: float, gamma: float) -> np.ndarray:
    """Lower bounds on P(E) − γ Q(E), Q(E) − γ P(E) and both of the complement; > δ iff ln((1−FNR⁺−δ)/FPR⁺) > ε."""
    u = upper(n, level)
    p_out, p_in, q_out, q_in = u[n - a], u[a], u[n - b], u[b]
    return np.stack(
        [1 - p_out - gamma * q_in, 1 - q_out - gamma * p_in, 1 - p_in - gamma * q_out, 1 - q_in - gamma * p_out]
    )


def above(values: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """How many of n values lie above each cut: `[n, k]` and `[m, k]` to `[m, k]`."""
    return (values[None] > cuts[:, None]).sum(1)


def bonferroni(cuts: int, held: int, grid: tuple[float, float] | None = None) -> Rule:
    """Clopper–Pearson at cuts × numbers × four bounds: at quantiles of a few held-out pairs, or at a fixed grid."""
    levels = np.arange(1, cuts + 1) / (cuts + 1)

    def rule(x: Arm, y: Arm, ask: Question, _: np.random.Generator) -> bool:
        for view, part in ask.parts(x).items():
            u, v = x[view], y[view]
            n, width = len(u) - held, u.shape[1]
            if n < 1:
                return False
            if grid:
                at = np.repeat(np.linspace(*grid, cuts)[:, None], width, 1)
            else:
                at = np.quantile(np.concatenate([u[:held], v[:held]]), levels, axis=0)
            level = ask.alpha * part / (4 * cuts * width)
            if violations(above(u[held:], at), above(v[held:], at), n, level, ask.gamma).max() > ask.delta:
                return True
        return False

    return rule


def fitted(x: Arm, y: Arm, ask: Question) -> list[Callable[[Arm], np.ndarray]]:
    """One number from every view, the designated one first: as it is, or Fisher's discriminant of scaled values."""
    found = []
    for view in sorted(x, key=lambda name: name != ask.designated):
        u, v = x[view], y[view]
        if u.shape[1] == 1:
            found.append(lambda arm, view=view: arm[view][:, 0])
            continue
        both = np.concatenate([u, v])
        centre, spread = both.mean(0), both.std(0) + 1e-12
        see = linear((u - centre) / spread, (v - centre) / spread)
        found.append(lambda arm, view=view, c=centre, s=spread, see=see: see((arm[view] - c) / s))
    return found


def best_event(x: Arm, y: Arm, ask: Question, bounded: bool) -> tuple[Callable[[Arm], np.ndarray], float, int]:
    """The number, cut and form that broke the claim most: by its Clopper–Pearson bound, or by plain frequencies."""
    best: tuple[float, Any] = (-math.inf, None)
    for see in fitted(x, y, ask):
        u, v = see(x), see(y)
        order = np.sort(np.concatenate([u, v]))
        cuts = order[:-1] + np.diff(order) / 2
        a, b = (len(w) - np.searchsorted(np.sort(w), cuts, side="right") for w in (u, v))
        n = len(u)
        if bounded:
            value = violations(a, b, n, ask.alpha / 2, ask.gamma)
        else:
            p, q, g = a / n, b / n, ask.gamma
            value = np.stack([p - g * q, q - g * p, 1 - p - g * (1 - q), 1 - q - g * (1 - p)])
        form = int(value.max(1).argmax())
        ties = np.flatnonzero(value[form] >= value[form].max() - 1e-12)
        if value.max() > best[0] + 1e-12:
            best = float(value.max()), (see, float(cuts[ties[len(ties) // 2]]), form)
    return best[1]


def halves(arm: Arm) -> tuple[Arm, Arm]:
    n = len(next(iter(arm.values())))
    return {k: v[: n // 2] for k, v in arm.items()}, {k: v[n // 2 :] for k, v in arm.items()}


def split(x: Arm, y: Arm, ask: Question, _: np.random.Generator) -> bool:
    """Half the pairs choose number, cut and form, the other half test them by two Clopper–Pearson bounds."""
    (x, u), (y, v) = halves(x), halves(y)
    see, cut, form = best_event(x, y, ask, bounded=True)
    a, b = ((see(arm) > cut).sum() for arm in (u, v))
    n = len(see(u))
    return bool(violations(a, b, n, ask.alpha / 2, ask.gamma)[form] > ask.delta)


def binomial(x: Arm, y: Arm, ask: Question, rng: np.random.Generator) -> bool:
    """Half the pairs choose an event, the other half guess the arm of single draws: one exact binomial test.

    A draw is from P with probability 1/(1 + γ). Where arms are independent both runs of a pair may be drawn: as many
    draws as the runs serve with probability 0.99, a draw without a run counts as a wrong guess. Where pairs share a
    seed, one draw from each.
    """
    (x, u), (y, v) = halves(x), halves(y)
    see, cut, form = best_event(x, y, ask, bounded=False)
    guess_p = [(see(arm) > cut) ^ (form >= 2) for arm in (u, v)]
    # Backward forms are those of the exchanged arms.
    of_p, of_q = guess_p if form % 2 == 0 else guess_p[::-1]
    n, share = len(of_p), 1 / (1 + ask.gamma)
    draws = n if ask.shared else served(n, share)
    if ask.shared:
        first = rng.random(n) < share
        right = int(np.where(first, of_p, ~of_q).sum())
    else:
        ps = int(rng.binomial(draws, share))
        right = int(of_p[:ps].sum()) + int((~of_q[: draws - ps]).sum())
    return bool(binom.sf(right - 1, draws, (ask.gamma + ask.delta) / (1 + ask.gamma)) <= ask.alpha)


@functools.lru_cache(maxsize=1024)
def served(n: int, share: float) -> int:
    """The most draws of which, with probability 0.99, neither arm needs more than n runs."""
    draws = np.arange(n, 2 * n + 1)
    short = binom.sf(n, draws, share) + binom.sf(n, draws, 1 - share)
    return int(draws[np.flatnonzero(short <= 0.01)[-1]])


def jax_bonferroni(view: str) -> Rule:
    """jax_privacy's Clopper–Pearson bound, corrected for its own thresholds; one view of one number, either sign."""

    def rule(x: Arm, y: Arm, ask: Question, _: np.random.Generator) -> bool:
        return _either_sign(x[view][:, 0], y[view][:, 0], ask, auditing.Bonferroni())

    return rule


def jax_split(x: Arm, y: Arm, ask: Question, _: np.random.Generator) -> bool:
    """jax_privacy's bound with its own split of the pairs, on the only view; either sign."""
    (u,), (v,) = x.values(), y.values()
    return _either_sign(u[:, 0], v[:, 0], ask, auditing.Split(seed=0))


def jax_fitted(x: Arm, y: Arm, ask: Question, _: np.random.Generator) -> bool:
    """Half the pairs choose number and sign, jax_privacy bounds ε on the other half over all its thresholds."""
    (x, u), (y, v) = halves(x), halves(y)
    see, _cut, form = best_event(x, y, ask, bounded=True)
    sign = 1 if form in (0, 3) else -1
    auditor = auditing.CanaryScoreAuditor(sign * see(u), sign * see(v))
    return auditor.epsilon_clopper_pearson(ask.alpha, ask.delta, one_sided=False) > ask.epsilon


def _either_sign(u: np.ndarray, v: np.ndarray, ask: Question, strategy: Any) -> bool:
    auditors = (auditing.CanaryScoreAuditor(s * u, s * v) for s in (1, -1))
    options = {"one_sided": False, "threshold_strategy": strategy}
    return any(a.epsilon_clopper_pearson(ask.alpha / 2, ask.delta, **options) > ask.epsilon for a in auditors)


def gdp(x: Arm, y: Arm, ask: Question, _: np.random.Generator) -> bool:
    """Parametric, with the sign kept: μ ≥ Φ⁻¹(1 − FPR⁺) − Φ⁻¹(FNR⁺) over 16 cuts, then δ(ε; μ) > δ."""
    (u,), (v,) = x.values(), y.values()
    at = np.quantile(np.concatenate([u[:8], v[:8]]), np.arange(1, 17) / 17, axis=0)
    n = len(u) - 8
    bound = upper(n, ask.alpha / (4 * 16))
    a, b = above(u[8:], at), above(v[8:], at)
    mu = max(float((norm.isf(bound[i]) - norm.ppf(bound[n - j])).max()) for i, j in ((b, a), (a, b)))
    if mu <= 0:
        return False
    return norm.cdf(mu / 2 - ask.epsilon / mu) - ask.gamma * norm.cdf(-mu / 2 - ask.epsilon / mu) > ask.delta


def mmd(x: Arm, y: Arm, ask: Question, rng: np.random.Generator) -> bool:
    """Permutation test of P = Q by the squared MMD, median width, 99 permutations, 128 pairs at most."""
    both = np.concatenate([np.concatenate([x[k][:128], y[k][:128]]) for k in x], 1)
    n, far = len(both) // 2, ((both[:, None] - both[None]) ** 2).sum(-1)
    gram = np.exp(-far / np.median(far[far > 0]))
    np.fill_diagonal(gram, 0)
    signs = np.repeat([1.0, -1.0], n)
    orders = np.stack([signs] + [rng.permutation(signs) for _ in range(99)])
    stats = ((orders @ gram) * orders).sum(1)
    return bool((stats >= stats[0]).mean() <= ask.alpha)
