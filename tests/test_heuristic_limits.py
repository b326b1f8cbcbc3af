"""The limits of every heuristic remover: where it is another one, the identity, a retrain, or refuses."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from heuristic_tools import KEY, A, W, blobs, gap, linear, network, removed

import neverseen as ns
from neverseen.algorithms.removers._layers import features, head, layers, with_head
from neverseen.algorithms.removers.concept._misdirect import direction
from neverseen.algorithms.removers.heuristic._fading import time_constants
from neverseen.algorithms.removers.heuristic._labels import relabelled, salient
from neverseen.properties.runs._quick import quickly as compiled

R = ns.removers
TUNE: dict[str, Any] = {"epochs": 2, "batch": 8, "rate": 0.1}
ROW: dict[str, Any] = {"epochs": 2, "batch": 1, "rate": 0.1}


def trained(learner: ns.Learner, key: Any = KEY) -> ns.Trained:
    return compiled(learner.fit)(key, blobs()[0])


def on_blobs(remover: ns.Remover, model: ns.Trained) -> Any:
    return removed(remover, model, *blobs())


SMALL = ns.learners.mlp(hidden=4, epochs=3, batch=8)
NOTHING = R.do_nothing()


@pytest.mark.parametrize(
    ("remover", "limit"),
    [
        (R.cf_k(last=None, **TUNE), R.finetune(**TUNE)),
        (R.cf_k(last=9, **TUNE), R.finetune(**TUNE)),
        (R.l1_sparse(sparsity=0, **TUNE), R.finetune(**TUNE)),
        (R.salun(share=1, **TUNE), R.random_label(**TUNE)),
        (R.cf_k(last=0, **TUNE), NOTHING),
        (R.eu_k(last=0), NOTHING),
        (R.salun(share=0, **TUNE), NOTHING),
        (R.forgetting(time=0.0, epochs=0), NOTHING),
        (R.rum((NOTHING, NOTHING)), NOTHING),
    ],
    ids=str,
)
def test_the_same_run(remover: ns.Remover, limit: ns.Remover) -> None:
    """Equal run by run: the same draws, the same steps."""
    model = network()
    assert gap(on_blobs(remover, model), on_blobs(limit, model)) < 1e-6
    if limit is not NOTHING:
        assert gap(on_blobs(limit, model), model.params) > 1e-3


@pytest.mark.parametrize(
    ("remover", "limit"),
    [
        (R.neg_grad_plus(keep=1, **ROW), R.finetune(**ROW)),
        (R.neg_grad_plus(keep=0, **ROW), R.neg_grad(**ROW)),
        (R.gradient_difference(keep=0, **ROW), R.neg_grad(**ROW)),
        (R.scrub(climbs=0, distil=0, **ROW), R.finetune(**ROW)),
        (R.npo(beta=1e-4, keep=0, **ROW), R.neg_grad(**ROW)),
        (R.simnpo(beta=1e-4, keep=0, **ROW), R.neg_grad(**ROW)),
        (R.bad_teacher(**ROW), "uniform"),
        (R.forgetting(time=0.0, rounds=1, **ROW), R.finetune(**ROW)),
        (R.convolution_transpose(momentum=0, decay=0, epochs=1, batch=1, rate=0.2), R.finetune(1, 1, 0.1)),
        (R.masked_small_gradients(0.0, 1.0, 1, 1, 0.1, 0, 0), R.finetune(1, 1, 0.1)),
        (R.unsir(epochs=2, batch=1, impair=0.0, repair=0.1, optimiser="sgd"), R.finetune(**ROW)),
    ],
    ids=str,
)
def test_the_same_on_one_row_of_each(remover: ns.Remover, limit: Any) -> None:
    """With one row in each part every draw is that row: what differs in the order of draws is the same here."""
    if limit == "uniform":
        away = (softened(removed(remover)) - 1 / 3) ** 2
        assert away.sum() < ((softened(W) - 1 / 3) ** 2).sum()
        return
    assert gap(removed(remover), removed(limit)) < 1e-4
    assert gap(removed(limit), W) > 1e-2


def softened(w: Any) -> Any:
    return jax.nn.softmax(jnp.asarray(A[0] @ np.asarray(w)))


def test_eu_k_of_all_layers_is_a_retrain_run_by_run() -> None:
    """The learner's own settings and key give the learner's own run on D∖S, not only its law."""
    data, forget = blobs()
    model = trained(SMALL)
    retrained = compiled(SMALL.fit)(KEY, data.without(forget)).params
    made = on_blobs(R.eu_k(last=None, epochs=3, batch=8, rate=0.3, momentum=0.9), model)
    assert gap(made, retrained) < 1e-6
    one = on_blobs(R.eu_k(last=1, epochs=3, batch=8), model)["params"]
    assert gap(one["body"], model.params["params"]["body"]) == 0
    assert gap(one["head"], retrained["params"]["head"]) > 1e-2


def test_l1_sparse_with_a_great_penalty_is_zero() -> None:
    assert (
        gap(on_blobs(R.l1_sparse(sparsity=1e3, **TUNE), network()), jax.tree.map(jnp.zeros_like, network().params)) == 0
    )


def test_ssd_is_a_no_op_unless_s_is_small() -> None:
    """F_D holds F_S: their ratio is at most n / |S|, here 7, so that nothing passes at 10, and little below it."""
    model, (data, forget) = trained(SMALL), blobs()
    assert int(data.count()) // int(forget.sum()) == 7
    shares = [
        float(compiled(R.ssd(selection=a, dampening=0.5))(KEY, model, data, forget).record["dampened"])
        for a in (10.0, 7.01, 1.0)
    ]
    assert shares[:2] == [0, 0]
    assert 0 < shares[2] < 1
    assert gap(on_blobs(R.ssd(), model), model.params) == 0


def test_salient_counts_by_magnitude() -> None:
    tree = {"a": jnp.array([[-4.0, 1.0]]), "b": jnp.array([3.0, 0.5])}
    assert [int(sum(leaf.sum() for leaf in salient(tree, s).values())) for s in (0, 0.25, 0.5, 1)] == [0, 1, 2, 4]
    assert salient(tree, 0.25)["a"].tolist() == [[True, False]]


@pytest.mark.parametrize(("exclude", "true"), [(True, 0.0), (False, 0.25)])
def test_random_labels_are_uniform(exclude: bool, true: float) -> None:
    """Frequencies of 4000 draws within five standard errors."""
    y = jnp.eye(4)[jnp.ones(4000, int)]
    shares = np.asarray(relabelled(KEY, y, jnp.ones(4000, bool), exclude).mean(0))
    expected = np.where(np.arange(4) == 1, true, (1 - true) / 3)
    assert (abs(shares - expected) <= 5 * np.sqrt(expected * (1 - expected) / 4000)).all()


def test_a_row_keeps_its_random_label_wherever_absent_rows_lie() -> None:
    y, forget = jnp.eye(4)[jnp.arange(40) % 4], jnp.arange(40) % 3 == 1
    first = jnp.argsort(~forget, stable=True)
    here, there = relabelled(KEY, y, forget, True)[forget], relabelled(KEY, y[first], forget[first], True)[:13]
    assert gap(here, there) == 0


def test_npo_takes_any_loss_that_is_minus_log_probability() -> None:
    """A language model: rows of three tokens, loss the mean over them. The first step is ascent's, whatever β."""

    def apply(params: Any, x: Any) -> Any:
        return jax.nn.one_hot(x, 5) @ params

    def loss(scores: Any, y: Any) -> Any:
        return -jnp.take_along_axis(jax.nn.log_softmax(scores), y[..., None], -1).mean((1, 2))

    learner = ns.Learner(lambda key, data: model, apply, loss, name="bigrams")
    model = ns.Trained(jnp.asarray(np.random.default_rng(0).normal(size=(5, 5)), jnp.float32), None, learner)
    data = ns.Rows(jnp.array([[0, 1, 2], [3, 4, 0]]), jnp.array([[1, 2, 3], [4, 0, 1]]), jnp.ones(2, bool))
    one: dict[str, Any] = {"epochs": 1, "batch": 1, "rate": 0.5}
    climbed = removed(R.neg_grad(**one), model, data)
    assert gap(climbed, model.params) > 0.05
    for beta in (0.1, 5.0):
        assert gap(removed(R.npo(beta=beta, keep=0, **one), model, data), climbed) < 1e-5
    assert gap(removed(R.simnpo(beta=5.0, keep=0, **one), model, data), climbed) > 1e-3


