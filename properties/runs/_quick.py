"""Small programs, compiled quickly and once for each trace."""

import functools
from collections.abc import Callable
from typing import Any

import jax

from ...algorithms.programs._machine import compiler, settings
from ...algorithms.programs._programs import Bounded, Program, shape_of, trace

QUICK: dict[str, bool | int | str | float] = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
    "xla_cpu_use_fusion_emitters": False,
}
"""What makes XLA compile quickly on a CPU; versions differ in what they know."""


def quickly(function: Callable[..., Any]) -> Any:
    """The function under jit, by the quickest compilation there is: for programs that run for milliseconds.

    >>> float(quickly(jax.numpy.sin)(0.0))
    0.0
    """
    return jax.jit(function, compiler_options=quick_options())


@functools.cache
def quick_options() -> dict[str, bool | int | str | float] | None:
    """The options that this version of XLA knows; none for another kind of device.

    >>> set(quick_options() or ()) <= set(QUICK)
    True
    """
    if jax.default_backend() != "cpu":
        return None
    return {name: value for name, value in QUICK.items() if _known({name: value})}


def _known(option: dict[str, bool | int | str | float]) -> bool:
    try:
        jax.jit(lambda: 0, compiler_options=option).lower().compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True


class Quick:
    """A function under `quickly`, as it is when it is first called; what is compiled goes by the trace.

    Args:
        function: of arrays.

    >>> float(Quick(lambda x: x + 1)(1.0))
    2.0
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.met, self.runs = function, dict[Any, Program](), dict[Program, Any]()

    def __call__(self, *arguments: Any) -> Any:
        """Run it."""
        program = self.program(*arguments)
        if self.runs.get(program) is None:
            self.runs[program] = _compiled(program)
        return jax.tree.unflatten(program.outputs, self.runs[program](*jax.tree.leaves(arguments)))

    def program(self, *arguments: Any) -> Program:
        """Its trace on arguments of these shapes."""
        leaves, rebuild = jax.tree.flatten(arguments)
        kind = rebuild, tuple(map(shape_of, leaves)), settings()
        if kind not in self.met:
            self.met[kind] = trace(self.function, *arguments)
        return self.met[kind]


def _compiled(program: Program) -> Any:
    key = program.fingerprint, settings(), compiler()
    run = None if program.fingerprint is None else _RUNNERS.get(key)
    if run is None:
        run = quickly(program.flat)
        if program.fingerprint is not None:
            _RUNNERS.put(key, run)
    return run


_RUNNERS = Bounded(64)
