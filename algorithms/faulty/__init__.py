"""Removers that are wrong on purpose, each one honest-looking mistake away from a right one.

Every check is judged by what it does to these: `properties/faults.py` holds a scenario for each in which its violation
is known. The argument of a factory, where it has one, is the mistaken token; another value mends it.
"""

from .noise import fixed_key as fixed_key
from .noise import noisy_at_half as noisy_at_half
from .noise import noisy_in_common as noisy_in_common
from .noise import noisy_in_part as noisy_in_part
from .noise import noisy_once as noisy_once
from .noise import noisy_per_request as noisy_per_request
from .noise import noisy_upwards as noisy_upwards
from .output import branching as branching
from .output import diverging as diverging
from .output import original_sometimes as original_sometimes
from .output import watermark as watermark
from .rows import half_forget as half_forget
from .rows import leaking_padding as leaking_padding
from .rows import no_op as no_op
from .rows import off_by_one as off_by_one
from .rows import s_for_s_full as s_for_s_full
from .rows import s_full_for_s as s_full_for_s
from .steps import averaged_over_all as averaged_over_all
from .steps import ridge_for_least_squares as ridge_for_least_squares
from .steps import scaled_penalty as scaled_penalty
from .steps import stale_hessian as stale_hessian
from .steps import wrong_leverage as wrong_leverage
from .steps import wrong_round as wrong_round
from .steps import wrong_sign as wrong_sign
from .training import finetune_only as finetune_only
from .training import stale_state as stale_state
