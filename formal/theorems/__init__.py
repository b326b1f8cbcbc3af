"""The theorems: one registry, in order of their ids."""

import lazy_loader

# Names load when first used: the statements are made of SymPy, which takes three seconds.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
