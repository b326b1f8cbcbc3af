"""Removers with a declared guarantee, whose preconditions are checked before they exist."""

from .deltagrad import deltagrad as deltagrad
from .descent import descent_to_delete as descent_to_delete
from .descent import rewind_to_delete as rewind_to_delete
from .fisher import fisher_forgetting as fisher_forgetting
from .langevin import langevin_unlearning as langevin_unlearning
from .langevin import noisy_finetuning as noisy_finetuning
from .newton import newton_noise as newton_noise
from .newton import newton_removal as newton_removal
