"""A flax nnx loop as it is, and a check of a remover that does nothing; tests/test_examples.py runs it."""

import jax
import numpy as np
import optax
from flax import nnx

import neverseen as ns

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(64, 8)).astype(np.float32), RNG.integers(0, 3, 64)
S, KEPT = np.arange(4), np.arange(4, 64)
ADAM = optax.adam(0.2)  # one for all runs: another would be compiled anew


@nnx.jit
def step(model, optimiser, x, y):
    def loss(model):
        return optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()

    optimiser.update(model, nnx.grad(loss)(model))


def train(rows, seed):
    model = nnx.Sequential(nnx.Linear(8, 32, rngs=nnx.Rngs(seed)), jax.nn.relu, nnx.Linear(32, 3, rngs=nnx.Rngs(seed)))
    optimiser = nnx.Optimizer(model, ADAM, wrt=nnx.Param)
    for _ in range(10):
        step(model, optimiser, X[rows], Y[rows])
    return model


# [check]
def run(arm, seed):
    model = train(KEPT if arm == "reference" else np.arange(64), seed)
    if arm == "removed":
        pass  # your remover: model = remove(model, X[S], Y[S])
    return ns.observe({"S": model(X[S])}, {"S": Y[S]})


def check():
    return ns.check_program(ns.Untraining(1.0, 0.05), run)
