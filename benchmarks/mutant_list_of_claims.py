"""The mutants that `mutants.py` makes, as data: of what lets something read as good, and of certified removers."""

from mutant_list import Mutant

NEWTON, DESCENT, LANGEVIN, CONSTANTS = (
    f"test_certified_{name}.py::" for name in ("newton", "descent", "langevin", "constants")
)
CUBIC = f"{NEWTON}test_a_cubic_comes_near_the_bounds_on_a_newton_step"
BUDGET = f"{NEWTON}test_the_budget_accumulates_and_its_end_is_visible"
SERVES = f"{NEWTON}test_what_newton_noise_declares_is_about_all_that_it_serves_without_retraining"
SPENDS = f"{NEWTON}test_newton_removal_spends_its_budget_and_then_retrains"
PARABOLA = f"{DESCENT}test_a_parabola_comes_near_the_bound_on_descent_after_many_requests"
REWINDS = f"{DESCENT}test_rewinding_counts_all_requests_together"
AMPLIFIED = f"{CONSTANTS}test_amplification_is_attained_by_linear_maps"
WIDEST = f"{CONSTANTS}test_the_widest_distance_meets_the_profile_and_no_more"
ATTAINED = f"{LANGEVIN}test_the_langevin_bound_is_attained_in_one_dimension"
PRECEDENCE = "test_evidence.py::test_refuted_wins_within_a_round_and_is_dated_to_its_own_pair"
FIRST = "test_evidence.py::test_a_refutation_goes_before_a_certificate_of_the_same_round"
LAST = "test_evidence.py::test_a_certificate_at_the_last_pair_of_the_budget_counts"
VETO = "test_evidence.py::test_nothing_is_accepted_against_what_refutation_holds"
ALONE = "test_evidence.py::test_every_event_of_the_class_holds_acceptance_back_by_itself"
HELD = "test_evidence.py::test_no_certificate_while_a_bettor_holds_the_wealth_that_would_refute_at_beta"
RICHEST = "test_engine.py::test_the_richest_bettor_holds_at_least_what_all_of_them_average"
FIXED = "test_evidence.py::test_the_class_knows_nothing_of_the_pairs_it_is_bet_on"
SIGNS = "test_evidence.py::test_the_pairs_that_fix_the_class_are_enough_to_find_two_signs_among_eight"
CLASS = "test_calibration.py::test_the_declared_class_is_fixed_by_the_first_pairs"
ACCEPTED = "test_calibration.py::test_a_class_with_a_violating_event_is_rarely_accepted"
PARTS = "test_relative.py::test_a_level_is_reached_with_its_own_part_of_alpha_and_with_no_more"
STANDING = "test_relative.py::test_the_standing_is_established_with_its_own_part_of_alpha_and_with_no_more"
FARTHER = "test_relative.py::test_a_little_beyond_the_original_is_no_side_either"
WRECK = "test_relative.py::test_a_scattered_wreck_is_not_on_the_side_of_the_more_spread_law"
PARTLY = "test_relative.py::test_a_part_that_is_wrecked_keeps_every_side_back"
SCALE = "test_grain.py::test_pairs_that_are_bet_on_have_no_part_in_the_scale"
SIGMA = "test_declared_scale.py::test_both_sides_of_both_scales_at_every_look_share_the_other_half_of_beta"
DOUBT = "test_declared_scale.py::test_noise_in_doubt_certifies_nothing_and_the_sequential_route_goes_on"
UNEQUAL = "test_declared_scale.py::test_the_excess_of_unequal_scales_is_that_of_quadrature_and_grows"
FALSE = "test_declared_scale.py::test_scales_that_break_the_claim_are_hardly_ever_certified"
SUITE = "test_suite.py::test_a_suite_needs_a_pass_with_power_of_each_notion_it_claims"
LOOKS = "test_looks.py::test_a_look_that_does_not_go_on_has_less_to_spend"

