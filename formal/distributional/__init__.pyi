"""Distributional unlearning: two thresholds in KL, their frontier, and rules that select rows."""

from ._distributional import DistributionalRemoval as DistributionalRemoval
from ._distributional import separation as separation
from ._frontier import gaussian_frontier as gaussian_frontier
from ._frontier import gaussian_optimum as gaussian_optimum
from ._frontier import random_deletion as random_deletion
from ._selection import RULES as RULES
from ._selection import random as random