def skipping(data: ns.Rows, forget: Any, log: Any) -> Any:
    """Training that leaves out the batches with a row of S, from the log's row numbers: θ-free losses only."""
    drawn = np.asarray(log["drawn"])[: int(data.count())]  # two rows a step, two passes: as many steps as rows
    keep = np.array([not set(row) & set(np.flatnonzero(forget)) for row in drawn])
    return 0.5 * np.asarray(data.x)[drawn].mean(1)[keep].sum(0)


def test_amnesiac_is_exact_where_updates_do_not_depend_on_the_model() -> None:
    """A loss linear in θ: taking batches back is skipping them. On the MLP it is not."""
    data, forget = blobs()
    learner = ns.learners.logging(
        lambda key, rows: jnp.zeros(2), lambda w, x: -x @ w, optimiser=optax.sgd(0.5), epochs=2, batch=2,
        loss=lambda out, y: out, logits=False,
    )  # fmt: skip
    model = trained(learner)
    assert 0 < np.isin(model.record["drawn"], np.flatnonzero(forget)).any(1).sum() < 28
    assert gap(on_blobs(R.amnesiac(), model), skipping(data, forget, model.record)) < 1e-5


def test_the_logged_learner_is_the_mlp_key_by_key() -> None:
    logged, another = (
        trained(ns.learners.logged(hidden=4, epochs=3, batch=8), key) for key in (KEY, jax.random.key(4))
    )
    # Two programs of one sum: equal but for the last bit, where another key's model is elsewhere.
    assert gap(logged.params, trained(SMALL).params) < 1e-5 < 1e-2 < gap(another.params, trained(SMALL).params)
    assert logged.record["drawn"].shape == (12, 8)
    assert not set(np.asarray(logged.record["drawn"])[:10].ravel()) & {28, 29, 30, 31}
    mended = on_blobs(R.amnesiac(epochs=1, batch=8), logged)
    assert gap(mended, on_blobs(R.amnesiac(), logged)) > 1e-4


