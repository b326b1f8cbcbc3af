"""A changed program is another one: shared runs, what is compiled, the store and the memo go by the trace of now."""

import dataclasses
import functools
import gc
import os
import subprocess
import sys
import types
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from beartype import beartype
from executor_tools import Noted

import neverseen as ns
import neverseen.algorithms.pools._pool as pools
from neverseen.algorithms.fill import _published
from neverseen.algorithms.fill.executors import fill, spawn
from neverseen.algorithms.pools._pool import Pool
from neverseen.algorithms.pools._recent import MEMORY, Recent
from neverseen.algorithms.programs import _machine
from neverseen.algorithms.programs._programs import trace
from neverseen.algorithms.programs._reach import reach
from neverseen.algorithms.removers.certified._preconditions import constants
from neverseen.algorithms.store._store import Store
from neverseen.properties.checks._question import Question
from neverseen.properties.runs._rehearsal import rehearse
from neverseen.properties.runs._run_pools import arms, programs, streams
from neverseen.properties.runs._trial import Trial

SCENARIO, CLAIM, RIDGE = ns.scenarios.figure1(), ns.Untraining(1.0, 0.05), ns.learners.ridge()
ROOT = jax.random.key(3)

RATE = 2.0
TABLE = np.full(4, 2.0, np.float32)
MODULE = types.ModuleType("mine")


def rate() -> Any:
    return RATE


def by_default(w: Any, by: float = 2.0) -> Any:
    return by * w


class Method:
    def scaled(self, w: Any) -> Any:
        return 2.0 * w

    def by_name(self, w: Any) -> Any:
        return RATE * w


METHOD = Method()


def attributed() -> Any:
    return attributed.rate  # pyright: ignore[reportFunctionMemberAccess]


attributed.rate = 2.0  # pyright: ignore[reportFunctionMemberAccess]
WITH_ATTRIBUTE = jax.jit(lambda w: attributed() * w)


def body(w: Any, _: Any) -> tuple[Any, None]:
    return RATE * w, None


@jax.jit
def compiled(w: Any) -> Any:
    return RATE * w


def remover(change: Callable[[Any], Any]) -> ns.Remover:
    """Publishes what `change` makes of the original parameters."""
    return ns.remover(lambda key, trained, rows, forget: jax.tree.map(change, trained.params))


CELL = [2.0]


def cell() -> tuple[Callable[[Any], Any], Callable[[], None]]:
    held = 2.0

    def tripled() -> None:
        nonlocal held
        held = 3.0

    return lambda w: held * w, tripled


CLOSURE, TRIPLED = cell()
WAYS: dict[str, tuple[Callable[[Any], Any], Callable[[pytest.MonkeyPatch], None]]] = {
    "a helper": (lambda w: rate() * w, lambda patch: patch.setitem(globals(), "rate", lambda: 3.0)),
    "a helper's global": (lambda w: rate() * w, lambda patch: patch.setitem(globals(), "RATE", 3.0)),
    "an array": (lambda w: TABLE * w, lambda patch: patch.setitem(globals(), "TABLE", 1.5 * TABLE)),
    "an array written to": (lambda w: TABLE * w, lambda patch: TABLE.fill(3.0)),
    "a module": (lambda w: MODULE.rate * w, lambda patch: patch.setattr(MODULE, "rate", 3.0)),
    "a default": (lambda w: by_default(w), lambda patch: patch.setattr(by_default, "__defaults__", (3.0,))),
    "a method": (lambda w: METHOD.scaled(w), lambda patch: patch.setattr(Method, "scaled", lambda self, w: 3.0 * w)),
    "a closure": (lambda w: CLOSURE(w), lambda patch: TRIPLED()),
    "a list": (lambda w: CELL[0] * w, lambda patch: CELL.__setitem__(0, 3.0)),
    "the body of a loop": (
        lambda w: jax.lax.scan(body, w, None, length=1)[0],
        lambda patch: patch.setitem(globals(), "RATE", 3.0),
    ),
    "a function under jit's attribute": (WITH_ATTRIBUTE, lambda patch: patch.setattr(attributed, "rate", 3.0)),
} | {
    f"a function under {name}": (under, lambda patch: patch.setitem(globals(), "RATE", 3.0))
    for name, under in {
        "jit": lambda w: compiled(w),
        "jit and vmap": jax.jit(jax.vmap(lambda w: rate() * w)),
        "checkpoint": jax.checkpoint(lambda w: rate() * w),
        "jit and grad": jax.jit(jax.grad(lambda w: (rate() * w * w / 2).sum())),
        "jit of a partial": jax.jit(functools.partial(lambda one, w: one * rate() * w, 1.0)),
        "jit of a method": jax.jit(METHOD.by_name),
    }.items()
}


