"""Where PyTorch is missing, `--doctest-modules` is not to import what needs it: that stage is run by its path."""

import importlib.util

collect_ignore = [] if importlib.util.find_spec("torch") else ["pytorch.py"]