# A list that came from outside.
OUTSIDE = (
    Mutant(
        "the removal's key is the training's", "removal sees the randomness of the run it mends",
        "properties/runs/_run_pools.py", '(roots["training"],), (roots["removal"],)',
        '(roots["training"],), (roots["training"],)',
        ("test_couple.py::test_no_removal_draws_from_the_key_of_a_training_run",),
    ),
    Mutant(
        "a bound on the position at the whole of α", "ln(1/α) where two bounds share it", "properties/engine/_contest.py",
        "over = self.log_wealth >= -math.log(SHARE * self.alpha)", "over = self.log_wealth >= -math.log(self.alpha)",
        (PARTS,),
    ),
    Mutant(
        "the standing at the whole of α", "ln(1/α) where bounds and standing share it", "properties/engine/_standing.py",
        "-np.log(_SHARES * alpha)", "-np.log(_SHARES / _SHARES * alpha)", (STANDING, PARTS),
    ),
    Mutant(
        "half of Newton's error", "half the noise that the claim needs", "algorithms/removers/certified/_newton.py",
        "remaining * curvature.third / (2 * curvature.strong)", "remaining * curvature.third / (4 * curvature.strong)", (CUBIC,),
    ),
    Mutant(
        "redrawn data decided in closed form", "a mixture over draws of D taken for one Gaussian",
        "properties/checks/_closed_form.py", "centre is None or definition.redraws or not", "centre is None or not",
        ("test_known.py::test_data_that_are_drawn_anew_are_not_decided_without_samples",),
    ),
    Mutant(
        "unlearning looks at S first, alone", "what S_full∖S tells has little of the prior", "properties/runs/_views.py",
        '"unlearning": ("S", "S_full∖S")', '"unlearning": ("S",)',
        ("test_check.py::test_half_the_prior_lies_on_what_the_definition_is_about",),
    ),
    Mutant(
        "noise that leans along its centre", "the test of it is off", "properties/engine/_residuals.py",
        "residuals * moved)", "residuals * 0 * moved)",
        ("test_residuals.py::test_a_lean_along_the_centre_that_no_coordinate_shows_is_seen_over_all",),
    ),
    Mutant(
        "a certificate at the last pair does not count", "`<` for `<=` in precedence", "properties/engine/_decide.py",
        "certain <= used", "certain < used", (LAST, FIRST),
    ),
    Mutant(
        "a forecast off by one rank", "the pairs of the next replication", "properties/checks/_plan.py",
        "math.ceil(level * len(stops)) - 1", "min(math.ceil(level * len(stops)), len(stops) - 1)",
        ("test_plan.py::test_a_forecast_is_the_least_number_of_pairs_within_which_so_many_decided",),
    ),
    Mutant(
        "the linear lens always shrunk", "a direction of small variance never shows", "properties/engine/_features.py",
        "usual = 1e-6 if len(x) >= width else width / (width + len(within))", "usual = width / (width + len(within))",
        ("test_feature_maps.py::test_with_as_many_pairs_as_numbers_a_direction_of_small_variance_shows",),
    ),
    Mutant(
        "an interval without its end", "a value on the cut is in neither event", "properties/engine/_witnesses.py",
        "(v <= self.high[:, None])", "(v < self.high[:, None])",
        ("test_engine.py::test_an_event_holds_its_upper_end_and_not_its_lower_one",),
    ),
)  # fmt: skip

