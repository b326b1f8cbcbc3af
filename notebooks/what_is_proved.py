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
# # What is proved, how, and what is not
#
# Every theorem of this library is one object. What is printed here is what is evaluated, what is given to a solver,
# and what `neverseen prove` reports under the same digest. It can be settled in four ways, strongest first: by
# **Coq**, for all finite types of outcomes; by a **solver**, for all laws on all spaces, an event at a time;
# **symbolically**, for all real arguments; or by **exhausting** a scope, whose size is also counted in another way.
# Whatever else there is, that search always runs, and it wants more: a case that is not vacuous, a case that attains
# each inequality and one that does not, a case without the hypotheses in which the conclusion fails, none outside the
# ranges that are printed, and a false twin, one word away, that it refutes.

# %%
from collections import Counter

from IPython.display import Markdown, display

from neverseen.formal.definitions import OLD_STATEMENTS, STATEMENTS
from neverseen.formal.theorems import THEOREMS, find

strongest = Counter(theorem.kinds[0] for theorem in THEOREMS)
print(f"{len(THEOREMS)} theorems; the strongest proof that each has:", dict(strongest))
for kind in ("exhaustive", "property"):
    print(f"no better than {kind}:", ", ".join(t.id for t in THEOREMS if t.kinds[0] == kind))

# %% [markdown]
# ## A definition that was wrong
#
# The first version of unlearning quantified over the full set after the request. That asks for what no remover can do,
# which is a theorem; with the behaviour first it can be done exactly, which is another.

# %%
for statement in (OLD_STATEMENTS["unlearning-dataset-1"], STATEMENTS["unlearning-dataset-2"]):
    display(Markdown(f"**{statement.id}**. {statement.prose}\n\n$${statement.latex()}$$"))
for theorem in find("F12"):
    proof, twin = theorem.check(), theorem.twin()
    display(Markdown(f"**{theorem.id} {theorem.title}**: {theorem.hypotheses}\n\n$${theorem.statement_latex}$$"))
    print(f"{theorem.id}: holds is {proof.holds}, {proof.worlds} cases; the twin is refuted: {not twin.holds}")

# %% [markdown]
# ## Theorem by theorem
#
# The statement, over what it ranges, in which ways it is settled and how far each reaches; then the false twin. What
# is said of the code (C) is exhaustive on small laws: it says that what runs is what is stated there, not that it is
# free of rounding elsewhere.

# %%
for theorem in THEOREMS:
    display(Markdown(f"**{theorem.id} {theorem.title}** ({theorem.status})\n\n$${theorem.statement_latex}$$"))
    display(Markdown(f"*{theorem.hypotheses}*; {theorem.statement.quantifiers()}. {theorem.source}"))
    print(f"{theorem.id} [{theorem.statement.digest}]: {' + '.join(theorem.kinds)}; searched: {theorem.scope}")
    display(Markdown(f"False: $${theorem.twin_latex}$$"))

# %% [markdown]
# ## What is not proved
#
# - T22 is a computation in floating point: it is shown, and called no proof.
# - What is said of the code rests on enumeration, and so do, where Coq is not installed, all that Coq proves and no
#   solver does. Their scopes are as printed.
# - T21b, in Coq, says which deletions leave a divergence finite, and compares those that are.
# - What F19 says of Gaussian forms is said of Gaussians: that they are the worst of their form is not proved here.
# - E1 to E11 are the rule of the sequential engine in exact arithmetic, not its code.
# - Of works of which the abstract alone was read, or nothing, the source says so: statement and proof are ours there.
# - T25a is settled for two columns and four rows, T17 and T20 in the plane or in space; the reduction of other
#   dimensions to these is in words.
# - A theorem speaks of exact laws. Of the law of a learner on a computer, and of floating-point sums, nothing is proved
#   here at all: that is what the verdicts are for.
