"""The theorems: one registry, in order of their ids."""

from ._base import Case as Case
from ._base import Outcome as Outcome
from ._base import Proof as Proof
from ._base import Reduction as Reduction
from ._base import Search as Search
from ._base import Theorem as Theorem
from ._base import order as order
from ._base import select_theorems as select_theorems
from ._kinds import KINDS as KINDS
from ._kinds import Kind as Kind
from ._registry import THEOREMS as THEOREMS
from ._registry import find as find
from ._selection import kept_by_distance as kept_by_distance
from ._selection import kept_by_ratio as kept_by_ratio
from ._selection import needed as needed
from ._sentence import Sentence as Sentence
