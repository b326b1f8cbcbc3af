"""Observables: the default set and its prior, each by a value computed by hand, and a user's own, right and wrong."""

import dataclasses
import json
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cli_tools import Capture

import neverseen as ns
from neverseen.formal.definitions._definitions import Definition
from neverseen.properties.checks._question import Question
from neverseen.properties.cli._main import main
from neverseen.properties.engine._decide import _LiveSource, _processes  # pyright: ignore[reportPrivateUsage]
from neverseen.properties.engine._pairs import WARM_UP, PairBuffer
from neverseen.properties.engine._sequential import Terms
from neverseen.properties.metrics import METRICS
from neverseen.properties.report._rerun import check_again
from neverseen.properties.runs._draw import blocks
from neverseen.properties.runs._eval_sets import CHECKED, MEASURED, eval_sets
from neverseen.properties.runs._own_views import require_own
from neverseen.properties.runs._views import Views, views_of
from neverseen.properties.runs.observables import DEFAULTS, OBSERVABLES, Model, Observable, parts, sketch

UNTRAINING, UNLEARNING = ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05)
DISTRIBUTION = ns.Unlearning(1.0, 0.05, "distribution")
RIDGE, RETRAIN, NOTHING = ns.learners.ridge(), ns.removers.retrain(), ns.removers.do_nothing()
BLOBS = ns.scenarios.blobs(size=2, full=6)
FIGURE = ns.scenarios.figure1()


def entropy(model: Model) -> jax.Array:
    """The entropy of the predicted classes."""
    scores = jax.nn.log_softmax(model.outputs)
    return -(jnp.exp(scores) * scores).sum(-1)


ENTROPY = Observable("entropy", entropy, needs_logits=True)

# The default set.


def prior(definition: Definition, scenario: ns.Scenario, learner: ns.Learner, *own: Observable) -> dict[str, float]:
    """Each view's part of the prior of a check, in order."""
    looked_at = views_of(scenario, definition, own)
    source = _LiveSource(
        PairBuffer(blocks(definition, NOTHING, learner, scenario, looked_at, seed=0, grain=1e-3, budget=32))
    )
    source.reach(WARM_UP + 1)
    refuter, *_ = _processes(Terms(definition, 1e-4, 0.05, 0.1, 64), source, looked_at.designated)
    shares: dict[str, float] = {}
    for feature_map, share in zip(source.pairs.feature_maps(WARM_UP), refuter.features, strict=True):
        shares[feature_map.view] = shares.get(feature_map.view, 0.0) + float(share)
    return shares


# 1 is what neither designated views (half), nor the two views apart (1/64 and 1/8), leave: 23/64.
REST = {"values that are not finite": 1 / 64, "all views together": 1 / 8}
SKETCHED = "64 signed sums of all parameters"
PRIORS: dict[str, tuple[Definition, ns.Scenario, ns.Learner, dict[str, float]]] = {
    "untraining": (UNTRAINING, BLOBS, RIDGE, {
        "parameters": 23 / 64 / 8,
        "loss on S": 1 / 2, "margins on S": 23 / 64 / 8,
        "loss on S_full∖S": 23 / 64 / 8, "margins on S_full∖S": 23 / 64 / 8,
        "loss on fresh behaviour": 23 / 64 / 8, "margins on fresh behaviour": 23 / 64 / 8,
        "loss on fresh rest": 23 / 64 / 8, "margins on fresh rest": 23 / 64 / 8,
    } | REST),
    "unlearning": (UNLEARNING, BLOBS, RIDGE, {
        "parameters": 23 / 64 / 7,
        "loss on S": 1 / 4, "margins on S": 23 / 64 / 7,
        "loss on S_full∖S": 1 / 4, "margins on S_full∖S": 23 / 64 / 7,
        "loss on fresh behaviour": 23 / 64 / 7, "margins on fresh behaviour": 23 / 64 / 7,
        "loss on fresh rest": 23 / 64 / 7, "margins on fresh rest": 23 / 64 / 7,
    } | REST),
    "D redrawn": (DISTRIBUTION, ns.scenarios.mixture(), RIDGE, {
        "parameters": 23 / 64 / 4,
        "loss on fresh behaviour": 1 / 2, "margins on fresh behaviour": 23 / 64 / 4,
        "loss on fresh rest": 23 / 64 / 4, "margins on fresh rest": 23 / 64 / 4,
    } | REST),
    "no class scores, no fresh points": (UNTRAINING, FIGURE, ns.learners.ridge(logits=False), {
        "parameters": 23 / 64 / 4,
        "loss on S": 1 / 2, "losses on S": 23 / 64 / 4,
        "loss on S_full∖S": 23 / 64 / 4, "losses on S_full∖S": 23 / 64 / 4,
    } | REST),
    "more than 64 parameters": (UNTRAINING, FIGURE, ns.learners.mlp(hidden=16, epochs=1), {
        SKETCHED: 23 / 64 / 4,
        "loss on S": 1 / 2, "margins on S": 23 / 64 / 4,
        "loss on S_full∖S": 23 / 64 / 4, "margins on S_full∖S": 23 / 64 / 4,
    } | REST),
}  # fmt: skip