@pytest.mark.parametrize("form", ["fixed", "ladder", "random", "rank"])
def test_fading_is_a_factor_in_the_next_weights(form: Any) -> None:
    """The published network's outputs are those of the old one with its hidden units faded; time only lowers them."""
    model, x = network(), blobs()[0].x
    key = jax.random.split(jax.random.split(KEY, 1)[0])[0]
    means = features(model.params, x)[blobs()[1]].mean(0)
    tau = time_constants(key, form, means, 0.5, 8.0)
    factors = [jnp.exp(-t / tau) for t in (0.0, 1.0, 3.0)]
    assert (factors[0] == 1).all()
    assert (jnp.diff(jnp.stack(factors), axis=0) < 0).all()
    made = on_blobs(R.forgetting(form=form, rounds=1, epochs=0), model)
    top = model.params["params"]["head"]
    by_hand = (features(model.params, x) * factors[1]) @ top["kernel"] + top["bias"]
    assert gap(model.learner.apply(made, x), by_hand) < 1e-5
    blind = on_blobs(R.forgetting(form=form, time=1e4, rounds=1, epochs=0), model)
    assert gap(model.learner.apply(blind, x), jnp.broadcast_to(top["bias"], (32, 3))) < 1e-6


def test_fading_a_linear_model_leaves_its_bias() -> None:
    made = removed(R.forgetting(form="fixed", time=1e4, rounds=1, epochs=0))
    assert gap(made, np.r_[np.zeros((2, 3)), W[2:]]) < 1e-6


def test_ties_in_rank_go_by_position_and_s_alone_ranks() -> None:
    tau = time_constants(KEY, "rank", jnp.array([2.0, 5.0, 2.0, 0.0]), 1.0, 8.0)
    assert np.allclose(tau, [2, 1, 4, 8])
    data, forget = blobs()
    other = ns.Rows(jnp.where(forget[:, None], data.x, data.x + jnp.array([5.0, -5.0])), data.y, data.present)
    faded = R.forgetting(rounds=1, epochs=0)
    assert gap(removed(faded, network(), other, forget), on_blobs(faded, network())) < 1e-6


def test_no_edit_is_the_identity_exactly() -> None:
    for model in (linear(), network()):
        assert gap(removed(R.uce(), model, *none()), model.params) == 0


def none() -> tuple[ns.Rows, Any]:
    return blobs()[0], jnp.zeros(32, bool)


def test_an_edit_moves_s_to_the_mean_output_and_holds_the_rest() -> None:
    """With little to preserve the outputs on S are the destination; with much to preserve nothing moves."""
    data = ns.Rows(jnp.eye(4, 3), jnp.eye(4, 3), jnp.ones(4, bool))
    model = ns.Trained(jax.random.normal(KEY, (4, 3)), None, ns.learners.logistic())
    apart = jnp.array([True, False, False, False])
    free = removed(R.uce(preserve=1e-4, anchor=1e-4), model, data, apart)
    target = model.learner.apply(model.params, data.x)[1:].mean(0)
    assert gap(model.learner.apply(free, data.x)[0], target) < 1e-2
    held = removed(R.uce(preserve=1e6, anchor=1e6), model, data, apart)
    assert gap(held, model.params) < 1e-4