@pytest.fixture(autouse=True)
def as_at_first(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Shards are remembered in this test alone, and what a test writes into is restored."""
    monkeypatch.setattr(pools, "RECENT", Recent(MEMORY))
    monkeypatch.setattr(MODULE, "rate", 2.0, raising=False)
    yield
    TABLE[:], CELL[0] = 2.0, 2.0
    globals()["CLOSURE"], globals()["TRIPLED"] = cell()


def removed(by: ns.Remover, learner: ns.Learner = RIDGE) -> tuple[Pool, Pool]:
    """The pools of removed models and of originals, as `check` makes them."""
    made = arms(CLAIM, by, learner, SCENARIO, streams(SCENARIO, 0))
    return made[0], made[2]


def drawn(by: ns.Remover, store: Store | None = None) -> float:
    """By what the originals were multiplied."""
    made, original = removed(by)
    ratio = np.asarray(made.shard(0, store).params) / np.asarray(original.shard(0, store).params)
    return round(float(np.median(ratio)), 3)


@pytest.mark.parametrize("way", WAYS)
def test_what_a_program_finds_by_name_is_what_it_is_now(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, alter = WAYS[way]
    by, store = remover(change), Store(tmp_path)
    asked = CLAIM, by, RIDGE, SCENARIO
    tried = np.asarray(Trial(by, RIDGE, SCENARIO, ROOT).plain.params)
    assert [drawn(by, store), drawn(by)] == [2.0, 2.0]
    key, ids = Question(*asked, {}).key, {path.name for path in tmp_path.iterdir()}
    assert Question(*asked, {}).key == key
    alter(monkeypatch)
    assert [drawn(by, store), drawn(by)] == [3.0, 3.0]
    assert Question(*asked, {}).key != key
    assert len({path.name for path in tmp_path.iterdir()} - ids) == len(ids) - 1 == 1  # the originals are the same
    pools.RECENT.held.clear()
    assert drawn(by, store) == 3.0
    np.testing.assert_allclose(Trial(by, RIDGE, SCENARIO, ROOT).plain.params, 1.5 * tried, rtol=1e-6)


def test_a_checker_of_types_around_a_function_is_not_looked_into() -> None:
    """What beartype puts around it reaches all of beartype, more than is looked at: each look would be a new one."""
    factor = 2.0

    @beartype
    def scaled(w: float) -> float:
        return factor * w

    before = reach(scaled)
    assert reach(scaled) == before
    factor = 3.0
    assert reach(scaled) != before


def test_a_redefined_helper_is_judged_and_stored_as_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learner, store = ns.learners.nearest_neighbour(), Store(tmp_path)

    def said() -> str:
        return ns.check(CLAIM, HELPED, learner, SCENARIO, budget=96, store=store).status.name

    before = said()
    monkeypatch.setitem(globals(), "helper", lambda key, trained, kept: trained.params)
    after = said()
    pools.RECENT.held.clear()
    assert (before == "REFUTED", after, said()) == (False, "REFUTED", "REFUTED")


def helper(key: Any, trained: ns.Trained, kept: ns.Rows) -> Any:
    return trained.learner.fit(key, kept).params


HELPED = ns.remover(lambda key, trained, rows, forget: helper(key, trained, rows.without(forget)))


def test_a_learner_s_outputs_are_read_as_they_are_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Views as well: `apply` and `loss` may find a helper by its name."""
    learner = ns.Learner(RIDGE.fit, lambda w, x: rate() * RIDGE.apply(w, x), RIDGE.loss, name="mine")
    asked = CLAIM, ns.removers.do_nothing(), learner, SCENARIO
    before = programs(*asked, seed=0)
    monkeypatch.setitem(globals(), "RATE", 3.0)
    after = programs(*asked, seed=0)
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, True, False]