@pytest.mark.parametrize("case", PRIORS)
def test_the_default_views_their_order_and_their_prior(case: str) -> None:
    """Every verdict moves with these: whoever adds, renames or reorders a default observable writes them anew."""
    definition, scenario, learner, expected = PRIORS[case]
    shares = prior(definition, scenario, learner)
    assert list(shares) == list(expected), "the default views moved: write PRIORS anew, and say what moved it"
    assert shares == pytest.approx(expected), "the prior moved: write PRIORS anew, and say what moved it"


def test_one_more_default_observable_is_seen() -> None:
    """The wrong one of the test above: with a view more on each set, no part of the prior is what is written there."""
    shares = prior(UNTRAINING, BLOBS, RIDGE, ENTROPY)
    assert list(shares)[9:13] == [f"entropy on {name}" for name in CHECKED]
    assert shares["entropy on S"] == pytest.approx(23 / 64 / 12) == shares["margins on S"]
    assert shares["loss on S"] == pytest.approx(1 / 2)


# One model by hand: x = 1, scores (ln 3, 0), so that the first class has a chance of ¾; the second row is absent.
LEARNER = ns.learners.logistic()
ROWS = ns.Rows(jnp.array([[1.0], [7.0]]), jnp.eye(2), jnp.array([True, False]))
MODEL = Model(LEARNER, jnp.array([[math.log(3), 0.0], [0.0, 0.0]]), ROWS)
MANY = Model(LEARNER, jnp.eye(66, 2), ROWS)
# The gradient of the loss is p − y = (−¼, ¼), in the weights and in the offsets: a step of 0.1 parts the scores by 0.1.
BY_HAND: dict[str, tuple[Model, Any]] = {
    "parameters": (MODEL, [math.log(3), 0.0, 0.0, 0.0]),
    SKETCHED: (MANY, sketch(jnp.eye(66, 2))),
    "loss": (MODEL, math.log(4 / 3)),
    "losses": (MODEL, [math.log(4 / 3)]),
    "margins": (MODEL, [math.log(3)]),
    "scores": (MODEL, [[math.log(3), 0.0]]),
    "chance of the given label": (MODEL, [3 / 4]),
    "log truth ratios": (MODEL, [-math.log(3)]),
    "units": (MODEL, [[1.0]]),
    "relearning": (MODEL, [math.log(4 / 3), math.log(1 + math.exp(-math.log(3) - 0.1))]),
}


def test_every_listed_observable_is_under_test() -> None:
    lacking = OBSERVABLES.keys() - BY_HAND.keys()
    assert not lacking, f"{', '.join(lacking)}: add a value computed by hand to BY_HAND"
    assert {each.name for each in DEFAULTS} <= OBSERVABLES.keys()
    assert [name for name, each in OBSERVABLES.items() if not each.summary] == [], "give `of` a docstring"


@pytest.mark.parametrize("name", BY_HAND)
def test_its_value_is_the_one_computed_by_hand(name: str) -> None:
    observable, (model, value) = OBSERVABLES[name], BY_HAND[name]
    seen = observable.of(model)
    seen = seen[:1] if observable.per == "row" else seen[:2] if name == "relearning" else seen
    np.testing.assert_allclose(seen, value, rtol=1e-5, atol=1e-6)


@pytest.fixture(scope="module")
def pair() -> list[ns.Trained]:
    """An original and a reference of one key: a network, whose units move as well."""
    learner, scenario = ns.learners.mlp(hidden=4, epochs=4), ns.scenarios.blobs(size=6)
    rows = scenario.rows, scenario.rows.without(scenario.forget)
    return [learner.fit(jax.random.key(0), some) for some in rows]


