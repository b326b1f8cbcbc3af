"""What a bound on one divergence says about another; the direction is in every name and statement."""

from sympy import Max, Rational, cosh, exp, log, sqrt, tanh

from ._formula import Formula
from ._symbols import CHI_SQUARED, DELTA, EPSILON, KL, NEW_DELTA, ORDER, RENYI, SMALLER, TV, expm1, log1p

_ORDER_ABOVE_1 = ORDER > 1
_DELTA_POSITIVE = (DELTA > 0, DELTA <= 1)

indistinguishability_to_smaller_epsilon = Formula(
    "indistinguishability-to-smaller-epsilon-1", "P ≈_{ε,δ} Q and 0 ≤ ε' ≤ ε; attained", NEW_DELTA, "<=",
    (exp(EPSILON) - exp(SMALLER) + DELTA * (1 + exp(SMALLER))) / (exp(EPSILON) + 1),
    (EPSILON, DELTA, SMALLER),
    "derived, from the trade-off function", (SMALLER <= EPSILON, DELTA <= 1),
    numeric=1 - (1 - DELTA) * (exp(SMALLER - EPSILON) + exp(-EPSILON)) / (1 + exp(-EPSILON)),
)  # fmt: skip
indistinguishability_to_total_variation = Formula(
    "indistinguishability-to-total-variation-1", "P ≈_{ε,δ} Q; attained", TV, "<=",
    (exp(EPSILON) - 1 + 2 * DELTA) / (exp(EPSILON) + 1), (EPSILON, DELTA),
    "textbook", (DELTA <= 1,),
    numeric=tanh(EPSILON / 2) + 2 * DELTA / (exp(EPSILON) + 1),
)  # fmt: skip
total_variation_to_indistinguishability = Formula(
    "total-variation-to-indistinguishability-1", "TV(P, Q) given, any ε ≥ 0; attained", DELTA, "<=",
    TV, (TV,), "textbook", (TV <= 1,),
)  # fmt: skip
pinsker = Formula(
    "pinsker-1", "KL(P‖Q) given", TV, "<=", sqrt(KL / 2), (KL,), "textbook",
)  # fmt: skip
bretagnolle_huber = Formula(
    "bretagnolle-huber-1", "KL(P‖Q) given; below 1 for every finite KL", TV, "<=",
    sqrt(1 - exp(-KL)), (KL,), "Bretagnolle & Huber 1979",
    numeric=sqrt(-expm1(-KL)),
)  # fmt: skip
chi_squared_to_kullback_leibler = Formula(
    "chi-squared-to-kullback-leibler-1", "χ²(P‖Q) given, same direction", KL, "<=",
    log(1 + CHI_SQUARED), (CHI_SQUARED,), "textbook (Jensen)",
    numeric=log1p(CHI_SQUARED),
)  # fmt: skip
kullback_leibler_to_chi_squared = Formula(
    "kullback-leibler-to-chi-squared-1", "KL(P‖Q) given, same direction; from below", CHI_SQUARED, ">=",
    exp(KL) - 1, (KL,), "textbook (Jensen)", numeric=expm1(KL),
)  # fmt: skip
chi_squared_to_total_variation = Formula(
    "chi-squared-to-total-variation-1", "χ²(P‖Q) given", TV, "<=",
    sqrt(CHI_SQUARED) / 2, (CHI_SQUARED,), "textbook (Cauchy–Schwarz)",
)  # fmt: skip
renyi_to_delta = Formula(
    "renyi-to-delta-1", "D_α(P‖Q) given, α > 1: bounds H_{e^ε}(P‖Q), this direction only", DELTA, "<=",
    exp((ORDER - 1) * (RENYI - EPSILON)) / (ORDER - 1) * (1 - 1 / ORDER) ** ORDER,
    (ORDER, RENYI, EPSILON),
    "Canonne, Kamath & Steinke 2020, 2004.00010", (_ORDER_ABOVE_1,),
    numeric=exp((ORDER - 1) * (RENYI - EPSILON + log(ORDER - 1)) - ORDER * log(ORDER)),
)  # fmt: skip
renyi_to_epsilon = Formula(
    "renyi-to-epsilon-1", "D_α(P‖Q) given, α > 1: H_{e^ε}(P‖Q) ≤ δ, this direction only", EPSILON, "<=",
    Max(0, RENYI + log(1 - 1 / ORDER) - (log(DELTA) + log(ORDER)) / (ORDER - 1)),
    (ORDER, RENYI, DELTA),
    "Canonne, Kamath & Steinke 2020, 2004.00010", (_ORDER_ABOVE_1, *_DELTA_POSITIVE),
)  # fmt: skip
renyi_to_epsilon_mironov = Formula(
    "renyi-to-epsilon-mironov-1", "D_α(P‖Q) given, α > 1: H_{e^ε}(P‖Q) ≤ δ; never tighter than the above",
    EPSILON, "<=", RENYI - log(DELTA) / (ORDER - 1), (ORDER, RENYI, DELTA),
    "Mironov 2017, 1702.07476", (_ORDER_ABOVE_1, *_DELTA_POSITIVE),
)  # fmt: skip
pure_to_kullback_leibler = Formula(
    "pure-to-kullback-leibler-1", "P ≈_{ε,0} Q; attained by randomised response", KL, "<=",
    EPSILON * tanh(EPSILON / 2), (EPSILON,), "textbook; derived",
)  # fmt: skip
pure_to_renyi = Formula(
    "pure-to-renyi-1", "P ≈_{ε,0} Q, α > 1; attained by randomised response", RENYI, "<=",
    log(cosh((ORDER - Rational(1, 2)) * EPSILON) / cosh(EPSILON / 2)) / (ORDER - 1),
    (ORDER, EPSILON), "Bun & Steinke 2016, 1605.02065", (_ORDER_ABOVE_1,),
    numeric=EPSILON + (log1p(exp((1 - 2 * ORDER) * EPSILON)) - log1p(exp(-EPSILON))) / (ORDER - 1),
)  # fmt: skip
pure_to_renyi_quadratic = Formula(
    "pure-to-renyi-quadratic-1", "P ≈_{ε,0} Q, α > 1", RENYI, "<=", ORDER * EPSILON**2 / 2,
    (ORDER, EPSILON), "Bun & Steinke 2016, 1605.02065", (_ORDER_ABOVE_1,),
)  # fmt: skip

CONVERSIONS = (
    indistinguishability_to_smaller_epsilon,
    indistinguishability_to_total_variation,
    total_variation_to_indistinguishability,
    pinsker,
    bretagnolle_huber,
    chi_squared_to_kullback_leibler,
    kullback_leibler_to_chi_squared,
    chi_squared_to_total_variation,
    renyi_to_delta,
    renyi_to_epsilon,
    renyi_to_epsilon_mironov,
    pure_to_kullback_leibler,
    pure_to_renyi,
    pure_to_renyi_quadratic,
)