WIDTH = 2


def wide(key: Any, rows: ns.Rows) -> ns.Trained:
    return ns.Trained(jnp.zeros(WIDTH) + rows.present.sum() + 0 * rows.x.sum(), None, RIDGE)


@pytest.mark.parametrize("fit", [wide, jax.jit(wide), jax.jit(lambda key, rows: wide(key, rows))])
def test_shapes_are_those_of_now(fit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal, and what `measure` asks of a model."""
    learner = ns.Learner(fit, lambda w, x: x.sum(-1, keepdims=True) + w, RIDGE.loss, name="mine")
    by = ns.remover(lambda key, trained, rows, forget: jnp.zeros(WIDTH))
    for width in (2, 3):
        monkeypatch.setitem(globals(), "WIDTH", width)
        rehearse(by, learner, SCENARIO)
        assert trace(learner.fit, ROOT, SCENARIO.rows).shapes.params.shape == (width,)
    by = ns.remover(lambda key, trained, rows, forget: jnp.zeros(2))
    with pytest.raises(ValueError, match=r"params is float32\(2,\), the learner's is float32\(3,\)"):
        ns.metrics.measure("forget-gap", CLAIM, by, learner, SCENARIO, runs=32)


def test_declared_constants_are_looked_at_again_when_the_loss_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ns.learners.newton_logistic()
    learner = dataclasses.replace(made, loss=lambda outputs, y: RATE / 2 * made.loss(outputs, y))
    constants(learner)
    monkeypatch.setitem(globals(), "RATE", 20.0)
    with pytest.raises(ValueError, match="is declared"):
        constants(learner)


def test_what_is_stored_is_what_was_hashed(tmp_path: Path) -> None:
    """A pool keeps the program it was made of: an array written to meanwhile changes neither name nor numbers."""
    made, store = Pool(lambda key: TABLE * jnp.ones(4), (ROOT,)), Store(tmp_path)
    named = made.identity
    TABLE[:] = 7.0
    assert np.asarray(made.shard(0, store)).max() == 2.0
    assert fill(made, 64, store, Noted()).read(1, made.stored_shapes)[0].max() == 2.0  # pyright: ignore
    assert made.identity == named != Pool(made.program, (ROOT,)).identity
    assert np.asarray(Pool(made.program, (ROOT,)).shard(0, store)).max() == 7.0


def test_equal_programs_of_other_functions_share_and_compile_nothing() -> None:
    def made() -> Pool:
        return Pool(lambda key: 5.5 * jax.random.normal(key, (3,)), (ROOT,))

    first, before = made().shard(0), ns.pools.compiled_programs()
    assert made().shard(0) is first
    assert np.asarray(made().shard(1)).any()
    assert ns.pools.compiled_programs() == before


def test_what_calls_back_is_shared_with_no_other_pool() -> None:
    calls: list[int] = []
    shape = jax.ShapeDtypeStruct((), jnp.float32)

    def counted(key: Any) -> Any:
        calls.append(1)
        return np.float32(len(calls))

    def made() -> Pool:
        return Pool(lambda key: jax.pure_callback(counted, shape, key, vmap_method="sequential"), (ROOT,))

    one, other = made(), made()
    first = np.asarray(one.shard(0))
    assert (np.asarray(one.shard(0)) == first).all()
    assert np.asarray(other.shard(0)).min() > first.max()
    assert one.key != other.key != made().key


SETTINGS = {
    "jax_default_matmul_precision": "highest",
    "jax_threefry_partitionable": False,
    "jax_disable_most_optimizations": True,
    "jax_optimization_level": "O1",
    "jax_enable_x64": True,
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_of_jax_that_change_numbers_are_part_of_the_identity(name: str) -> None:
    def made() -> Pool:
        return Pool(lambda key: jax.random.normal(key, (4, 4)) @ jnp.ones((4, 4), jnp.float32), (ROOT,))

    pool, before = made(), jax.config.values[name]
    named = pool.identity
    try:
        jax.config.update(name, SETTINGS[name])
        assert made().identity != named
        assert pool.identity != named  # the very pool as well: it is drawn under the settings of now
    finally:
        jax.config.update(name, before)
    assert made().identity == pool.identity == named


def test_the_processor_s_kind_is_part_of_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Pool(lambda key: jax.random.normal(key), (ROOT,)).identity
    monkeypatch.setattr(pools, "processor", lambda: "x86_64 another")
    other = Pool(lambda key: jax.random.normal(key), (ROOT,)).identity
    assert made is not None
    assert other == made | {"processor": "x86_64 another"}
    assert len(_machine.processor().split()) == 3 or jax.default_backend() != "cpu"


def test_flags_of_the_compiler_are_told_apart_by_what_they_change() -> None:
    script = "from neverseen.algorithms.programs._machine import compiler; print(compiler())"
    plainly = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    told = [
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True, text=True, check=True, env=plainly | more,
        ).stdout
        for more in (
            {"XLA_FLAGS": "--xla_cpu_enable_fast_math=true"},
            {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"},
            {},
        )
    ]  # fmt: skip
    assert told[0] != told[1] == told[2]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("processor", r"shard 1 of pool .* is of processor .*, a worker has elsewhere; draw it on one kind of machine"),
        (
            "compiler",
            r"shard 1 of pool .* is of compiler options .*, a worker has elsewhere; give workers the driver's",
        ),
    ],
)
def test_a_worker_that_would_round_otherwise_refuses(
    part: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Pool(lambda key: jax.random.normal(key), (jax.random.key(8),))
    fill(made, 32, Store(tmp_path), Noted())
    _published.published.cache_clear()
    monkeypatch.setattr(_published, part, lambda: "elsewhere")
    with pytest.raises(ValueError, match=words):
        fill(made, 64, Store(tmp_path), Noted())
    assert made.shards(Store(tmp_path)).present() == [0]


def test_a_process_with_other_flags_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Pool(lambda key: jax.random.normal(key), (jax.random.key(9),))
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")  # too late for this process
    with pytest.raises(ValueError, match="is of compiler options"):
        fill(made, 32, Store(tmp_path), spawn(1))


def fresh(by: float) -> ns.Remover:
    return ns.remover(lambda key, trained, rows, forget: jax.tree.map(lambda w: by * w, trained.params))


def resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_removers_made_anew_are_not_held() -> None:
    held, before = list[weakref.ref[Any]](), 0.0
    for number in range(80):
        by = fresh(4.0)
        held.append(weakref.ref(by.remove))
        assert drawn(by) == 4.0
        if number == 19:
            gc.collect()
            before = resident()
    gc.collect()
    assert sum(each() is not None for each in held) <= 3
    assert resident() - before < 20  # MiB; one of 1.65 for each would be 99


def test_of_the_library_only_what_a_user_may_have_put_in_is_looked_at() -> None:
    rate = [1.0]

    @functools.wraps(ns.removers.do_nothing)
    def named_like_ours(x: Any) -> Any:
        return rate[0] * x

    ours, closed, users = ns.removers.do_nothing, ns.removers.finetune(), named_like_ours
    before = [reach(ours), reach(closed.remove), reach(users)]
    rate[0] = 2.0
    after = [reach(ours), reach(closed.remove), reach(users)]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, False]
    assert reach(ns.learners.ridge(0.1).fit) != reach(ns.learners.ridge(0.2).fit)
