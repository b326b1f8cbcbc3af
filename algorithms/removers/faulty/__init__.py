"""Removers that are wrong on purpose, each one honest-looking mistake away from a right one.

Every check is judged by what it does to these: `properties/selftest/_faults.py` holds a scenario for each in which its
violation
is known. The argument of a factory, where it has one, is the mistaken token; another value mends it.
"""

from ....formal._public import dir_of as _dir_of
from ._noise import fixed_key as fixed_key
from ._noise import noisy_at_half as noisy_at_half
from ._noise import noisy_in_common as noisy_in_common
from ._noise import noisy_in_part as noisy_in_part
from ._noise import noisy_once as noisy_once
from ._noise import noisy_per_request as noisy_per_request
from ._noise import noisy_upwards as noisy_upwards
from ._output import branching as branching
from ._output import diverging as diverging
from ._output import original_sometimes as original_sometimes
from ._output import watermark as watermark
from ._rows import half_forget as half_forget
from ._rows import leaking_padding as leaking_padding
from ._rows import no_op as no_op
from ._rows import off_by_one as off_by_one
from ._rows import s_for_s_full as s_for_s_full
from ._rows import s_full_for_s as s_full_for_s
from ._steps import averaged_over_all as averaged_over_all
from ._steps import ridge_for_least_squares as ridge_for_least_squares
from ._steps import scaled_penalty as scaled_penalty
from ._steps import stale_hessian as stale_hessian
from ._steps import wrong_leverage as wrong_leverage
from ._steps import wrong_round as wrong_round
from ._steps import wrong_sign as wrong_sign
from ._training import finetune_only as finetune_only
from ._training import stale_state as stale_state

__dir__ = _dir_of(__name__)
