"""Where PyTorch or Ray is missing, `--doctest-modules` is not to import what needs it: these are run by their path."""

import importlib.util

_NEEDS = {"pytorch.py": "torch", "real_ray.py": "ray"}

collect_ignore = [file for file, module in _NEEDS.items() if importlib.util.find_spec(module) is None]
