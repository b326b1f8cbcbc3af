"""All shipped removers: right ones, heuristics, controls and deliberately wrong ones."""

from collections.abc import Callable

from ..base import Remover
from ._sequences import sequence as sequence
from .certified import deltagrad as deltagrad
from .certified import descent_to_delete as descent_to_delete
from .certified import fisher_forgetting as fisher_forgetting
from .certified import langevin_unlearning as langevin_unlearning
from .certified import newton_noise as newton_noise
from .certified import newton_removal as newton_removal
from .certified import noisy_finetuning as noisy_finetuning
from .certified import rewind_to_delete as rewind_to_delete
from .concept import boundary_shrink as boundary_shrink
from .concept import distributional as distributional
from .concept import rmu as rmu
from .concept import uce as uce
from .concept import unsir as unsir
from .exact import dare as dare
from .exact import influence as influence
from .exact import newton as newton
from .exact import noisy as noisy
from .exact import projective_residual as projective_residual
from .exact import retrain as retrain
from .exact import retrain_full as retrain_full
from .exact import sisa_removal as sisa_removal
from .exact import stream_moments as stream_moments
from .exact import stream_online as stream_online
from .exact import stream_quadratic as stream_quadratic
from .exact import stream_ridge as stream_ridge
from .exact import with_neighbours as with_neighbours
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
from .heuristic import amnesiac as amnesiac
from .heuristic import bad_teacher as bad_teacher
from .heuristic import cf_k as cf_k
from .heuristic import convolution_transpose as convolution_transpose
from .heuristic import do_nothing as do_nothing
from .heuristic import eu_k as eu_k
from .heuristic import finetune as finetune
from .heuristic import forgetting as forgetting
from .heuristic import gradient_difference as gradient_difference
from .heuristic import l1_sparse as l1_sparse
from .heuristic import masked_small_gradients as masked_small_gradients
from .heuristic import neg_grad as neg_grad
from .heuristic import neg_grad_plus as neg_grad_plus
from .heuristic import npo as npo
from .heuristic import random_label as random_label
from .heuristic import rum as rum
from .heuristic import salun as salun
from .heuristic import scrub as scrub
from .heuristic import simnpo as simnpo
from .heuristic import ssd as ssd

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

HEURISTIC: dict[str, Callable[..., Remover]] = {
    f.__name__: f
    for f in (
        amnesiac,
        bad_teacher,
        boundary_shrink,
        cf_k,
        convolution_transpose,
        do_nothing,
        eu_k,
        finetune,
        forgetting,
        gradient_difference,
        l1_sparse,
        masked_small_gradients,
        neg_grad,
        neg_grad_plus,
        npo,
        random_label,
        rmu,
        rum,
        salun,
        scrub,
        simnpo,
        ssd,
        uce,
        unsir,
    )
}
"""Removers without a declared guarantee, those aimed at a concept among them, by name."""

CERTIFIED: dict[str, Callable[..., Remover]] = {
    f.__name__: f
    for f in (
        dare,
        deltagrad,
        descent_to_delete,
        fisher_forgetting,
        influence,
        langevin_unlearning,
        newton_noise,
        newton_removal,
        noisy_finetuning,
        projective_residual,
        rewind_to_delete,
        sequence,
        sisa_removal,
        stream_moments,
        stream_online,
        stream_quadratic,
        stream_ridge,
        with_neighbours,
    )
}
"""Removers with a guarantee or with an exact or approximate target by name; each is made for its own learner."""

REMOVERS: dict[str, Callable[..., Remover]] = (
    {f.__name__: f for f in (distributional, newton, noisy, retrain, retrain_full)} | CERTIFIED | HEURISTIC | FAULTY
)
"""Factories by name, for listings and the command line."""
