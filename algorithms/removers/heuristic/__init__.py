"""Heuristics, and doing nothing; none declares a guarantee."""

from ....formal._public import dir_of as _dir_of
from ._baselines import do_nothing as do_nothing
from ._baselines import finetune as finetune
from ._baselines import gradient_difference as gradient_difference
from ._baselines import neg_grad as neg_grad
from ._baselines import neg_grad_plus as neg_grad_plus
from ._challenge import convolution_transpose as convolution_transpose
from ._challenge import masked_small_gradients as masked_small_gradients
from ._dampen import ssd as ssd
from ._depth import cf_k as cf_k
from ._depth import eu_k as eu_k
from ._distil import bad_teacher as bad_teacher
from ._distil import scrub as scrub
from ._fading import forgetting as forgetting
from ._held import kl_minimisation as kl_minimisation
from ._held import wga as wga
from ._labels import random_label as random_label
from ._labels import salun as salun
from ._logs import amnesiac as amnesiac
from ._preference import npo as npo
from ._preference import simnpo as simnpo
from ._refined import rum as rum
from ._relabelled import ce_u as ce_u
from ._relabelled import delete as delete
from ._relabelled import undial as undial
from ._sparse import l1_sparse as l1_sparse

__dir__ = _dir_of(__name__)
