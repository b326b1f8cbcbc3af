"""What is checked: learners, removers and pools of their runs."""

import lazy_loader

# Names load when first used: a worker needs a pool's program and the store, not what every remover imports.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
