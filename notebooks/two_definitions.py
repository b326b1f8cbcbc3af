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
# # One request, two definitions
#
# A model was trained on $D$. Somebody asks that $S \subset D$ be removed. What should the model become?
#
# - **Untraining**: as if it had never seen *these examples*. The reference is $A(D \setminus S)$.
# - **Unlearning**: as if it had never seen *any example of the behaviour* that $S$ samples. The reference is
#   $A(D \setminus S_{full})$ with $S \subseteq S_{full} \subseteq D$.
#
# A removal algorithm $U$ meets either one when the law of its output and the law of the reference are
# $(\varepsilon, \delta)$-indistinguishable: for every event $R$,
# $$P(R) \le e^{\varepsilon} Q(R) + \delta \quad\text{and}\quad Q(R) \le e^{\varepsilon} P(R) + \delta .$$
#
# This notebook shows that the same request and the same algorithm can pass one and fail the other: first on fourteen
# points one can draw, then on real digits.

# %%
import jax
import matplotlib.pyplot as plt
import numpy as np

import neverseen as ns

ns.pools.use_host_cores()

# %% [markdown]
# ## Fourteen points
#
# Seven circles, two stars, three triangles, two squares; $S$ is two of the circles and one star (ringed). The
# behaviour is "a circle or a star". The learner is the nearest neighbour rule. Each panel is one law; a cross marks
# the points that it gets wrong. (Figure 1 of arXiv 2604.07962; the coordinates are ours.)

# %%
scenario = ns.scenarios.figure1()
rows, learner = scenario.rows, ns.learners.nearest_neighbour()
panels = {
    "untraining: A(D∖S)": rows.without(scenario.forget),
    "the original: A(D)": rows,
    "unlearning: A(D∖S_full)": rows.without(scenario.behaviour),
}
marks = np.array(["o", "*", "^", "s"])
inside = np.asarray(rows.present)
labels = np.asarray(rows.y.argmax(1))

figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), sharey=True)
for axis, (title, present) in zip(axes, panels.items(), strict=True):
    params = learner.fit(jax.random.key(0), present).params
    wrong = ~np.asarray((learner.apply(params, rows.x) == rows.y).all(1))
    for i in np.flatnonzero(inside):
        axis.scatter(*rows.x[i], marker=marks[labels[i]], s=60, color="tab:blue")
        if scenario.forget[i]:
            axis.scatter(*rows.x[i], marker="o", s=220, facecolors="none", edgecolors="tab:orange")
        if wrong[i]:
            axis.scatter(*rows.x[i], marker="x", s=120, color="black")
    axis.set_title(f"{title}\n{int(wrong[inside].sum())} of 14 wrong")
figure.tight_layout()
plt.show()

# %% [markdown]
# Untraining must not touch the circles: the model predicts those of $S$ from the others. Unlearning must break all
# of them, with the same $S$. Only the star of $S$ has to go in both.

# %% [markdown]
# ## Digits
#
# 1024 real digits; sixteen of them are jittered copies of mislabelled images, and $S$ names eight of the sixteen. The
# algorithm is the best there is for untraining, training again without $S$.

# %%
digits = ns.scenarios.digits(forget="near-duplicates", size=8, full=16)
network = ns.learners.mlp()
again = ns.removers.retrain()

untrained = ns.check(ns.Untraining(1.0, 0.05), again, network, digits)
unlearned = ns.check(ns.Unlearning(1.0, 0.05), again, network, digits)
print(untrained, unlearned, sep="\n\n")

# %% [markdown]
# The copies that stayed teach the wrong label all over again. Here are the two laws of the loss on $S$, with the
# reference of each definition: one pair of laws lies on top of the other, the other two are worlds apart.

# %%
keys = jax.random.split(jax.random.key(1), 64)
s = ns.Rows(digits.rows.x, digits.rows.y, digits.forget)


def losses(present):
    """The mean loss on S of 64 runs on the rows present."""
    models = ns.pools.draw(network, present, keys).params
    return np.asarray(jax.vmap(lambda params: network.mean_loss(params, s))(models))


laws = {
    "A(D): the original": digits.rows,
    "A(D∖S): retrained, and the reference of untraining": digits.rows.without(digits.forget),
    "A(D∖S_full): the reference of unlearning": digits.rows.without(digits.behaviour),
}
figure, axis = plt.subplots(figsize=(9, 2.8))
for (name, present), style in zip(laws.items(), ("-", "--", ":"), strict=True):
    axis.ecdf(losses(present), label=name, linestyle=style)
axis.set(xlabel="mean loss on S, nats", ylabel="share of runs")
axis.legend(loc="center")
figure.tight_layout()
plt.show()

# %% [markdown]
# Doing nothing fails both: the original has memorised $S$, and no reference has seen it.

# %%
for claim in (ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05)):
    verdict = ns.check(claim, ns.removers.do_nothing(), network, digits)
    print(f"{claim.name}: {verdict.status.name} after {verdict.pairs} pairs; {verdict.witness}")