def test_rmu_needs_hidden_units_to_steer() -> None:
    """A linear model has none: the identity. Units of one's own may be any."""
    assert gap(removed(R.rmu()), W) == 0
    outputs = ns.learners.logistic().apply
    assert gap(removed(R.rmu(hidden=outputs)), W) > 0.1
    z = direction(KEY, 50)
    assert abs(float(jnp.linalg.norm(z)) - 1) < 1e-5
    assert bool((z >= 0).all())


def test_one_part_of_rum_is_that_part() -> None:
    key = jax.random.split(KEY, 1)[0]
    data, forget = blobs()
    part = R.finetune(**TUNE)
    alone = compiled(lambda model: part(key, model, data, forget).params)(network())
    assert gap(on_blobs(R.rum((part,)), network()), alone) < 1e-6


def test_the_head_goes_out_as_it_came_in() -> None:
    for model in (linear(), network()):
        assert gap(with_head(model.params, head(model.params)), model.params) == 0
    assert layers(network().params) == ("params/body", "params/head")


NUMBERED = ns.Rows(jnp.zeros((2, 2)), jnp.array([0, 2]), jnp.ones(2, bool))
REGRESSION = ns.Trained(jnp.zeros((3, 1)), None, ns.learners.ridge(logits=False))
CHAIN = ns.Trained({"a": {"w": jnp.ones(3)}, "b": {"w": jnp.ones(3)}}, None, ns.learners.logistic())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: R.neg_grad_plus(keep=1.1), r"keep: 1\.1 is not in \[0, 1\]"),
        (lambda: R.salun(share=-0.1), r"share: -0\.1 is not a finite number"),
        (lambda: R.salun(share=float("nan")), "share: nan"),
        (lambda: R.masked_small_gradients(share=2), "share: 2 is more than 1"),
        (lambda: R.l1_sparse(float("nan")), "sparsity: nan"),
        (lambda: R.ssd(selection=0), "selection: 0 is not > 0"),
        (lambda: R.ssd(dampening=-1), "dampening: -1 is not a finite number >= 0"),
        (lambda: R.npo(beta=0), "beta: 0 is not > 0"),
        (lambda: R.simnpo(beta=-1), "beta: -1 is not a finite number"),
        (lambda: R.scrub(climbs=14), "climbs: 14 passes"),
        (lambda: R.cf_k(last=-1), "last: -1 is not in"),
        (lambda: R.eu_k(last=-1), "last: -1 is not in"),
        (lambda: R.forgetting(time=-1), "time: -1 is not a finite number"),
        (lambda: R.forgetting(fast=9.0), "time, fast, slow"),
        (lambda: R.uce(anchor=0), "anchor: 0 is not > 0"),
        (lambda: R.rum((R.retrain_full(),)), "parts: retrain_full needs more than S"),
        (lambda: removed(R.amnesiac()), r"keeps no log of its updates; use learners\.logged"),
        (lambda: removed(R.rmu(), CHAIN), "pass hidden="),
        (lambda: removed(R.uce(hidden=lambda p, x: x), CHAIN), r"the last layer 'b' holds \['w'\]"),
        (lambda: removed(R.cf_k(order=("a",)), CHAIN), "no prefix in .* fits the layer 'b'"),
        (lambda: removed(R.random_label(), data=NUMBERED), "one-hot targets"),
        (lambda: removed(R.boundary_shrink(), data=NUMBERED), "one-hot targets"),
        *(
            (lambda make=make: removed(make(), REGRESSION), "declares no class scores")
            for make in (R.scrub, R.bad_teacher, R.random_label, R.salun, R.boundary_shrink)
        ),
    ],
)
def test_bad_input_is_refused_with_its_cure(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("remover", [R.finetune(**TUNE), R.random_label(**TUNE), R.scrub(2, 2, batch=8)], ids=str)
def test_the_law_does_not_depend_on_the_order_of_rows(remover: ns.Remover) -> None:
    """Runs that draw: the means of 400 runs agree in both orders, within five standard errors; one run does not."""
    (data, forget), model, n = blobs(), network(), 400
    turn = jnp.asarray(np.random.default_rng(2).permutation(32))
    turned = jax.tree.map(lambda leaf: leaf[turn], (data, forget))
    call = compiled(jax.vmap(lambda k, d, f: head(remover(k, model, d, f).params).ravel(), in_axes=(0, None, None)))
    keys = jax.random.split(KEY, 2 * n)
    one, two = np.asarray(call(keys[:n], data, forget)), np.asarray(call(keys[n:], *turned))
    error = np.sqrt((one.var(0) + two.var(0)) / n)
    assert (abs(one.mean(0) - two.mean(0)) < 5 * error).all()
    assert (abs(one[0] - two[0]) > 5 * error).any()
