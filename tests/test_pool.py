"""Pools: what determines their runs, who shares them, and that neither devices nor a store change a bit."""

import ast
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import PRNGKeyArray

import neverseen as ns
import neverseen.algorithms.pools._map_over_runs as spread
import neverseen.algorithms.pools._pool as pools
from neverseen.algorithms.pools._draw import removal
from neverseen.algorithms.pools._pool import SHARD, Pool, plain
from neverseen.algorithms.pools._recent import MEMORY, Recent
from neverseen.algorithms.store._store import Store
from neverseen.properties.runs._run_pools import arms, streams

SCENARIO = ns.scenarios.figure1()
LEARNERS = {
    "ridge": ns.learners.ridge(),
    "bootstrap": ns.learners.logistic(epochs=20, bootstrap=True),
    "mlp": ns.learners.mlp(hidden=4, epochs=4, batch=4),
    "noisy": ns.learners.noisy(),
}
ROOT = jax.random.key(3)
DRAWN = Pool._drawn  # pyright: ignore[reportPrivateUsage]


def fits(learner: ns.Learner, root: PRNGKeyArray = ROOT, rows: ns.Rows = SCENARIO.rows) -> Pool:
    return Pool(learner.fit, (root,), (rows,), name=f"{learner}")


def removals(originals: Pool) -> Pool:
    shared = (SCENARIO.rows, SCENARIO.forget, {})
    return Pool(removal(ns.removers.finetune(epochs=1)), (jax.random.key(4),), shared, (originals,))


def same(a: object, b: object) -> bool:
    pairs = zip(plain(a), plain(b), strict=True)
    return all(np.asarray(x).tobytes() == np.asarray(y).tobytes() for x, y in pairs)


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Recent:
    """A memory of shards of the test's own, empty."""
    memory = Recent(MEMORY)
    monkeypatch.setattr(pools, "RECENT", memory)
    return memory


@pytest.mark.parametrize("name", LEARNERS)
def test_a_shard_has_the_same_bits_from_memory_a_store_and_its_exported_program(
    name: str, forgetful: Recent, tmp_path: Path
) -> None:
    store, made = Store(tmp_path), fits(LEARNERS[name])
    for one in (made, removals(made)):
        drawn = one.shard(2, store)
        assert all(a is b for a, b in zip(plain(one.shard(2)), plain(drawn), strict=True))
        forgetful.held.clear()
        assert same(one.shard(2, store), drawn)
        assert one.shards(store).present() == [2]
        above = [plain(parent.shard(2)) for parent in one.parents]
        roots = [jax.random.key_data(root) for root in one.roots]
        # One device here, two there: the workers' program and ours must agree to the last bit.
        assert same(jax.jit(one.exported.call)(jnp.uint32(2), roots, above, plain(one.shared)), drawn)


def test_a_run_depends_on_its_shard_and_place_alone(forgetful: Recent) -> None:
    made = fits(LEARNERS["mlp"])
    late = made.shard(5)
    forgetful.held.clear()
    made.shard(0)
    assert same(made.shard(5), late)
    flat = np.concatenate([np.asarray(leaf).reshape(SHARD, -1) for leaf in plain(late.params)], 1)
    assert len(np.unique(flat, axis=0)) == SHARD


def test_equal_pools_share_and_others_do_not() -> None:
    ridge, other = LEARNERS["ridge"], ns.learners.ridge(2.0)
    fewer = SCENARIO.rows.without(SCENARIO.forget)
    base = fits(ridge)
    assert fits(ridge).key == base.key
    assert fits(ridge).identity == base.identity
    for changed in (fits(other), fits(ridge, jax.random.key(4)), fits(ridge, rows=fewer), removals(base)):
        assert changed.key != base.key
        assert changed.identity != base.identity
    assert removals(base).identity != removals(fits(other)).identity


def test_constants_of_a_program_are_part_of_its_identity() -> None:
    def program(table: jax.Array) -> Pool:
        return Pool(lambda key: table * jax.random.normal(key), (ROOT,))

    one, again, two = (program(jnp.arange(3000.0) + shift).identity for shift in (0, 0, 1))
    assert one == again
    assert one != two


def test_what_calls_back_into_python_is_not_stored(tmp_path: Path) -> None:
    shape = jax.ShapeDtypeStruct((), jnp.float32)
    made = Pool(lambda key: jax.pure_callback(lambda: np.float32(1), shape, vmap_method="sequential"), (ROOT,))
    assert made.identity is None
    made.shard(0, Store(tmp_path))
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="calls back into Python"):
        made.shards(Store(tmp_path))


def test_a_damaged_shard_is_drawn_again(forgetful: Recent, tmp_path: Path) -> None:
    store, made = Store(tmp_path), fits(LEARNERS["noisy"])
    drawn = made.shard(0, store)
    forgetful.held.clear()
    [file] = made.shards(store).folder.glob("shard-*")
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.warns(UserWarning, match=file.name):
        assert same(made.shard(0, store), drawn)
    assert made.shards(store).present() == [0]


def test_memory_forgets_the_least_recent(forgetful: Recent) -> None:
    forgetful.limit = 3 * 400
    for name in "abc":
        forgetful.put(name, np.zeros(100, np.float32))
    forgetful.get("a")
    forgetful.put("d", np.zeros(100, np.float32))
    assert list(forgetful.held) == ["c", "a", "d"]
    forgetful.put("large", np.zeros(1000, np.float32))
    assert "large" not in forgetful.held
    assert forgetful.used == 1200


