"""Scenarios, the definitions, what is stated of them, and verdicts."""

import lazy_loader

# Names load when first used: a check needs no SymPy, and the formulas made of it take two seconds.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
