"""For tests of one's own: the ledger of errors, assertions, strategies, pytest."""

import lazy_loader

# Names load when first used: a profile of Hypothesis needs no JAX.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
