"""The mutants that `mutants.py` makes, as data: of the engine, its inputs and its ledger."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One edit, and the tests that are meant to notice it.

    Args:
        name: in words.
        why: what it breaks.
        file: relative to the root.
        old, new: a piece of the source that occurs there exactly once, and what takes its place.
        tests: pytest's ids, relative to `tests/`, the quickest first.
        theorem: the id that the failure must name; "" where it need name none.
    """

    name: str
    why: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    theorem: str = ""


EDGE = "test_engine.py::test_wealth_has_mean_one_at_the_boundary"
PURSES = "test_engine.py::test_reweighing_on_the_past_keeps_the_mean_at_most_one"
SLACK = "test_engine.py::test_acceptance_wealth_has_mean_one_where_the_slack_is_used_up"
PAST = "test_engine.py::test_bets_depend_on_the_past_alone"
WEALTH = "test_calibration.py::test_wealth_is_at_most_one_on_average_at_the_edge"
ACCEPTED = "test_calibration.py::test_a_class_with_a_violating_event_is_rarely_accepted"
FOUR = "test_calibration.py::test_each_of_the_four_bets_is_needed"
LEGAL = "test_calibration.py::test_no_stake_can_lose_more_than_there_is"
CLASS = "test_calibration.py::test_the_declared_class_is_fixed_by_the_first_pairs"
KEPT = "test_calibration.py::test_what_acceptance_has_reached_it_keeps"
SHARED = "test_calibration.py::test_two_ways_to_accept_share_the_level"
NOT_FINITE = "test_calibration.py::test_values_that_are_not_finite_are_events_and_are_counted"
COUPLED = "test_calibration.py::test_coupling_wealth_is_one_on_average_at_the_edge"