DECISIONS = (
    Mutant(
        "acceptance before refutation", "a round that shows both passes", "properties/engine/_sequential.py",
        "if self.refuted[row]:", "if self.refuted[row] and not self.accepted[row]:", (PRECEDENCE,),
    ),
    Mutant(
        "a certificate before refutation", "a round that shows both passes", "properties/engine/_decide.py",
        "self.certified and status is not Status.REFUTED and certain", "self.certified and certain", (FIRST,),
    ),
    Mutant(
        "no veto on acceptance", "a pass against the evidence of the check itself", "properties/engine/_sequential.py",
        "acceptor.play(declared, refuter.best_wealth >= math.log(1 / terms.beta))", "acceptor.play(declared)", (VETO,),
    ),
    Mutant(
        "the veto at α", "a pass while β is won against it", "properties/engine/_sequential.py",
        "math.log(1 / terms.beta)", "math.log(1 / terms.alpha)", (VETO,),
    ),
    Mutant(
        "no veto on the certificate", "centres vouch for runs that contradict them", "properties/engine/_decide.py",
        "place = None if refuter.best_wealth[0, -1] >= math.log(1 / beta) else place", "place = place", (HELD,),
    ),
    Mutant(
        "the richest bettor began with a third", "a veto three times too late", "properties/engine/_refute.py",
        "by_strategy.max(-1) + math.log(len(STRATEGIES))", "by_strategy.max(-1)", (RICHEST,),
    ),
    Mutant(
        "the class fixed by 16 pairs", "what 16 pairs do not show is not looked at", "properties/engine/_sequential.py",
        "FROZEN = 64", "FROZEN = 16", (SIGNS,),
    ),
    Mutant(
        "acceptance bets on the pairs that fix its class", "peeking", "properties/engine/_sequential.py",
        "start >= FROZEN", "start >= 2 * WARM_UP", (CLASS,),
    ),
    Mutant(
        "functions of the declared class from later pairs", "peeking", "properties/engine/_decide.py",
        "self.pairs.declared(FROZEN)", "self.pairs.declared(end)", (FIXED,),
    ),
    Mutant(
        "one direction accepted for both", "Q(h) > e^ε P(h) + δ + τ is not looked at", "properties/engine/_accept.py",
        "self.path = running.min((2, 3, 4))", "self.path = running[..., ::2].min((2, 3, 4))", (ALONE, ACCEPTED),
    ),
    Mutant(
        "one event in twenty left out of the class", "the lowest cut may be broken", "properties/engine/_accept.py",
        "self.path = running.min((2, 3, 4))", "self.path = running[:, :, :, 1:].min((2, 3, 4))", (ALONE,),
    ),
    Mutant(
        "acceptance at 2β", "twice as many false passes as promised", "properties/engine/_accept.py",
        "level = looks(outcomes.shape[1]), math.log(1 / self.beta)",
        "level = looks(outcomes.shape[1]), math.log(0.5 / self.beta)",
        ("test_evidence.py::test_curves_end_at_the_decision_on_its_side_of_the_line",),
    ),
    Mutant(
        "what was assumed goes unsaid", "a certificate under an assumption reads as one without",
        "properties/engine/_decide.py", "(noise.assumption,) if route is Route.COUPLING and noise.assumption else ()", "()",
        (DOUBT,),
    ),
)  # fmt: skip

