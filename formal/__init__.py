"""What must hold: scenarios, definitions and verdicts."""

from ._public import dir_of as _dir_of
from .definitions import Definition as Definition
from .definitions import Evidence as Evidence
from .definitions import Level as Level
from .definitions import Points as Points
from .definitions import Relative as Relative
from .definitions import Route as Route
from .definitions import Rows as Rows
from .definitions import Scenario as Scenario
from .definitions import Side as Side
from .definitions import Status as Status
from .definitions import Unlearning as Unlearning
from .definitions import Untraining as Untraining
from .definitions import Verdict as Verdict
from .definitions import ViewRow as ViewRow
from .definitions import Witness as Witness
from .definitions import bucket as bucket
from .definitions import definition_from_dict as definition_from_dict
from .definitions import definition_to_dict as definition_to_dict
from .definitions import reference_rows as reference_rows
from .definitions import scenario_key as scenario_key

__dir__ = _dir_of(__name__)
