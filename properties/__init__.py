"""How it is decided: scenarios, views, verdicts, reports."""

import lazy_loader

# Names load when first used: the command line and pytest's controller need none of what a check imports.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