def test_one_reference_serves_every_remover_and_the_originals_every_definition() -> None:
    learner, roots = LEARNERS["mlp"], streams(SCENARIO, 0)
    made = {
        (claim, name): arms(claim(1.0, 0.05), getattr(ns.removers, name)(), learner, SCENARIO, roots)
        for claim in (ns.Untraining, ns.Unlearning)
        for name in ("do_nothing", "finetune")
    }
    assert len({one[0].key for one in made.values()}) == 2
    assert len({one[1].key for one in made.values()}) == 2
    assert len({one[2].key for one in made.values()}) == 1


def test_a_second_check_draws_only_what_is_new(forgetful: Recent, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def counted(pool: Pool, number: int, store: Store | None, draw: object = DRAWN) -> object:
        drawn.append(pool.name.split(" ")[0])
        assert callable(draw)
        return draw(pool, number, store)

    monkeypatch.setattr(Pool, "_drawn", counted)
    learner, claim = ns.learners.noisy(ns.learners.ridge(), 0.05), ns.Untraining(1.0, 0.05)
    first = ns.check(claim, ns.removers.neg_grad(), learner, SCENARIO)
    blocks = -(-first.pairs // SHARD)
    assert len(drawn) == 3 * blocks
    drawn.clear()
    ns.check(claim, ns.removers.neg_grad_plus(), learner, SCENARIO, budget=SHARD * blocks)
    assert set(drawn) == {"neg_grad_plus"}


def test_a_store_changes_no_verdict(tmp_path: Path, forgetful: Recent) -> None:
    learner, claim = LEARNERS["bootstrap"], ns.Unlearning(1.0, 0.05)
    asked = (claim, ns.removers.neg_grad(), learner, SCENARIO)
    plainly, stored = ns.check(*asked), ns.check(*asked, store=Store(tmp_path))
    forgetful.held.clear()
    read = ns.check(*asked, store=Store(tmp_path))
    assert {one.to_json().split('"seconds"')[0] for one in (plainly, stored, read)} == {
        plainly.to_json().split('"seconds"')[0]
    }


def test_a_batched_formulation_is_what_a_pool_runs_and_what_noise_is_added_to() -> None:
    traced: list[int] = []

    def one(key: PRNGKeyArray, rows: ns.Rows) -> ns.Trained:
        return ns.Trained(jax.random.normal(key, (2,)), None, learner)

    def many(keys: PRNGKeyArray, rows: ns.Rows) -> ns.Trained:
        traced.append(len(keys))
        return ns.Trained(jax.vmap(lambda key: jax.random.normal(key, (2,)))(keys), None, learner)

    learner = ns.Learner(one, lambda w, x: x @ w, lambda z, y: z, name="mine", fit_many=many)
    keys = jax.random.split(ROOT, 4)
    models = ns.pools.draw(learner, SCENARIO.rows, keys)
    assert traced
    assert same([learner.fit(key, SCENARIO.rows).params for key in keys], list(models.params))
    traced.clear()
    published = ns.pools.draw(ns.learners.noisy(learner, 0.1), SCENARIO.rows, keys)
    assert traced
    assert 0 < abs(published.params - published.record).max() < 1


@pytest.mark.parametrize(
    ("bytes_of_a_run", "expected"), [(2**20, 1), (2**19, 2), (100, 8192)], ids=["large", "half", "tiny"]
)
def test_the_chunk_follows_from_a_run_s_own_working_set(bytes_of_a_run: int, expected: int) -> None:
    columns = bytes_of_a_run // 4

    def step(x: jax.Array, shared: jax.Array) -> jax.Array:
        scaled = jnp.concatenate([shared, shared]).sum() * x  # what is shared does not count
        return jax.lax.scan(lambda w, _: (w @ jnp.ones((1, columns)) @ jnp.ones((columns, 1)), None), scaled, length=3)[
            0
        ]

    many = spread.vmapped(step, 1)
    assert spread.width(many, (jnp.ones((5, 1, 1)),), (jnp.ones((4096, 64)),)) in (expected, expected // 2 or 1)


def test_what_the_count_of_devices_changes_is_part_of_the_identity() -> None:
    script = (
        "import jax, sys; jax.config.update('jax_num_cpu_devices', int(sys.argv[1]))\n"
        "import neverseen as ns; from neverseen.algorithms.pools._pool import Pool, digest\n"
        "learners = ns.learners.mlp(hidden=4, epochs=4, batch=4), ns.learners.logistic(epochs=20, bootstrap=True)\n"
        "rows = ns.scenarios.figure1().rows\n"
        "made = [Pool(one.fit, (jax.random.key(3),), (rows,)) for one in learners]\n"
        "found = [(digest(one.shard(1).params), one.identity['program']) for one in made]\n"
        "print(len(jax.devices()), *found, sep='\\n')\n"
    )
    # Both in processes of their own: this one compiles without optimisation.
    runs = [subprocess.run([sys.executable, "-c", script, n], capture_output=True, text=True, check=True) for n in "12"]
    (first, *here), (second, *there) = (run.stdout.splitlines() for run in runs)
    assert (first, second) == ("1", "2")
    # A network's products are its own; a bootstrap's runs share two, whose rounding depends on the chunk.
    for one, other in zip(here, there, strict=True):
        digests, programs = zip(ast.literal_eval(one), ast.literal_eval(other), strict=True)
        assert len(set(programs)) >= len(set(digests))
    assert ast.literal_eval(here[0])[0] == ast.literal_eval(there[0])[0]
