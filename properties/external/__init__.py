"""Runs from any program: drawn on demand, kept in a folder, resumed."""

import lazy_loader

# A process that makes runs needs to read what they return, and none of what decides.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
