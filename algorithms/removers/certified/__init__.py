"""Removers with a declared guarantee of ε > 0, whose preconditions are checked before they exist."""

from ....formal._public import dir_of as _dir_of
from ._calibrate import noise_for as noise_for
from ._calibrate import widest as widest
from ._descent import descent_to_delete as descent_to_delete
from ._descent import rewind_to_delete as rewind_to_delete
from ._langevin import langevin_unlearning as langevin_unlearning
from ._langevin import noisy_finetuning as noisy_finetuning
from ._newton import newton_error as newton_error
from ._newton import newton_noise as newton_noise
from ._newton import newton_removal as newton_removal

__dir__ = _dir_of(__name__)