PASSES = (
    Mutant(
        "any answer of the original is power", "a pass that doing nothing has too counts", "properties/engine/_power.py",
        "or verdict.power.tells:", "or verdict.power.original is not None:",
        ("test_power.py::test_power_can_be_required",),
    ),
    Mutant(
        "the original is not replayed", "power is told of the removed models", "properties/checks/_check.py",
        "yield Block(block.original, block.reference", "yield Block(block.removed, block.reference",
        ("test_power.py::test_a_pass_says_that_doing_nothing_would_have_been_refuted",),
    ),
    Mutant(
        "one constant in all three arms passes", "nothing was compared", "properties/checks/_check.py",
        "withdrawn(powered) if not power.tells and _one_constant(history) else powered", "powered",
        ("test_power.py::test_one_constant_in_all_three_arms_is_no_pass",),
    ),
    Mutant(
        "power where nothing is unseen", "the original is the reference, and that goes unsaid", "properties/checks/_check.py",
        "if not bool(unseen.any()):", "if False:",
        ("test_power.py::test_where_nothing_is_unseen_the_original_is_the_reference",),
    ),
    Mutant(
        "saved originals that are the reference pass", "nothing was compared", "properties/saved/_check_samples.py",
        "return withdrawn(powered) if same else needing_power(powered, require_power)",
        "return needing_power(powered, require_power)",
        ("test_vetting.py::test_constant_arms_are_those_of_a_deterministic_learner",),
    ),
    Mutant(
        "too few originals tell", "a replay that could refute nothing counts", "properties/saved/_check_samples.py",
        '_needed(replay.terms) <= replay.lined.pairs("reference", "original")', "True",
        ("test_vetting.py::test_too_few_originals_tell_nothing",),
    ),
    Mutant(
        "an undecided bracket passes", "δ(ε) between its bounds is taken for the lower", "properties/checks/_closed_form.py",
        "if high <= delta:", "if low <= delta:",
        ("test_known.py::test_certified_digits_decide_where_rounding_cannot",),
    ),
    Mutant(
        "any declared law is believed", "a user's word is taken for the library's", "properties/checks/_closed_form.py",
        "or definition.redraws or not law_is_own(remover, learner)", "or definition.redraws",
        ("test_own_laws.py::test_nothing_that_was_made_of_ours_is_ours",),
    ),
    Mutant(
        "a declared σ is known", "the certificate does not pay for it, and says no assumption", "properties/runs/_draw.py",
        "own = noise_is_own(remover, learner)", "own = True",
        ("test_own_laws.py::test_a_right_law_that_a_user_declares_is_certified_under_its_assumption",),
    ),
    Mutant(
        "the dry run asks nothing of the mask", "a learner blind to S passes everything", "properties/runs/_dry_run.py",
        "        _require_mask(runs, scenario.rows, thin)\n", "",
        ("test_power.py::test_a_learner_blind_to_the_mask_is_refused",),
    ),
    Mutant(
        "the dry run asks nothing of absent rows", "a learner that keeps rows passes", "properties/runs/_dry_run.py",
        "        _require_blind(runs, thin)\n", "",
        ("test_power.py::test_a_learner_that_reads_absent_rows_is_refused",),
    ),
    Mutant(
        "a remover may read absent rows", "what it reads is in no row", "properties/runs/_dry_run.py",
        "if _moved(models[0], models[1], _of_number) > _SAME:", "if False:",
        ("test_power.py::test_a_remover_that_reads_absent_rows_is_refused",),
    ),
    Mutant(
        "references that are all NaN", "nothing was compared", "properties/runs/_draw.py",
        "            _require_finite(observations[1], learner)\n", "",
        ("test_power.py::test_a_learner_whose_runs_are_all_nan_is_named",),
    ),
    Mutant(
        "rows that go along between arms", "examples of one model taken for runs", "properties/saved/_vetting.py",
        "            _correlated(pair, heads, given, names)\n", "",
        ("test_vetting.py::test_rows_that_correlate_between_unpaired_arms_are_refused",),
    ),
    Mutant(
        "the reference's own rows as removed", "one sample in both arms passes", "properties/saved/_vetting.py",
        "            _same(pair, heads, given)\n", "",
        ("test_vetting.py::test_the_same_rows_in_unpaired_arms_are_refused",),
    ),
)  # fmt: skip

