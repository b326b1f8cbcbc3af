"""Removers without a declared guarantee."""

from .baselines import do_nothing as do_nothing
from .baselines import finetune as finetune
from .baselines import gradient_difference as gradient_difference
from .baselines import neg_grad as neg_grad
from .baselines import neg_grad_plus as neg_grad_plus
from .challenge import convolution_transpose as convolution_transpose
from .challenge import masked_small_gradients as masked_small_gradients
from .dampen import ssd as ssd
from .depth import cf_k as cf_k
from .depth import eu_k as eu_k
from .distil import bad_teacher as bad_teacher
from .distil import scrub as scrub
from .fading import forgetting as forgetting
from .labels import random_label as random_label
from .labels import salun as salun
from .logs import amnesiac as amnesiac
from .preference import npo as npo
from .preference import simnpo as simnpo
from .refined import rum as rum
from .sparse import l1_sparse as l1_sparse
