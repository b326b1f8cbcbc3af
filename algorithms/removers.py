"""All shipped removers: right ones, heuristics, controls and deliberately wrong ones."""

from collections.abc import Callable

from .base import Remover
from .exact import newton as newton
from .exact import noisy as noisy
from .exact import retrain as retrain
from .exact import retrain_full as retrain_full
from .faulty import diverging as diverging
from .faulty import fixed_key as fixed_key
from .faulty import half_forget as half_forget
from .faulty import off_by_one as off_by_one
from .faulty import wrong_sign as wrong_sign
from .heuristic import do_nothing as do_nothing
from .heuristic import finetune as finetune
from .heuristic import neg_grad as neg_grad
from .heuristic import neg_grad_plus as neg_grad_plus

FAULTY: dict[str, Callable[..., Remover]] = {
    f.__name__: f for f in (diverging, fixed_key, half_forget, off_by_one, wrong_sign)
}
"""Deliberately wrong removers by name."""

REMOVERS: dict[str, Callable[..., Remover]] = {
    f.__name__: f for f in (do_nothing, finetune, neg_grad, neg_grad_plus, newton, noisy, retrain, retrain_full)
} | FAULTY
"""Factories by name, for listings and the command line."""