LEVELS = (
    Mutant(
        "the scale of the grain from pairs bet on", "peeking", "properties/runs/_draw.py",
        "{name: rows[:WARM_UP] for", "{name: rows for", (SCALE,),
    ),
    Mutant(
        "the scale of saved runs from pairs bet on", "peeking", "properties/saved/_arms.py",
        "arm.rows(0, min(WARM_UP, len(arm.order)))", "arm.rows(0, len(arm.order))", (SCALE,),
    ),
    Mutant(
        "a scale of one arm's own", "equal laws of unequal chance differ", "properties/engine/_grain.py",
        "share * _sizes(np.concatenate([removed[name], reference[name]]))", "share * _sizes(removed[name])",
        ("test_grain.py::test_the_scale_is_one_for_both_arms_and_one_for_each_column",),
    ),
    Mutant(
        "originals carry a noise of their own", "power is that of another check", "properties/runs/_draw.py",
        "zip(observations, (0, 1, 0), strict=True)", "zip(observations, (0, 1, 2), strict=True)",
        ("test_calibration.py::test_drawn_pairs_carry_the_grain_on_both_arms",),
    ),
    Mutant(
        "an explicit α above its share", "one evaluation spends the run's", "properties/testing/ledger.py",
        "self.alpha if dear else alpha", "alpha",
        ("test_ledger.py::test_an_explicit_alpha_counts_only_where_it_is_smaller",),
    ),
    Mutant(
        "a slot too many", "N + 1 evaluations at α/N", "properties/testing/_slots.py",
        "while self._next < self.count:", "while self._next <= self.count:",
        ("test_ledger.py::test_past_the_cap_fails_with_that_reason_whatever_is_allowed",),
    ),
    Mutant(
        "a confirmation that is undecided confirms", "what was not shown again is called held",
        "properties/testing/ledger.py", "self.confirmation.status is Status.REFUTED",
        "self.confirmation.status is not Status.SATISFIED",
        ("test_ledger.py::test_a_confirmation_that_is_undecided_confirms_nothing",),
    ),
    Mutant(
        "undecided passes an assertion", "INCONCLUSIVE reads as SATISFIED", "properties/testing/_assert_holds.py",
        "if verdict.status is Status.INCONCLUSIVE:", "if False:",
        ("test_ledger.py::test_undecided_is_no_pass_unless_asked_for_by_name",),
    ),
    Mutant(
        "past the cap passes where undecided may", "nothing was drawn, and the test is green",
        "properties/testing/_assert_holds.py", 'if verdict.provenance.get("past_cap"):',
        'if verdict.provenance.get("past_cap") and not allowed:',
        ("test_ledger.py::test_past_the_cap_fails_with_that_reason_whatever_is_allowed",),
    ),
    Mutant(
        "another look at all of α", "looking until it is refuted", "properties/saved/_check_samples.py",
        "alpha=levels.alpha * share(number)", "alpha=levels.alpha", (LOOKS,),
    ),
    Mutant(
        "another look at all of β", "looking until it passes", "properties/saved/_check_samples.py",
        "beta=levels.beta * share(number)", "beta=levels.beta", (LOOKS,),
    ),
    Mutant(
        "another relative look at all of α", "looking until it takes a side", "properties/saved/_compare_samples.py",
        "alpha * share(lined.look.number)", "alpha",
        ("test_looks.py::test_comparing_saved_runs_counts_looks_as_well",),
    ),
    Mutant(
        "another seed goes on with the last look", "choosing among orders of the same runs", "properties/saved/_looks.py",
        "if (earlier.terms, earlier.choosing, len(earlier.arms)) != (now.terms, now.choosing, len(now.arms)):",
        "if (earlier.choosing, len(earlier.arms)) != (now.choosing, len(now.arms)):", (LOOKS,),
    ),
    Mutant(
        "requests of a sweep at α and β each", "eight chances at one level", "properties/checks/_sweep.py",
        '{"alpha": alpha / len(sizes), "beta": beta / len(sizes)}', '{"alpha": alpha, "beta": beta}',
        ("test_sweep.py::test_the_levels_are_shared_and_the_streams_named",),
    ),
    Mutant(
        "what was not refuted is enough", "undecided reads as unlearned", "properties/checks/_sweep.py",
        "point = self._first(Status.SATISFIED)", "point = self._first(Status.SATISFIED, Status.INCONCLUSIVE)",
        ("test_sweep.py::test_the_result_is_the_smallest_request_that_was_not_refuted",),
    ),
    Mutant(
        "questions of a suite at α each", "a dozen chances at one level", "properties/suite/_check_suite.py",
        '"alpha": share_of(level("alpha", alpha), len(claims))', '"alpha": alpha',
        ("test_suite.py::test_the_questions_share_alpha_and_go_from_cheap_to_dear",),
    ),
    Mutant(
        "a suite without power is SATISFIED", "passes that doing nothing has too", "properties/suite/_result.py",
        "or not self.judged or self.powerless", "or not self.judged", (SUITE,),
    ),
    Mutant(
        "who claims nothing is SATISFIED", "nothing was judged", "properties/suite/_result.py",
        "or not self.judged or self.powerless", "or self.powerless",
        ("test_suite.py::test_who_claims_nothing_is_told_so",),
    ),
    Mutant(
        "a declared failure that holds passes", "an old excuse stays for good", "properties/suite/_result.py",
        "    RowOutcome.UNEXPECTED: Status.REFUTED,\n", "",
        ("test_suite.py::test_a_declared_failure_that_holds_fails",),
    ),
    Mutant(
        "undecided exits with 0", "a green pipeline that decided nothing", "properties/cli/_running.py",
        "Status.INCONCLUSIVE: 3}", "Status.INCONCLUSIVE: 0}",
        ("test_cli.py::test_the_status_is_the_exit_status",),
    ),
    Mutant(
        "a wreck takes the side of the original", "a model far from both is named closer to one",
        "properties/engine/_contest.py", "return self.standing.by_original(self.distance)", "return True",
        (FARTHER, WRECK),
    ),
    Mutant(
        "a wreck takes the side of the reference", "a model far from both reads as unlearned",
        "properties/engine/_contest.py", "return self.standing.by_reference", "return True", (WRECK,),
    ),
    Mutant(
        "wrecks are not counted", "means are blind to a third of the runs", "properties/engine/_standing.py",
        "return bool(self.counts[0] - self.counts[end] > _TENTH * runs)", "return False", (PARTLY,),
    ),
    Mutant(
        "wrecks of the references count against the models", "heavy tails have no side", "properties/engine/_standing.py",
        "self.counts[0] - self.counts[end]", "self.counts[0]",
        ("test_relative.py::test_as_many_wrecks_as_the_references_have_are_no_reason",),
    ),
    Mutant(
        "half a standing is enough", "resembling nothing reads as unlearned", "properties/engine/_standing.py",
        "self._shown[_BY_REFERENCE].all()", "self._shown[_BY_REFERENCE].any()", (STANDING,),
    ),
)  # fmt: skip

