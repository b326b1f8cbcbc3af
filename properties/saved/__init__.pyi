"""Runs from anywhere: files, folders and arrays, vetted before anything is said of them."""

from ._bound import bound as bound
from ._bound_result import Bound as Bound
from ._check_samples import check_samples as check_samples
from ._compare_samples import compare_samples as compare_samples
from ._distance_of_samples import distance_of_samples as distance_of_samples
