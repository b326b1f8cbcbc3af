"""As if the model had never seen it: untraining and unlearning as definitions that run."""

from .algorithms import Guarantee as Guarantee
from .algorithms import Learner as Learner
from .algorithms import Remover as Remover
from .algorithms import Trained as Trained
from .algorithms import learners as learners
from .algorithms import pools as pools
from .algorithms import remover as remover
from .algorithms import removers as removers
from .formal import Rows as Rows
from .formal import Scenario as Scenario
from .formal import Status as Status
from .formal import Unlearning as Unlearning
from .formal import Untraining as Untraining
from .formal import Verdict as Verdict
from .properties import assert_holds as assert_holds
from .properties import check as check
from .properties import check_samples as check_samples
from .properties import scenarios as scenarios
from .properties import strategies as strategies