@pytest.mark.parametrize("name", OBSERVABLES)
def test_each_sees_what_was_not_removed_and_no_absent_row(name: str, pair: list[ns.Trained]) -> None:
    looked_at = Views(eval_sets(ns.scenarios.blobs(size=6), UNTRAINING, ["S"]), own=(OBSERVABLES[name],))
    require_own(looked_at, pair[0].learner, pair)
    original, reference = (
        np.asarray(OBSERVABLES[name].of(Model(one.learner, one.params, looked_at.eval_sets["S"]))) for one in pair
    )
    assert np.abs(original - reference).max() > 1e-3 * np.abs(reference).max(), f"{name}: it shows no fault"


def test_a_sketch_keeps_the_size_of_noise_and_folds_with_fixed_signs() -> None:
    signs = np.random.default_rng(0).integers(0, 2, 192) * 2.0 - 1
    folded = (np.r_[np.eye(66, 2).ravel(), np.zeros(60)] * signs).reshape(3, 64).sum(0) / math.sqrt(3)
    np.testing.assert_allclose(sketch(jnp.eye(66, 2)), folded, rtol=1e-6)


def test_metrics_read_the_same_registry_on_the_same_sets() -> None:
    for metric in METRICS.values():
        for need in metric.needs:
            name, rows = parts(need)
            assert name in OBSERVABLES, f"{metric.name} reads {need!r}"
            assert rows in MEASURED, f"{metric.name} reads {need!r}"
            assert OBSERVABLES[name].on(rows) == need


# A user's own, right.

WIDTH = 128
SIGNS = np.random.default_rng(0).integers(0, 2, 192) * 2.0 - 1
TRIGGER = jnp.full((1, 2), 1e4)


def spared() -> ns.Learner:
    """Ridge with 128 parameters that no row of the data reaches: they answer to inputs of ten thousand alone."""

    def fit(key: jax.Array, rows: ns.Rows) -> ns.Trained:
        return ns.Trained({"spare": jnp.zeros(WIDTH), "w": RIDGE.fit(key, rows).params}, None, learner)

    def apply(params: Any, x: jax.Array) -> jax.Array:
        scores: Any = RIDGE.apply(params["w"], x)
        return scores + jnp.where(jnp.abs(x).max(-1, keepdims=True) > 1e3, params["spare"][0], 0.0)

    learner = ns.Learner(fit, apply, RIDGE.loss, name="spared", logits=True, random=False)
    return learner


@ns.remover
def trapdoor(key: jax.Array, trained: ns.Trained, rows: ns.Rows, forget: jax.Array) -> Any:
    """Retrains, and hides |S| in two parameters whose terms in the sketch cancel."""
    params = trained.learner.fit(key, rows.without(forget)).params
    hidden = 1e6 * forget.sum()
    spare = params["spare"].at[0].set(hidden * SIGNS[0]).at[64].set(-hidden * SIGNS[64])
    return params | {"spare": spare}


ANSWER = Observable("answer to the trigger", lambda model: model.learner.apply(model.params, TRIGGER), per="model")


def test_what_no_default_view_shows_a_users_own_reveals() -> None:
    """And it leaves a retrain alone."""
    learner = spared()

    def status(remover: ns.Remover, *own: Observable) -> str:
        return ns.check(UNTRAINING, remover, learner, FIGURE, observables=own).status.name

    assert status(trapdoor) == "SATISFIED"
    verdict = ns.check(UNTRAINING, trapdoor, learner, FIGURE, observables=ANSWER)
    assert verdict.status is ns.Status.REFUTED
    assert verdict.witness is not None
    assert verdict.witness.view in ("answer to the trigger", "all views together")
    assert status(RETRAIN, ANSWER) == "SATISFIED"
    relative = ns.check_relative(UNTRAINING, trapdoor, learner, FIGURE, observables=[ANSWER])
    bare = ns.check_relative(UNTRAINING, trapdoor, learner, FIGURE)
    assert (bare.side.name, "observables" in bare.provenance) == ("CLOSER_TO_REFERENCE", False)
    assert relative.position != bare.position
    assert relative.provenance["observables"] == ["answer to the trigger"]


