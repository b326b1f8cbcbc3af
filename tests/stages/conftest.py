"""What needs PyTorch, Ray or pyarrow is run by its path: elsewhere `--doctest-modules` is not to import it."""

import importlib.util

_NEEDS = {"pytorch.py": "torch", "real_ray.py": "ray", "parquet.py": "pyarrow"}

collect_ignore = [file for file, module in _NEEDS.items() if importlib.util.find_spec(module) is None]
