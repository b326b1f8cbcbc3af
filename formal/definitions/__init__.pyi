"""Scenarios, the definitions, what is stated of them, and verdicts."""

from ._definitions import Definition as Definition
from ._definitions import Level as Level
from ._definitions import Unlearning as Unlearning
from ._definitions import Untraining as Untraining
from ._definitions import definition_from_dict as definition_from_dict
from ._definitions import definition_to_dict as definition_to_dict
from ._definitions import reference_rows as reference_rows
from ._relative import Relative as Relative
from ._relative import Side as Side
from ._scenario import Points as Points
from ._scenario import Rows as Rows
from ._scenario import Scenario as Scenario
from ._scenario import bucket as bucket
from ._scenario import scenario_key as scenario_key
from ._statements import OLD_STATEMENTS as OLD_STATEMENTS
from ._statements import STATEMENTS as STATEMENTS
from ._verdict import Evidence as Evidence
from ._verdict import Route as Route
from ._verdict import Status as Status
from ._verdict import Verdict as Verdict
from ._verdict import ViewRow as ViewRow
from ._verdict import Witness as Witness
