"""As if the model had never seen it: untraining and unlearning as definitions that run."""

import importlib
import importlib.metadata
import sys

import lazy_loader

__version__ = importlib.metadata.version("neverseen")

# Names load when first used: the command line must hear Ctrl-C while JAX is still on its way.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

if {"IPython", "marimo"} & set(sys.modules):
    # A notebook shows every result as HTML, also one that was read from JSON and that no report has met.
    importlib.import_module(".properties.report", __name__)

if "hypothesis" in sys.modules:
    # A property test has 200 ms for each example: what it asserts with is not loaded in the first of them.
    importlib.import_module(".properties.testing._assert_holds", __name__)
