"""What a module offers to its users, read off its source: `dir()` shows that and no more."""

import ast
import functools
import importlib
import inspect
import sys
from collections.abc import Callable
from types import ModuleType

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def dir_of(name: str) -> Callable[[], list[str]]:
    """The `__dir__` of a module, which completion asks: nothing imported for the module's own use.

    Args:
        name: the module's.

    >>> from neverseen import report
    >>> dir(report)
    ['render', 'writable', 'write_report']
    """
    return functools.partial(_named, name)


def public_names(module: ModuleType) -> list[str]:
    """`__all__` where a module has one, else what its source offers without a leading underscore.

    Offered are definitions, assignments, what is imported as itself (`X as X`), and what `from .part import *` brings.

    >>> from neverseen.formal import distributional
    >>> "gaussian_frontier" in public_names(distributional), "np" in public_names(distributional)
    (True, False)
    """
    if "__all__" in vars(module):
        return sorted(module.__all__)
    body = ast.parse(inspect.getsource(module)).body
    passed_on = (name for node in body for name in _passed_on(node, module))
    return sorted({name for node in body for name in _given(node) if name[0] != "_"} | set(passed_on))


@functools.cache
def _named(name: str) -> list[str]:
    return public_names(sys.modules[name])


def _given(node: ast.stmt) -> list[str]:
    """What a statement offers: re-exports, definitions, assignments."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.name for alias in node.names if alias.asname == alias.name]
    if isinstance(node, _Definition):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _passed_on(node: ast.stmt, module: ModuleType) -> list[str]:
    """What `from .part import *` offers: all that the part offers."""
    if not (isinstance(node, ast.ImportFrom) and node.names[0].name == "*"):
        return []
    return public_names(importlib.import_module("." * node.level + (node.module or ""), module.__package__))
