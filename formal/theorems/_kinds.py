"""The kinds of proof, strongest first."""

from typing import Literal

Kind = Literal["coq", "smt", "symbolic", "exhaustive", "property"]
"""How a theorem is settled, strongest first.

`coq`: machine-checked by Coq, for all finite outcome types. `smt`: by a solver, for all laws on all spaces, an event
at a time. `symbolic`: by SymPy, for all real arguments. `exhaustive`: every case of the declared scope was evaluated
exactly. `property`: a computation, no proof."""

KINDS: tuple[Kind, ...] = ("coq", "smt", "symbolic", "exhaustive", "property")
