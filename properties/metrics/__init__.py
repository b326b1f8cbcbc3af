"""The field's metrics, each bound to its notion and read beside its floor and its power."""

from ...formal._public import dir_of as _dir_of
from ._distance import distance_of as distance_of
from ._distance import distance_of_arms as distance_of_arms
from ._graded import Distance as Distance
from ._measure import measure as measure
from ._metric import Arm as Arm
from ._metric import Metric as Metric
from ._operating import OperatingPoint as OperatingPoint
from ._registry import METRICS as METRICS
from ._registry import implementing as implementing
from ._registry import named as named
from ._resample import Interval as Interval
from ._table import Reading as Reading
from ._table import Row as Row
from ._table import Table as Table

__dir__ = _dir_of(__name__)
