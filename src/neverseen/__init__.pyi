"""As if the model had never seen it: untraining and unlearning as definitions that run."""

__version__: str

from .algorithms import Guarantee as Guarantee
from .algorithms import Learner as Learner
from .algorithms import Remover as Remover
from .algorithms import Store as Store
from .algorithms import Trained as Trained
from .algorithms import executors as executors
from .algorithms import learners as learners
from .algorithms import pools as pools
from .algorithms import remover as remover
from .algorithms import removers as removers
from .formal import Relative as Relative
from .formal import Rows as Rows
from .formal import Scenario as Scenario
from .formal import Side as Side
from .formal import Status as Status
from .formal import Unlearning as Unlearning
from .formal import Untraining as Untraining
from .formal import Verdict as Verdict
from .properties import Comparison as Comparison
from .properties import Observable as Observable
from .properties import Suite as Suite
from .properties import assert_holds as assert_holds
from .properties import behaviour_of as behaviour_of
from .properties import check as check
from .properties import check_program as check_program
from .properties import check_relative as check_relative
from .properties import check_samples as check_samples
from .properties import check_suite as check_suite
from .properties import compare_removers as compare_removers
from .properties import compare_samples as compare_samples
from .properties import ledger as ledger
from .properties import metrics as metrics
from .properties import observables as observables
from .properties import plan as plan
from .properties import profiles as profiles
from .properties import relations as relations
from .properties import remaining as remaining
from .properties import report as report
from .properties import scenarios as scenarios
from .properties import strategies as strategies
from .properties import sweep as sweep
from .properties import sweep_all as sweep_all
from .properties import testing as testing
