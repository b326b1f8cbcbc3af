# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What must hold
#
# The definitions and the relations between them, printed from the objects that decide them. Nothing on this page is
# typed twice: the formula you read is the SymPy expression the checks run.

# %%
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown, display

import neverseen as ns
from neverseen.formal import catalogue
from neverseen.formal.definitions import STATEMENTS
from neverseen.formal.laws import (
    World,
    certified_delta,
    exact_total_variation,
    full_deletion,
    gibbs,
    identity,
    mixed,
    removed_law,
    retrain,
    without,
)
from neverseen.formal.theorems import THEOREMS, find

# %% [markdown]
# ## Definitions

# %%
for statement in STATEMENTS.values():
    display(Markdown(f"**{statement.title}** (`{statement.id}`). {statement.prose}\n\n$${statement.latex()}$$"))
    print(f"{statement.id}: reference without {statement.unseen}; {statement.source}")

# %% [markdown]
# ## Which notion is meant?
#
# Problem settings of the field, and the notion each belongs to; *P1* marks the mapping of arXiv 2604.07962. A metric
# asked to judge the wrong notion says so.

# %%
display(Markdown(catalogue.table(catalogue.SETTINGS)))
try:
    catalogue.require("population-mia", "unlearning")
except ValueError as error:
    print(error)

# %% [markdown]
# ## Two notions, one trade
#
# Take a finite world: $D = (a, a, b)$, the behaviour is "being $a$", and $S$ names one of the two. The learner draws a
# hypothesis with probability proportional to $\prod_{x \in D} w(\theta, x)$. All laws are exact rationals. A remover
# that returns $A(D \setminus S_{full})$ with some probability and $A(D \setminus S)$ otherwise is somewhere between the
# two references: what one notion gains the other loses, exactly (T2b).

# %%
coin = gibbs({"a": 1, "b": 1}, lambda theta, x: 3 if theta == x else 1)
world = World(("a", "a", "b"), ("a",), ("a", "a"))
untrained = coin.law(without(world.data, world.forget))
unlearned = coin.law(without(world.data, world.behaviour))

full = full_deletion(coin, world.behaviour)
points = []
for t in (Fraction(i, 10) for i in range(11)):
    law = removed_law(coin, mixed(t, full, retrain(coin)), world.data, world.forget)
    points.append((exact_total_variation(law, untrained), exact_total_variation(law, unlearned)))
print("distances to the two references:", ", ".join(f"({a}, {b})" for a, b in points))

figure, axis = plt.subplots(figsize=(4.2, 3.6))
axis.plot(*np.array(points, float).T, marker="o")
axis.set(xlabel="TV to A(D∖S): untraining", ylabel="TV to A(D∖S_full): unlearning")
figure.tight_layout()
plt.show()

# %% [markdown]
# `check` sees that the laws are finite and answers in exact arithmetic, without a sample:

# %%
for remover in (identity(), retrain(coin), full):
    for claim in (ns.Untraining(0.5, 0.05), ns.Unlearning(0.5, 0.05)):
        print(ns.check(claim, remover, coin, world), end="\n\n")

# %% [markdown]
# ## Theorems, and their false twins
#
# Each theorem is checked by machine, symbolically or over every case of a declared scope. Each has a twin, the same
# statement with one operand or operator changed, which the same code must find false. Here are a few; `neverseen
# prove` runs them all.

# %%
print(f"{len(THEOREMS)} theorems")
for theorem in (t for name in ("T1", "T2", "T4", "T9", "T11") for t in find(name)):
    proof, twin = theorem.check(), theorem.twin()
    display(Markdown(f"**{theorem.id} {theorem.title}**\n\n$${theorem.statement_latex}$$"))
    print(f"{theorem.id}: {'holds' if proof.holds else 'FAILS'} ({proof.kind}, {proof.worlds} cases: {proof.scope})")
    print(f"    the twin is false: {twin.counterexample}")

# %% [markdown]
# ## Gaussian outputs
#
# Two arms that publish a deterministic model plus the same noise are $q = \lVert c_u - c_r \rVert / \sigma$ apart.
# How close that makes them is the Gaussian profile, theorem T12: the curves below, the same in both directions. Ball
# arithmetic keeps its digits where floating point has none left.

# %%
figure, axis = plt.subplots(figsize=(6, 3))
epsilons = np.linspace(0, 4, 60)
for q in (0.5, 1.0, 2.0):
    axis.plot(epsilons, [certified_delta(float(e), q).upper for e in epsilons], label=f"q = {q}")
axis.set(xlabel="ε", ylabel="δ(ε)")
axis.legend()
figure.tight_layout()
plt.show()

tiny = certified_delta(Fraction(1), Fraction(1, 10))
print(f"ε = 1, q = 1/10: δ lies in [{tiny.lower}, {tiny.upper}]")
