"""Machine-checked proofs: Coq files beside this one, for every finite type of outcomes and every ordered field.

`coq_theorems()` reads them, with no Coq needed; `coq_proofs()` has Coq check them, where it is installed. Supported is
Coq 8.16 with MathComp 1.15 to 1.17 (Debian bookworm's packages `coq` and `libcoq-mathcomp-*`); names of lemmas differ
in MathComp 2. All is said of the mathematics in exact arithmetic, not of the code.
"""

from .._public import dir_of as _dir_of
from ._compile import CoqProof as CoqProof
from ._compile import CoqReport as CoqReport
from ._compile import coq_proofs as coq_proofs
from ._source import CoqTheorem as CoqTheorem
from ._source import coq_theorems as coq_theorems

__dir__ = _dir_of(__name__)
