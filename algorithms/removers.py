"""All shipped removers: right ones, heuristics, controls and deliberately wrong ones."""

from collections.abc import Callable

from .base import Remover
from .exact import newton as newton
from .exact import noisy as noisy
from .exact import retrain as retrain
from .exact import retrain_full as retrain_full
from .faulty import averaged_over_all as averaged_over_all
from .faulty import branching as branching
from .faulty import diverging as diverging
from .faulty import finetune_only as finetune_only
from .faulty import fixed_key as fixed_key
from .faulty import half_forget as half_forget
from .faulty import leaking_padding as leaking_padding
from .faulty import no_op as no_op
from .faulty import noisy_at_half as noisy_at_half
from .faulty import noisy_in_common as noisy_in_common
from .faulty import noisy_in_part as noisy_in_part
from .faulty import noisy_once as noisy_once
from .faulty import noisy_per_request as noisy_per_request
from .faulty import noisy_upwards as noisy_upwards
from .faulty import off_by_one as off_by_one
from .faulty import original_sometimes as original_sometimes
from .faulty import ridge_for_least_squares as ridge_for_least_squares
from .faulty import s_for_s_full as s_for_s_full
from .faulty import s_full_for_s as s_full_for_s
from .faulty import scaled_penalty as scaled_penalty
from .faulty import stale_hessian as stale_hessian
from .faulty import stale_state as stale_state
from .faulty import watermark as watermark
from .faulty import wrong_leverage as wrong_leverage
from .faulty import wrong_round as wrong_round
from .faulty import wrong_sign as wrong_sign
from .heuristic import do_nothing as do_nothing
from .heuristic import finetune as finetune
from .heuristic import neg_grad as neg_grad
from .heuristic import neg_grad_plus as neg_grad_plus

FAULTY: dict[str, Callable[..., Remover]] = {
    f.__name__: f
    for f in (
        averaged_over_all,
        branching,
        diverging,
        finetune_only,
        fixed_key,
        half_forget,
        leaking_padding,
        no_op,
        noisy_at_half,
        noisy_in_common,
        noisy_in_part,
        noisy_once,
        noisy_per_request,
        noisy_upwards,
        off_by_one,
        original_sometimes,
        ridge_for_least_squares,
        s_for_s_full,
        s_full_for_s,
        scaled_penalty,
        stale_hessian,
        stale_state,
        watermark,
        wrong_leverage,
        wrong_round,
        wrong_sign,
    )
}
"""Deliberately wrong removers by name."""

REMOVERS: dict[str, Callable[..., Remover]] = {
    f.__name__: f for f in (do_nothing, finetune, neg_grad, neg_grad_plus, newton, noisy, retrain, retrain_full)
} | FAULTY
"""Factories by name, for listings and the command line."""
