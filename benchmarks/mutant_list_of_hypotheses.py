"""The mutants that `mutants.py` makes, as data: each breaks what a theorem of the engine asks, and is caught by name."""

from mutant_list import Mutant

_HERE = "test_engine_hypotheses.py::test_"
REFUTED = f"{_HERE}refuted_is_said_where_the_wealth_has_been_at_the_level"
RAISED = f"{_HERE}the_threshold_is_raised_by_what_single_precision_may_add"
AGAINST = f"{_HERE}a_bet_against_the_claim_is_fair_and_loses_no_more_than_there_is"
TOWARDS = f"{_HERE}a_bet_towards_the_claim_is_fair_beyond_it_and_loses_no_more_than_there_is"
KERNEL = f"{_HERE}the_grain_is_one_kernel_of_a_run"
SPREAD = f"{_HERE}what_is_held_on_the_bets_is_all_there_is_and_is_spread_by_the_past"
EACH = f"{_HERE}the_class_is_accepted_where_each_null_has_been_rejected_and_no_sooner"
BOUNDED = f"{_HERE}the_coupling_s_bets_are_fair_on_a_bounded_term"
TERM = f"{_HERE}the_coupling_s_term_bounds_what_a_pair_exceeds_by"
FALSE = f"{_HERE}a_false_refuted_has_chance_alpha_at_most"
ACCEPTED = f"{_HERE}a_false_satisfied_has_chance_beta_at_most"
LEAST = f"{_HERE}the_planner_s_least_number_of_pairs_is_the_least"

MUTANTS = (
    Mutant(
        "E1: refuted below the level", "the wealth has not been at 1/α", "properties/engine/_refute.py",
        "return math.log(1 / self.alpha) + self.rounds", "return math.log(0.8 / self.alpha) + self.rounds", (REFUTED,), "E1",
    ),
    Mutant(
        "E2: no slack in the threshold", "V ≤ bW, and b is not paid for", "properties/engine/_refute.py",
        "(self.prior.size + 128) * 2.0**-24", "(self.prior.size + 128) * 2.0**-60", (RAISED,), "E2",
    ),
    Mutant(
        "E3: a stake against the claim past its range", "a factor can be negative", "properties/engine/_bets.py",
        "(STAKES / (math.exp(epsilon) + delta))", "(2 * STAKES / (math.exp(epsilon) + delta))", (AGAINST,), "E3",
    ),
    Mutant(
        "E3: no δ at the edge", "a bet that gains where the claim is met", "properties/engine/_bets.py",
        "], -1) - delta", "], -1)", (AGAINST,), "E3",
    ),
    Mutant(
        "E4: τ counted twice", "a bet that gains at the edge of the slack", "properties/engine/_bets.py",
        "gains(epsilon, delta) - tolerance", "gains(epsilon, delta) - 2 * tolerance", (TOWARDS,), "E4",
    ),
    Mutant(
        "E5: noise that follows the arm", "as wide as the arm's own range: two kernels", "properties/engine/_grain.py",
        "v + each[name] * rng.standard_normal(v.shape)", "v + np.ptp(v, 0) * each[name] * rng.standard_normal(v.shape)",
        (KERNEL,), "E5",
    ),
    Mutant(
        "E6: more held than there is", "a mixture of weights above 1", "properties/engine/_refute.py",
        "return spread - log_sum(spread)[..., None]", "return spread - log_sum(spread)[..., None] + 0.01", (SPREAD,), "E6",
    ),
    Mutant(
        "E6: spread by the round bet on", "weights that are not predictable", "properties/engine/_refute.py",
        "by_strategy = self._by_strategy(weights, counts)",
        "self.wealth = self.wealth + log_growth(counts[:, -1:], self.growth)[:, 0]; "
        "by_strategy = self._by_strategy(self.weights(), counts)",
        (SPREAD,), "E6",
    ),
    Mutant(
        "E7: one null for all", "a union in place of the intersection", "properties/engine/_accept.py",
        "self.path = running.min((2, 3, 4))", "self.path = running.max((2, 3, 4))", (EACH,), "E7",
    ),
    Mutant(
        "E7: the wealth now, not the most it has been", "no running maximum", "properties/engine/_accept.py",
        "self.best = running[:, -1]", "self.best = np.full_like(self.best, -np.inf)", (EACH,), "E7",
    ),
    Mutant(
        "E8: a stake on a bounded term past its range", "wealth can turn negative", "properties/engine/_coupling.py",
        "np.geomspace(0.03, 1, 8)", "np.geomspace(0.03, 2, 8)", (BOUNDED,), "E8",
    ),
    Mutant(
        "E8: a term that bounds nothing", "a diverged pair counts 0", "properties/engine/_coupling.py",
        "np.clip(terms, 0.0, 1.0), 1.0)", "np.clip(terms, 0.0, 1.0), 0.0)", (TERM,), "E8",
    ),
    Mutant(
        "E9: three bettors with 1 each", "the wealth begins with 3", "properties/engine/_refute.py",
        "-math.log(len(STRATEGIES)))", "0.0)", (FALSE,), "E9",
    ),
    Mutant(
        "E10: two stakes with 1 each", "the wealth begins with 2", "properties/engine/_accept.py",
        "axis=-1) - math.log(len(CAREFUL))", "axis=-1)", (ACCEPTED,), "E10",
    ),
    Mutant(
        "E11: γ − δ for γ + δ", "fewer pairs than any audit needs", "properties/engine/_bets.py",
        "math.log1p((1 - delta) / (math.exp(epsilon) + delta))", "math.log1p((1 - delta) / (math.exp(epsilon) - delta))",
        (LEAST,), "E11",
    ),
)  # fmt: skip
