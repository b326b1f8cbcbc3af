"""From a scenario to blocks of pairs: drawing, what is looked at of a model, the dry run, what it costs."""

from ...formal._public import dir_of as _dir_of
from . import observables as observables
from ._cost import Behaviour as Behaviour
from ._cost import behaviour_of as behaviour_of
from .observables import Observable as Observable

__dir__ = _dir_of(__name__)
