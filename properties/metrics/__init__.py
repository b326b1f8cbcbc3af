"""The field's metrics, each bound to its notion and read beside its floor and its power."""

from .measure import measure as measure
from .metric import Arm as Arm
from .metric import Metric as Metric
from .registry import METRICS as METRICS
from .registry import implementing as implementing
from .registry import named as named
from .resample import Interval as Interval
from .table import Reading as Reading
from .table import Row as Row
from .table import Table as Table
