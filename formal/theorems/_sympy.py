"""SymPy, untyped: its operators are typed too narrowly for a strict checker, as the symbols of statements are Any."""

from typing import Any

import sympy

sp: Any = sympy
