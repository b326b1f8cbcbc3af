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
# # Which algorithm for which notion
#
# *A remover meets the notion whose reference it computes, and no other.* Untraining's reference is $A(D \setminus
# S)$, unlearning's is $A(D \setminus S_{full})$. Where $S$ is a part of $S_{full}$ that matters, the two laws are far
# apart, and nothing can be close to both.
#
# ## Which notion
#
# That is settled by the problem and not by the algorithm. The library carries the mapping of [Triantafillou et al.
# 2026](https://arxiv.org/abs/2604.07962), with a reason for each row.

# %%
import matplotlib.pyplot as plt

import neverseen as ns
from neverseen.formal import catalogue

for entry in sorted(catalogue.SETTINGS.values(), key=lambda entry: entry.notion, reverse=True):
    print(f"{entry.notion:<11} {entry.title}: {entry.why}")

# %% [markdown]
# A rule of thumb: do you want *these rows* gone, whatever others teach? Untraining. Do they *stand for something* that
# is to go, with rows that nobody named? Unlearning. Where $S = S_{full}$ the two coincide (theorem T1), and retraining
# without $S$ is both.
#
# ## Which algorithm
#
# Breast tumours with 30 features; $S$ are eight of 16 near-duplicates with a wrong label. The learner is ridge
# regression. Seven removers at their defaults, each put to both definitions.

# %%
scenario = ns.scenarios.breast_cancer("near-duplicates", size=8, full=16, rows=128)
learner = ns.learners.ridge()
claims = {"untraining": ns.Untraining(1.0, 0.05), "unlearning": ns.Unlearning(1.0, 0.05)}
removers = {
    "do_nothing": ns.removers.do_nothing(),
    "retrain": ns.removers.retrain(),
    "newton": ns.removers.newton(),
    "retrain_full": ns.removers.retrain_full(),
    "with_neighbours": ns.removers.with_neighbours(),
    "finetune": ns.removers.finetune(),
    "neg_grad": ns.removers.neg_grad(rate=0.01),  # its default is for networks
}
found = {
    (name, notion): ns.check(claim, remover, learner, scenario, budget=256)
    for name, remover in removers.items()
    for notion, claim in claims.items()
}

print(f"{'remover':<16}{'aims at':<12}{'as untraining':<16}{'as unlearning':<16}meets")
for name, remover in removers.items():
    status = {notion: found[name, notion].status.name for notion in claims}
    meets = [notion for notion in claims if status[notion] == "SATISFIED"]
    told = f"{status['untraining']:<16}{status['unlearning']:<16}{' and '.join(meets) or 'neither'}"
    print(f"{name:<16}{remover.aims_at:<12}{told}")

# %% [markdown]
# `retrain` computes $A(D \setminus S)$, and so does one Newton step, because the objective of ridge regression is a
# quadratic: both untrain. `retrain_full` computes $A(D \setminus S_{full})$; it has to be told $S_{full}$.
# `with_neighbours` is told $S$ alone, and guesses the rest by distance: here it guesses right (what happens when it
# does not is in [similar samples](similar_samples.ipynb)). None meets both. What an algorithm aims at is what its
# papers run it for; what it meets is found out.
#
# ## Where they end up
#
# The mean loss on $S$: of the original, of both references, and of what each remover returns.

# %%
VIEW = "loss on S"


def mean(verdict, arm):
    """The mean of an arm of a verdict in that view."""
    return next(getattr(row, arm) for row in verdict.evidence.views if row.view == VIEW)


ends = {name: mean(found[name, "unlearning"], "removed") for name in removers}
targets = {
    "A(D∖S): untraining": mean(found["do_nothing", "untraining"], "reference"),
    "A(D∖S_full): unlearning": mean(found["do_nothing", "unlearning"], "reference"),
}
for name, loss in (ends | targets).items():
    print(f"{name:<24}{loss:.2f}")

figure, axis = plt.subplots(figsize=(7, 3))
for (name, loss), dashes in zip(targets.items(), ("--", "-"), strict=True):
    axis.axvline(loss, label=name, color="tab:orange", linestyle=dashes)
axis.scatter(list(ends.values()), list(ends), zorder=3)
axis.invert_yaxis()
axis.set(xlabel=f"mean {VIEW}", xlim=(0, None))
axis.legend(loc="lower center", bbox_to_anchor=(0.66, 0.05))
figure.tight_layout()
plt.show()

# %% [markdown]
# ## What a heuristic's REFUTED means
#
# It means: at these defaults, with this learner, in this scenario, there is an event that tells the removed models
# from the references more often than $(\varepsilon, \delta)$ allows. The verdict names it, and is wrong with
# probability $\alpha$ at most.

# %%
print(found["finetune", "untraining"])

# %% [markdown]
# It does **not** mean
#
# - that the algorithm removes nothing. The claim is about a whole law, and the learner here is deterministic: any
#   error above the grain ($10^{-3}$ on a loss) is seen. How far it came is another question: `neverseen
#   check-relative finetune` says which side is nearer, `neverseen measure finetune` gives the field's metrics, each
#   beside its floor;
# - that it is worse than another one that is REFUTED too. Verdicts are no ranking, and neither is the number of pairs;
# - that it fails with other steps, rates, learners or data. Defaults are ours, made for `learners.mlp`; a REFUTED
#   holds for what was run;
# - that its authors claimed otherwise. Heuristics declare no guarantee, and many are meant for another goal, such as
#   low accuracy on $S$ — which a retrained model need not have;
# - for the notion that it does not aim at, that anything is wrong with it: `retrain` is REFUTED as unlearning, and it
#   is exact.
#
# Nor is SATISFIED more than it says: it holds for the declared class of events, with tolerance, here.
#
# ## The whole catalogue
#
# Every shipped remover, on four learners, with its cost in retrains and its accuracy: `python
# benchmarks/removers.py`, kept in [benchmarks/removers.json](../benchmarks/removers.json). A few of your choice, as a
# page: `neverseen compare finetune scrub npo --report page.html`. What published algorithms aim at, and why:
# `catalogue.ALGORITHMS`.