MUTANTS = (
    Mutant(
        "abs around a gain", "one bet can no longer lose", "properties/engine/_bets.py",
        "np.stack([h - gamma * g,", "np.stack([abs(h - gamma * g),", (EDGE,),
    ),
    Mutant("δ missing", "the null is (ε, 0)", "properties/engine/_bets.py", "], -1) - delta", "], -1)", (EDGE,)),
    Mutant(
        "one direction dropped", "Q(h) > e^ε P(h) + δ goes unseen", "properties/engine/_bets.py",
        "g - gamma * h, (1 - h)", "h - gamma * g, (1 - h)", (FOUR, ACCEPTED),
    ),
    Mutant(
        "complements in one direction only", "1 − h is never bet on backward", "properties/engine/_bets.py",
        "(1 - g) - gamma * (1 - h)", "(1 - h) - gamma * (1 - g)", (FOUR, ACCEPTED),
    ),
    Mutant(
        "complements dropped", "an event that is rarer in removed models goes unaccepted as such", "properties/engine/_bets.py",
        "(1 - h) - gamma * (1 - g), (1 - g) - gamma * (1 - h)", "h - gamma * g, g - gamma * h", (FOUR, ACCEPTED),
    ),
    Mutant(
        "λ past its range", "wealth can turn negative", "properties/engine/_bets.py",
        "(STAKES / (math.exp(epsilon) + delta))", "(STAKES / math.exp(epsilon))", (LEGAL,),
    ),
    Mutant(
        "λ of acceptance past its range", "wealth can turn negative", "properties/engine/_bets.py",
        "(CAREFUL / (1 - delta - tolerance))", "(CAREFUL * 3)", (LEGAL,),
    ),
    Mutant(
        "tolerance with the wrong sign", "acceptance tests θ ≥ δ − τ", "properties/engine/_bets.py",
        "gains(epsilon, delta) - tolerance", "gains(epsilon, delta) + tolerance", (SLACK,),
    ),
    Mutant(
        "tolerance left out", "acceptance tests θ ≥ δ: not the null it states", "properties/engine/_bets.py",
        "(gains(epsilon, delta) - tolerance)", "gains(epsilon, delta)", (SLACK,),
    ),
    Mutant(
        "tolerance used twice", "classes beyond δ + τ are accepted", "properties/engine/_bets.py",
        "gains(epsilon, delta) - tolerance", "gains(epsilon, delta) - 2 * tolerance", (ACCEPTED,),
    ),
    Mutant(
        "wealth maximised, not averaged", "the best bet in hindsight is no e-process", "properties/engine/_bets.py",
        "np.log(np.exp(terms - top).sum(-1, keepdims=True))", "np.log(np.exp(terms - top).max(-1, keepdims=True))",
        (PURSES, WEALTH),
    ),
    Mutant(
        "weights not normalised", "reweighing creates wealth", "properties/engine/_refute.py",
        "return spread - log_sum(spread)[..., None]", "return spread", (PURSES, WEALTH),
    ),
    Mutant(
        "every bettor with all the wealth", "α spent three times", "properties/engine/_refute.py",
        "-math.log(len(STRATEGIES)))", "0.0)", (WEALTH, PURSES),
    ),
    Mutant(
        "weights learned from the round bet on", "bettors know what they bet on", "properties/engine/_refute.py",
        "by_strategy = self._by_strategy(weights, counts)",
        "self.wealth = self.wealth + log_growth(counts[:, -1:], self.growth)[:, 0]; "
        "by_strategy = self._by_strategy(self.weights(), counts)",
        (PURSES,),
    ),
    Mutant(
        "ε_lower skips what is not rejected", "the largest rejected ε, not the end of an unbroken row",
        "properties/engine/_refute.py", "int(over.argmin()) if not over.all() else len(some)",
        "int(np.flatnonzero(over)[-1]) + 1 if over.any() else 0",
        ("test_known_answers.py::test_the_lower_bound_is_the_end_of_an_unbroken_row",),
    ),
    Mutant(
        "events chosen with the pairs bet on", "peeking, where many checks run at once", "properties/engine/_replicate.py",
        "return self._batch(start, start, end)", "return self._batch(end, start, end)", (WEALTH,),
    ),
    Mutant(
        "events of a check chosen with the pairs bet on", "peeking", "properties/engine/_decide.py",
        "self.fitted[-1], start, start, end)", "self.fitted[-1], end, start, end)", (PAST,),
    ),
    Mutant(
        "lenses fitted on the pairs bet on", "peeking", "properties/engine/_decide.py",
        "self.pairs.feature_maps(start)", "self.pairs.feature_maps(end)", (PAST,),
    ),
    Mutant(
        "the learned lens fitted beyond the past", "peeking by one view", "properties/engine/_pairs.py",
        "past.bit_length() - 1)", "past.bit_length())",
        ("test_calibration.py::test_every_lens_sees_the_past_alone",),
    ),
    Mutant(
        "the declared class moves", "a class chosen along the way is not declared", "properties/engine/_decide.py",
        "self.declared_maps, FROZEN, start, end)", "self.declared_maps, start, start, end)", (CLASS,),
    ),
    Mutant(
        "the declared class moves in replications", "planning and calibration play other rounds than a check",
        "properties/engine/_replicate.py", "self._batch(FROZEN, start, end)", "self._batch(start, start, end)", (CLASS,),
    ),
    Mutant(
        "arms swapped", "the witness tells of the other arm", "properties/engine/_evidence.py",
        "Witness(self.feature_map.view, event, x, y, len", "Witness(self.feature_map.view, event, y, x, len",
        ("test_calibration.py::test_the_witness_tells_the_arms_apart",),
    ),
    Mutant(
        "a union in place of the intersection", "the class is accepted when one event is", "properties/engine/_accept.py",
        "axis=-1) - math.log(len(CAREFUL))",
        "axis=-1) - math.log(len(CAREFUL)); total = np.zeros_like(total) + total.max((2, 3, 4), keepdims=True)",
        (ACCEPTED,),
    ),
    Mutant(
        "the best stake of acceptance in hindsight", "a maximum over stakes is no e-process", "properties/engine/_accept.py",
        "np.logaddexp.reduce(wealth[:, None] + log_growth(counts, self.growth), axis=-1) - math.log(len(CAREFUL))",
        "(wealth[:, None] + log_growth(counts, self.growth)).max(-1)",
        ("test_engine.py::test_the_acceptor_agrees_with_a_loop_over_pairs_and_bets",),
    ),
    Mutant(
        "the running maximum forgotten", "what was reached in an earlier round is lost", "properties/engine/_accept.py",
        "self.best = running[:, -1]", "self.best = np.full_like(self.best, -np.inf)", (KEPT,),
    ),
    Mutant(
        "acceptance from non-refutation", "no evidence either way is called SATISFIED", "properties/engine/_decide.py",
        "return status, Route.SEQUENTIAL, used",
        "return Status.SATISFIED if status is Status.INCONCLUSIVE else status, Route.SEQUENTIAL, used",
        ("test_calibration.py::test_few_pairs_of_equal_laws_establish_nothing",),
    ),
    Mutant(
        "β not halved", "two ways to accept, each at the whole of β", "properties/engine/_decide.py",
        "beta = terms.beta / 2 if", "beta = terms.beta if", (SHARED,),
    ),
    Mutant(
        "the coupling at the whole of β", "one of two ways pays nothing", "properties/engine/_decide.py",
        "Coupler(claim.epsilon, claim.delta, beta)", "Coupler(claim.epsilon, claim.delta, terms.beta)", (SHARED,),
    ),
    Mutant(
        "a class-scoped verdict for all events", "an unseen tail is vouched for", "properties/engine/_decide.py",
        "every if route is Route.COUPLING", "every if status is Status.SATISFIED",
        ("test_calibration.py::test_a_leak_below_one_run_is_never_a_claim_about_all_events",),
    ),
    Mutant(
        "distances averaged, not terms", "the profile is not concave", "properties/engine/_coupling.py",
        "distance=np.where(finite, distances, 0.0))",
        "distance=np.full_like(distances, distances[finite].mean() if finite.any() else 0.0))",
        ("test_couple.py::test_terms_are_averaged_and_not_distances",),
    ),
    Mutant(
        "a diverged distance counts nothing", "NaN passes", "properties/engine/_coupling.py",
        "np.clip(terms, 0.0, 1.0), 1.0)", "np.clip(terms, 0.0, 1.0), 0.0)",
        ("test_couple.py::test_distances_that_are_not_finite_count_in_full",),
    ),
    Mutant(
        "the coupling's best stake in hindsight", "a maximum over stakes is no e-process", "properties/engine/_coupling.py",
        "np.logaddexp.reduce(np.cumsum(growth, 0) + np.log(_PRIOR), axis=1)", "np.cumsum(growth, 0).max(1)", (COUPLED,),
    ),
    Mutant(
        "the coupling's stakes weigh more than one", "wealth from nothing", "properties/engine/_coupling.py",
        "0.5 / (len(_STAKES) - 1))", "0.5)", (COUPLED,),
    ),
    Mutant(
        "NaN taken for 0", "a diverged run looks like a good one", "properties/engine/_witnesses.py",
        "nan=HUGE", "nan=0.0", (NOT_FINITE,),
    ),
    Mutant(
        "NaN not counted as divergence", "the row of values that are not finite says 0", "properties/engine/_pairs.py",
        "(~np.isfinite(rows))", "np.isinf(rows)", (NOT_FINITE,),
    ),
    Mutant(
        "padding leaks into a loss", "absent rows weigh as present ones", "properties/runs/observables.py",
        "losses = jnp.where(model.rows.present, model.losses, 0)", "losses = model.losses",
        ("test_calibration.py::test_absent_rows_of_an_eval_set_weigh_nothing",),
    ),
    Mutant(
        "saved runs paired as they come", "the order of a file is taken for information", "properties/saved/_lineup.py",
        "generator_of(jax.random.fold_in(key, len(first))).permutation(len(others))", "np.arange(len(others))",
        ("test_samples.py::test_identical_samples_sorted_oppositely_are_not_refuted",),
    ),
    Mutant(
        "grain on one arm of saved runs", "noise of our own tells the arms apart", "properties/saved/_arms.py",
        "return table if grain is None", 'return table if grain is None or self.name == "reference"',
        ("test_calibration.py::test_the_grain_lies_on_both_arms",),
    ),
    Mutant(
        "grain on one arm of drawn runs", "noise of our own tells the arms apart", "properties/runs/_draw.py",
        "add_grain(arm, size, _generator(key, i))", "add_grain(arm, 0.0 if i else size, _generator(key, i))",
        ("test_calibration.py::test_drawn_pairs_carry_the_grain_on_both_arms",),
    ),
    Mutant(
        "α not divided", "every evaluation may spend the whole", "properties/testing/ledger.py",
        "self.alpha = share_of(self.alpha_total, evaluations)", "self.alpha = self.alpha_total",
        ("test_ledger.py::test_the_parts_never_sum_to_more_than_the_whole",),
    ),
    Mutant(
        "the cap does not count shrinks", "after a failure evaluations are free", "properties/testing/ledger.py",
        "elif self._slots.take():", "elif self._slots.take() or self.failures:",
        ("test_ledger.py::test_the_cap_stops_the_shrinker_at_what_it_has_found",),
    ),
    Mutant(
        "the memo forgets the claim", "another claim gets this one's verdict", "properties/checks/_question.py",
        "parts = self.definition, self.remover,", "parts = self.remover,",
        ("test_ledger.py::test_another_question_is_another_evaluation",),
    ),
    Mutant(
        "confirmation on the same stream", "a second look that sees the same runs", "properties/testing/ledger.py",
        'question.with_seed(confirmation_seed(question.term("seed")))', 'question.with_seed(question.term("seed"))',
        ("test_ledger.py::test_a_confirmation_takes_no_slot_and_no_alpha",),
    ),
)  # fmt: skip