CERTIFIED = (
    Mutant(
        "noise in doubt certifies", "a law that its own runs contradict", "properties/engine/_coupling.py",
        "and len(distances) and not noise.doubt else None", "and len(distances) else None", (DOUBT,),
    ),
    Mutant(
        "doubt as rare as an error", "noise at 1e-8 of its level is trusted", "properties/engine/_residuals.py",
        "if chance < LEVEL:", "if chance < ERROR:",
        ("test_residuals.py::test_between_a_doubt_and_an_error_there_is_no_certificate_and_no_error",),
    ),
    Mutant(
        "the whole of β for the bets under a declared σ", "its bounds cost nothing", "properties/engine/_coupling.py",
        "return self.beta / 2 if self.noise.arms else self.beta", "return self.beta",
        ("test_declared_scale.py::test_bets_have_half_of_the_level_where_the_scale_has_the_other",),
    ),
    Mutant(
        "each bound on σ with all of its look's level", "four chances at one level", "properties/engine/_coupling.py",
        "(look * (look + 1)) / 4", "(look * (look + 1))", (SIGMA,),
    ),
    Mutant(
        "every look at σ at one level", "looking until it is narrow", "properties/engine/_coupling.py",
        "self.beta / 2 / (look * (look + 1)) / 4", "self.beta / 2 / 4", (SIGMA,),
    ),
    Mutant(
        "the larger of two lower bounds of σ", "distances too small by their ratio", "properties/engine/_coupling.py",
        "low = min(least for least, _ in self._scales)", "low = max(least for least, _ in self._scales)",
        (SIGMA, FALSE),
    ),
    Mutant(
        "σ of the removed models is the narrower", "a ratio in one direction", "properties/engine/_coupling.py",
        "self._scales[1][1] / self._scales[0][0], 1.0)", "1.0)", (SIGMA, FALSE),
    ),
    Mutant(
        "unequal scales in one direction", "balls and not their complements", "properties/engine/_coupling.py",
        "np.clip(np.maximum(wide, narrow), 0.0, 1.0)", "np.clip(narrow, 0.0, 1.0)", (UNEQUAL,),
    ),
    Mutant(
        "the widest distance a tenth too wide", "a tenth less noise than the claim needs",
        "algorithms/removers/certified/_calibrate.py", "return low * (1 - 1e-12)", "return low * 1.1", (WIDEST,),
    ),
    Mutant(
        "half the noise is declared", "a guarantee that does not follow", "algorithms/removers/certified/_calibrate.py",
        "if not ratio <= allowed * (1 + 1e-9):", "if not ratio <= allowed * 2.1:",
        (f"{CONSTANTS}test_half_the_noise_is_not_declared",),
    ),
    Mutant(
        "noise of steps adds up in full", "ρ forgets noise as it forgets the start",
        "algorithms/removers/certified/_calibrate.py", "math.sqrt((powers**2).sum())", "math.sqrt(steps)", (AMPLIFIED,),
    ),
    Mutant(
        "drift of one step alone", "every step drifts", "algorithms/removers/certified/_calibrate.py",
        "drift * powers.sum()", "drift", (AMPLIFIED,),
    ),
    Mutant(
        "descent of one request only", "errors of earlier requests are forgotten", "algorithms/removers/certified/_descent.py",
        "return now / (1 - now) * capacity", "return now * capacity", (PARABOLA,),
    ),
    Mutant(
        "descent of one row whatever is asked", "a sensitivity of L for mL", "algorithms/removers/certified/_descent.py",
        "return now / (1 - now) * capacity * curvature", "return now / (1 - now) * curvature", (PARABOLA,),
    ),
    Mutant(
        "rewinding forgets what was deleted before", "more rows in all than the claim is about",
        "algorithms/removers/certified/_descent.py", "state.deleted + data.only(forget).count()", "data.only(forget).count()",
        (REWINDS,),
    ),
    Mutant(
        "a ball of radius B is B wide", "half the distance of two starts", "algorithms/removers/certified/_langevin.py",
        "apart, before = 2 * plan.ball, plan.steps - steps", "apart, before = plan.ball, plan.steps - steps",
        (ATTAINED,),
    ),
    Mutant(
        "one row whatever the capacity of Langevin", "a sensitivity of L for mL", "algorithms/removers/certified/_langevin.py",
        "plan.rate * capacity * curvature.lipschitz", "plan.rate * curvature.lipschitz", (ATTAINED,),
    ),
    Mutant(
        "Langevin's capacity is that of one request", "more rows in all than the claim is about",
        "algorithms/removers/certified/_langevin.py", "deleted = state.deleted + rows.only(forget).count()",
        "deleted = rows.only(forget).count()",
        (f"{LANGEVIN}test_the_capacity_of_langevin_is_that_of_all_requests_together",),
    ),
    Mutant(
        "clipped gradients differ by C", "they may point apart", "algorithms/removers/certified/_langevin.py",
        "2 * plan.rate * plan.clip", "plan.rate * plan.clip",
        (f"{LANGEVIN}test_the_tail_bound_is_attained_in_one_dimension",),
    ),
    Mutant(
        "Newton never retrains", "a budget that is used up serves on", "algorithms/removers/certified/_newton.py",
        "return model, bound, bound <= reach * (1 + 1e-5)", "return model, bound, bound <= jnp.inf", (BUDGET,),
    ),
    Mutant(
        "Newton's slack is forgotten", "each request begins as if trained", "algorithms/removers/certified/_newton.py",
        "moved = (state.error_bound + gone * curvature.lipschitz",
        "moved = (gone * curvature.lipschitz", (BUDGET,),
    ),
    Mutant(
        "Newton declares its first request", "later ones may use the whole reach", "algorithms/removers/certified/_newton.py",
        "least(reach / sigma)", "least(error / sigma)", (SERVES,),
    ),
    Mutant(
        "half of the gradient left over", "half the random term that the claim needs",
        "algorithms/removers/certified/_newton.py", "return bend / 2 * moved**2, slope", "return bend / 4 * moved**2, slope",
        (CUBIC,),
    ),
    Mutant(
        "Newton removal for any number of parameters", "the bound is about p of them",
        "algorithms/removers/certified/_newton.py", " & (flat.size <= params)", "",
        (f"{NEWTON}test_newton_removal_serves_more_parameters_than_its_bound_is_about_by_retraining",),
    ),
    Mutant(
        "Newton removal never ends its budget", "u is no longer drowned in b", "algorithms/removers/certified/_newton.py",
        "holds = (total <= requests * left * (1 + 1e-5)) & (data.count() <= rows)", "holds = (data.count() <= rows)",
        (SPENDS,),
    ),
    Mutant(
        "the change of variables costs nothing", "an independence that the proof does not have",
        "algorithms/removers/certified/_newton.py", "q * tail + q**2 / 2 - params * math.log1p(-slope)",
        "q * tail + q**2 / 2",
        (f"{NEWTON}test_the_declared_epsilon_of_newton_removal_pays_for_its_change_of_variables",),
    ),
    Mutant(
        "a request may delete any number of rows", "a sensitivity for m rows serves more",
        "algorithms/removers/certified/_preconditions.py", "(rows.count() <= most) & (deleted <= capacity)",
        "(rows.count() <= most) & (deleted >= 0)",
        (f"{DESCENT}test_too_large_a_request_is_retrained_and_says_so",),
    ),
    Mutant(
        "declared constants are believed", "L, β and γ may be anything", "algorithms/removers/certified/_preconditions.py",
        "    _hold(learner, reach(learner))\n    return curvature", "    return curvature",
        (f"{CONSTANTS}test_a_wrong_constant_is_refused",),
    ),
    Mutant(
        "any rate contracts", "a step that stretches is taken for one that shrinks",
        "algorithms/removers/certified/_preconditions.py", "limit = 2 / (curvature.modulus", "limit = 4 / (curvature.modulus",
        (f"{CONSTANTS}test_a_rate_beyond_the_smoothness_is_refused",),
    ),
    Mutant(
        "published at half the noise", "not the law that was certified", "algorithms/removers/certified/_publish.py",
        "perturbed(key, after.exact, noise.sigma)", "perturbed(key, after.exact, noise.sigma / 2)",
        (f"{DESCENT}test_what_is_published_has_the_noise_of_the_learner",),
    ),
    Mutant(
        "another learner's guarantee", "served on a learner that it is not made for",
        "algorithms/removers/certified/_publish.py", "        _same(name, learner, trained.learner)\n", "",
        (f"{NEWTON}test_another_learner_is_refused",),
    ),
    Mutant(
        "bounds that are broken are noted only", "the record says retrained, the model is not",
        "algorithms/removers/certified/_publish.py", "jnp.where(holds, a, b), model, anew)",
        "jnp.where(True, a, b), model, anew)",
        (f"{DESCENT}test_too_large_a_request_is_retrained_and_says_so",),
    ),
)  # fmt: skip

MUTANTS = OUTSIDE + DECISIONS + PASSES + LEVELS + CERTIFIED
