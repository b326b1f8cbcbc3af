"""Sets of rows on which models are looked at, by name."""

from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np

from ...formal.definitions._definitions import Definition, reference_rows
from ...formal.definitions._scenario import Rows, Scenario, bucket

EvalSets = dict[str, Rows]
"""Name → rows, those present first among absent ones."""

EVAL_ROWS = 16
"""Rows of a set, present or not, at least; and those of which a view shows a value for each."""

CHECKED = ("S", "S_full∖S", "fresh behaviour", "fresh rest")
"""The sets of a check, in the order of its views."""

MEASURED = ("S", "retained", "fresh", "behaviour")
"""The sets of metrics: `retained` are the rows the reference was trained on."""

GRADED = ("S", "S_full∖S", "fresh behaviour", "rest of D", "fresh rest")
"""The sets of a distance: `rest of D` are the rows that do not carry the behaviour."""

_UNIONS = {"fresh": ("fresh behaviour", "fresh rest"), "behaviour": ("S_full∖S", "fresh behaviour")}


def eval_sets(scenario: Scenario, definition: Definition, names: Iterable[str] = CHECKED) -> EvalSets:
    """The sets of these names that a definition may look at in a scenario.

    At level *dataset*, D is fixed: S, S_full∖S, what the reference was trained on, and the fresh points. Where D is
    redrawn for each run, only the fresh points: the laws compared there are those of the model alone, and a set that
    moves with D would compare its law jointly with D.

    Args:
        scenario: where to look.
        definition: whose reference the models are compared with.
        names: of `CHECKED`, `MEASURED` or `GRADED`.

    >>> import neverseen as ns
    >>> looked_at = eval_sets(ns.scenarios.figure1(), ns.Untraining(1.0, 0.05), MEASURED)
    >>> {name: int(rows.count()) for name, rows in looked_at.items()}
    {'S': 3, 'retained': 11, 'fresh': 0, 'behaviour': 6}
    """
    rows, s, full = scenario.rows, scenario.forget, scenario.behaviour
    beside, rest = (jnp.asarray(np.asarray(a) & ~np.asarray(b)) for a, b in ((full, s), (rows.present, full)))
    whole = {"fresh behaviour": scenario.fresh_behaviour, "fresh rest": scenario.fresh_rest}
    if not definition.redraws:
        whole |= {"S": Rows(rows.x, rows.y, s), "S_full∖S": Rows(rows.x, rows.y, beside)}
        whole["retained"] = reference_rows(definition, rows, s, full)
        whole["rest of D"] = Rows(rows.x, rows.y, rest)
    joined = {name: [whole[part] for part in _UNIONS.get(name, (name,)) if part in whole] for name in names}
    return {name: gather(_together(*several)) for name, several in joined.items() if several}


# On the host, here and below: each step on JAX's own arrays would be a small program, compiled for each shape.
def _together(*several: Rows) -> Rows:
    if len(several) == 1:
        return several[0]
    return jax.tree.map(lambda *parts: jnp.asarray(np.concatenate([np.asarray(each) for each in parts])), *several)


def gather(rows: Rows) -> Rows:
    """The rows present, first, among absent ones up to a power of two and at least 16.

    >>> gather(Rows(jnp.arange(3.0), jnp.zeros(3), jnp.array([False, True, True]))).x[:2].tolist()
    [1.0, 2.0]
    """
    places = np.flatnonzero(np.asarray(rows.present))
    order = np.resize(places if places.size else np.zeros(1, int), max(bucket(places.size), EVAL_ROWS))
    x, y = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)[order]), (rows.x, rows.y))
    return Rows(x, y, jnp.asarray(np.arange(len(order)) < places.size))
