"""How close two laws are: divergences, their conversions with directions, and the calculus of (ε, δ)."""

import lazy_loader

# Names load when first used: a check needs no SymPy, and the formulas made of it take two seconds.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
