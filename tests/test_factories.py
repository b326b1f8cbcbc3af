"""Every number that a listed learner or remover takes: what does not fit is one line that names it.

Those of scenarios are among the calls of `benchmarks/bad_inputs.py`."""

import inspect
import types
import typing
from collections.abc import Callable
from typing import Any

import pytest

import neverseen as ns
from neverseen.algorithms._factory import factory
from neverseen.algorithms._written import code_of
from neverseen.algorithms.learners import LEARNERS
from neverseen.algorithms.removers import REMOVERS
from neverseen.formal._types import Real

NAN, INF = float("nan"), float("inf")
NEITHER: list[Any] = [NAN, INF, -INF, 1e308, -1e308, 10**400, "x", (), [1]]
BAD: dict[Any, list[Any]] = {
    int: [*NEITHER, 1.5, True, 2**63, -(2**63)],
    Real: [*NEITHER, 5e-324],
    bool: [*NEITHER, 2, None],
}
SIGNED = {"margin"}


def wanted(annotation: Any) -> Any:
    """int, Real or bool, be None admitted or not; None for what is no number."""
    union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    kinds = typing.get_args(annotation) if union else (annotation,)
    return Real if float in kinds else next((kind for kind in (int, bool) if kind in kinds), None)


def numbers() -> list[Any]:
    """Each factory with each of its numeric arguments."""
    tables: dict[str, Any] = {"learner": LEARNERS, "remover": REMOVERS}
    made = [(kind, name, make) for kind, table in tables.items() for name, make in table.items()]
    return [
        pytest.param(make, argument, wanted(hint), id=f"{kind}-{name}-{argument}")
        for kind, name, make in made
        for argument, hint in typing.get_type_hints(make).items()
        if argument != "return" and wanted(hint) is not None
    ]


@pytest.mark.parametrize(("make", "argument", "kind"), numbers())
def test_a_number_that_does_not_fit_is_one_line(make: Callable[..., Any], argument: str, kind: Any) -> None:
    negative = [] if argument in SIGNED or kind is bool else [-1.0e9 if kind is Real else -(10**10)]
    for value in [*BAD[kind], *negative]:
        with pytest.raises(ValueError, match=rf"(^|\W){argument}\b") as refused:
            make(**{argument: value})
        assert "\n" not in str(refused.value)
        assert len(str(refused.value)) < 200


def bare(makes: dict[str, Callable[..., Any]]) -> list[str]:
    """Factories that have arguments, and nothing that looks at them first."""
    return [
        name for name, make in makes.items() if inspect.signature(make).parameters and not hasattr(make, "__wrapped__")
    ]


def test_every_listed_one_has_its_numbers_checked() -> None:
    lacking = bare(LEARNERS) + bare(REMOVERS)
    assert not lacking, f"{', '.join(lacking)}: put @factory above it"
    assert bare({"ridge": ns.learners.ridge, "mine": lambda penalty: ns.learners.ridge(penalty)}) == ["mine"]


def test_there_are_as_many_as_are_listed() -> None:
    assert len(numbers()) > 250


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ns.learners.mlp(hidden=0), "hidden: 0 is not in [1, 1000000000]"),
        (lambda: ns.learners.ridge(penalty=NAN), "penalty: nan is not a finite number >= 0"),
        (lambda: ns.learners.cnn(channels=(4, 0)), "channels: 0 is not in [1, 1000000000]"),
        (lambda: ns.learners.cnn(channels=[4]), "channels: [4] is no tuple; give one, ([4],)"),  # pyright: ignore[reportArgumentType]
        (lambda: ns.learners.noisy("ridge"), "base: 'ridge' is no Learner"),  # pyright: ignore[reportArgumentType]
        (lambda: ns.learners.checkpointed(loss="brie"), "loss: 'brie' is not one of 'cross_entropy', 'brier'"),  # pyright: ignore[reportArgumentType]
        (lambda: ns.removers.rum(parts=("scrub",)), "parts: 'scrub' is no Remover"),  # pyright: ignore[reportArgumentType]
        (lambda: ns.removers.uce(hidden=3), "hidden: 3 is no function"),  # pyright: ignore[reportArgumentType]
        (lambda: ns.removers.npo(beta=10**5000), "beta: a number of thousands of digits is not a finite number >= 0"),
        (lambda: ns.removers.scrub(temperature=0), "temperature: 0 is not a finite number > 0"),
        (lambda: ns.removers.newton_noise(delta=1.5), "delta: 1.5 is more than 1"),
        (lambda: ns.learners.logistic(rate=1e-40), "rate: 1e-40 is less than 1e-30, and as good as 0; give 0 or more"),
    ],
)
def test_what_is_said(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared below
        make()
    assert str(refused.value) == message


def test_equal_arguments_give_one_value_and_signatures_stay() -> None:
    assert ns.learners.mlp(hidden=8) is ns.learners.mlp(hidden=8)
    assert list(inspect.signature(ns.learners.ridge).parameters) == ["penalty", "logits"]
    with pytest.raises(TypeError, match="unexpected keyword argument 'hiden'"):
        ns.learners.mlp(hiden=8)  # pyright: ignore[reportCallIssue]


def test_a_factory_of_ones_own() -> None:
    made: list[tuple[Any, ...]] = []

    def mine(size: int, rate: Real = 0.5, kept: bool = True, of: Any = None) -> int:
        made.append((size, rate, kept, of))
        return len(made)

    mine_ = factory(mine)
    assert [mine_(1), mine_(1), mine_(2, 0.25, of="x")] == [1, 1, 2]
    with pytest.raises(ValueError, match="kept: 1 is not one of True, False"):
        mine_(1, kept=1)  # pyright: ignore[reportArgumentType]
    assert len(made) == 2


def test_what_a_factory_made_can_be_written_and_made_again() -> None:
    """What a report prints is code that runs: for every listed name, its defaults, and what is not a default."""
    made = [make() for table in (LEARNERS, REMOVERS) for make in table.values()]
    made += [ns.learners.cnn(channels=(4,)), ns.removers.noisy(ns.removers.finetune(epochs=2)), ns.removers.sequence()]
    for value in made:
        code = code_of(value)
        assert code is not None
        assert eval(code, {"ns": ns}) is value, code


def test_what_a_user_made_is_not_written() -> None:
    mine = ns.Remover(lambda key, trained, rows, forget: trained.params, "retrain")
    assert code_of(mine) is None
    assert code_of(ns.removers.noisy(mine)) is None