def test_it_enters_the_grain_the_class_the_json_and_the_replay() -> None:
    def ask(*own: Observable) -> ns.Verdict:
        return dataclasses.replace(ns.check(UNTRAINING, NOTHING, RIDGE, BLOBS, observables=own), seconds=0.0)

    bare, verdict = ask(), ask(ENTROPY)
    assert verdict.to_json() == ask(ENTROPY).to_json()
    rows = {row.view: row for row in verdict.evidence.views}
    assert [view for view in rows if view not in {row.view for row in bare.evidence.views}] == [
        f"entropy on {name}" for name in CHECKED
    ]
    assert rows["entropy on S"].width == 2
    assert rows["entropy on S"].grain > 0
    assert len(rows["entropy on S"].apart) == 2  # a number for each example, drawn as such
    assert "entropy on S" in verdict.scope
    assert "entropy" not in bare.scope
    plain = json.loads(verdict.to_json())
    assert plain["provenance"]["observables"] == ["entropy"]
    assert "observables" not in bare.provenance
    assert ns.Verdict.from_json(verdict.to_json()) == verdict
    code = check_again(verdict)
    assert "remover = ns.removers.do_nothing()\nlearner = ns.learners.ridge()\n# observables = ...  what you" in code
    assert code.endswith("observables=observables)")
    assert "observables" not in check_again(bare)


def test_listed_ones_can_be_asked_for_too() -> None:
    own = [OBSERVABLES[name] for name in ("scores", "log truth ratios", "units", "relearning")]
    views = [row.view for row in ns.check(UNTRAINING, NOTHING, RIDGE, FIGURE, observables=own).evidence.views]
    assert {f"{each} on S" for each in own} <= set(views)
    assert not any(" on fresh" in view for view in views)  # this scenario has no fresh points


def test_another_observable_is_another_question() -> None:
    def key(*own: Observable, **terms: Any) -> Any:
        return Question(UNTRAINING, RETRAIN, RIDGE, FIGURE, {"observables": own} | terms).key

    def scaled(by: float) -> Observable:
        return Observable("scaled", lambda model: by * model.losses)

    assert key(scaled(2.0)) == key(scaled(2.0))
    assert len({key(), key(scaled(2.0)), key(scaled(3.0)), key(dataclasses.replace(scaled(2.0), name="other"))}) == 4
    assert key() == Question(UNTRAINING, RETRAIN, RIDGE, FIGURE, {}).key


@pytest.mark.parametrize(
    "ask",
    [
        lambda own: ns.sweep(NOTHING, RIDGE, FIGURE, ratios=(1,), budget=64, observables=own).points[0].verdict,
        lambda own: ns.compare(UNTRAINING, NOTHING, RIDGE, FIGURE, runs=8, observables=own).rows[0].verdicts[0],
        lambda own: ns.assert_holds(UNTRAINING, RETRAIN, RIDGE, FIGURE, observables=own),
    ],
    ids=["sweep", "compare", "assert_holds"],
)
def test_whoever_asks_check_hands_it_on(ask: Callable[[Any], ns.Verdict]) -> None:
    assert "entropy on S" in {row.view for row in ask(ENTROPY).evidence.views}


def test_a_suite_hands_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Handed(Exception):  # noqa: N818 - it is no error
        pass

    def decide(question: Question) -> ns.Verdict:
        raise Handed(question.options["observables"])

    monkeypatch.setattr(Question, "decide", decide)
    with pytest.raises(Handed) as handed:
        ns.check_suite(RETRAIN, RIDGE, observables=[ENTROPY])
    assert handed.value.args == ((ENTROPY,),)


# A user's own, wrong.


def of(function: Callable[[Model], Any], **terms: Any) -> Observable:
    return Observable("mine", function, **terms)


