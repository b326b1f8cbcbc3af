"""What must hold: scenarios, definitions and verdicts."""

from .definitions import Definition as Definition
from .definitions import Level as Level
from .definitions import Unlearning as Unlearning
from .definitions import Untraining as Untraining
from .definitions import definition_from_dict as definition_from_dict
from .definitions import definition_to_dict as definition_to_dict
from .definitions import reference_rows as reference_rows
from .relative import Relative as Relative
from .relative import Side as Side
from .scenario import Points as Points
from .scenario import Rows as Rows
from .scenario import Scenario as Scenario
from .scenario import bucket as bucket
from .scenario import scenario_key as scenario_key
from .verdict import Evidence as Evidence
from .verdict import Route as Route
from .verdict import Status as Status
from .verdict import Verdict as Verdict
from .verdict import ViewRow as ViewRow
from .verdict import Witness as Witness