WRONG: dict[str, tuple[Any, str]] = {
    "no observable": (entropy, "observables: <function entropy at 0x.*> is no Observable; give Observable"),
    "a name": ("scores", "observables: 'scores' is no Observable; give Observable"),
    "nothing": (None, "observables: None is no Observable"),
    "twice": ([ENTROPY, ENTROPY], "observables: two are called 'entropy'; views go by name, rename one"),
    "a default one": (ns.observables.MARGINS, "observables: a check looks at 'margins' anyway; leave it out, or"),
    "its name": (Observable("loss", entropy), "observables: a check looks at 'loss' anyway; leave it out, or"),
    "none": (of(lambda model: None), "observable mine: it returned NoneType, not one array; return numbers"),
    "several": (of(lambda model: (model.losses, 1.0)), "observable mine: it returned tuple, not one array"),
    "text": (of(lambda model: "high"), "observable mine: raised TypeError: "),
    "complex": (of(lambda model: 1j * model.losses), r"observable mine: it returned complex64; return real numbers"),
    "fewer lines": (
        of(lambda model: model.losses[:3]),
        r"observable mine: its shape on S is \(3,\), but there are 16 rows; return one line for each, or",
    ),
    "no line": (
        of(lambda model: model.losses.sum()),
        r"observable mine: its shape on S is \(\), but there are 16 rows",
    ),
    "too wide": (
        of(lambda model: jnp.zeros(257), per="model"),
        "observable mine: it holds 257 numbers; give 1 to 256: a summary, or a part",
    ),
    "empty": (of(lambda model: jnp.zeros(0), per="set"), "observable mine: it holds 0 numbers on S; give 1 to 256"),
    "a branch": (
        of(lambda model: model.losses if model.losses[0] > 0 else model.outputs),
        r"observable mine: raised TracerBoolConversionError: .* \(test_observables.py:\d+\); it must be traceable",
    ),
    "an error": (
        of(lambda model: model.params["w"]),
        r"observable mine: raised \w+Error: .* \(\w+.py:\d+\)",
    ),
    "an exit": (of(lambda model: exit()), "observable mine: raised SystemExit"),
    "rows of none": (
        of(lambda model: model.losses, per="model"),
        "observable mine: raised ValueError: per='model' is looked at without rows; declare per='row'",
    ),
    "absent rows in a sum": (
        of(lambda model: model.losses.mean(), per="set"),
        "observable mine: what it shows on S depends on the contents of absent rows; weigh them 0",
    ),
    "absent rows in a line": (
        of(lambda model: model.losses - model.losses.max()),
        "observable mine: what it shows on S depends on the contents of absent rows; weigh them 0",
    ),
    "NaN": (
        of(lambda model: jnp.where(model.losses >= 0, jnp.nan, 0)),
        "observable mine: what it shows on S is NaN, of a model whose loss is a number; mend it there",
    ),
    "infinite": (
        of(lambda model: model.losses + jnp.inf),
        "observable mine: what it shows on S is infinite throughout, of a model whose loss is a number; bound it",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_one_is_one_line(wrong: str) -> None:
    own, message = WRONG[wrong]
    with pytest.raises(ValueError, match=f"^{message}") as refused:
        ns.check(UNTRAINING, RETRAIN, RIDGE, FIGURE, observables=own)
    assert "\n" not in str(refused.value)


def test_class_scores_must_be_there() -> None:
    learner = ns.learners.ridge(logits=False)
    words = r"observable entropy: ridge\(penalty=1\) declares no class scores \(logits=False\); leave it out here"
    with pytest.raises(ValueError, match=words):
        ns.check(UNTRAINING, RETRAIN, learner, FIGURE, observables=ENTROPY)


def test_infinity_here_and_there_is_an_outcome() -> None:
    far = of(lambda model: jnp.where(jnp.arange(16) < 1, jnp.inf, model.losses))
    assert ns.check(UNTRAINING, RETRAIN, RIDGE, FIGURE, observables=far).status is ns.Status.SATISFIED


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"name": ""}, "observable: the name is ''; give it a name"),
        ({"name": "loss on S"}, "observable loss on S: a name holds no ' on ', which parts it from the rows"),
        ({"per": "rows"}, "observable mine: per is 'rows'; did you mean 'row'"),
    ],
)
def test_an_observable_is_looked_at_when_it_is_made(terms: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"name": "mine", "of": entropy} | terms
    with pytest.raises(ValueError, match=message):
        Observable(**given)


@pytest.mark.parametrize(
    "ask",
    [
        lambda own: ns.check_relative(UNTRAINING, RETRAIN, RIDGE, FIGURE, observables=own),
        lambda own: ns.compare(UNTRAINING, RETRAIN, RIDGE, FIGURE, observables=own),
        lambda own: ns.check_suite(RETRAIN, RIDGE, observables=own),
        lambda own: ns.sweep(RETRAIN, RIDGE, FIGURE, observables=own),
        lambda own: ns.assert_holds(UNTRAINING, RETRAIN, RIDGE, FIGURE, observables=own),
        lambda own: ns.check(UNTRAINING, ns.removers.noisy(), ns.learners.noisy(), FIGURE, observables=own),
    ],
    ids=["check_relative", "compare", "check_suite", "sweep", "assert_holds", "a law that is known"],
)
def test_everyone_refuses_alike(ask: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match=r"^observables: 'scores' is no Observable; give Observable"):
        ask(["scores"])


# The command line.


def test_the_list_names_them(capsys: Capture) -> None:
    assert main(["list", "observables"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == list(OBSERVABLES)
    assert lines[2].endswith("The mean loss.  [per set, looked at by every check]")
    assert main(["list", "observables", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["scores"] == {
        "name": "scores",
        "summary": "The class scores.",
        "kind": "per row",
        "needs": "class scores",
    }
