"""Text as rows of token numbers, and what language models say of theirs."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Array, Bool, Float, Int

PADDING, BEGIN = 0, 1
"""What stands behind a text, and before it."""

_FIRST, _LAST = 32, 126
SYMBOLS = 2 + _LAST - _FIRST + 1
"""Tokens there are: padding, the beginning, and the printable characters of ASCII. Fixed, so that none tells of D."""


@dataclasses.dataclass(frozen=True)
class Tokens:
    """How a language model reads a row, for removers that ask for the probability of a text or for hidden units.

    Args:
        counted: `y -> [m, t]`, the tokens that the loss of a row is the mean over.
        units: `(params, x) -> [m, t, h]`, hidden units at every token.

    >>> import jax.numpy as jnp, neverseen as ns
    >>> ns.learners.transformer().tokens.counted(jnp.array([[7, 8, 0]])).tolist()
    [[True, True, False]]
    """

    counted: Callable[[Any], Bool[Array, "m t"]]
    units: Callable[[Any, Array], Float[Array, "m t h"]]


def encode(texts: Sequence[str], length: int) -> tuple[Int[np.ndarray, "n t"], Int[np.ndarray, "n t"]]:
    """Texts as inputs and targets of a language model, one token for each character.

    The vocabulary is fixed: one computed from D would carry S into every model trained on D∖S.

    Args:
        texts: printable ASCII, at most `length` characters each.
        length: t.

    Returns:
        x, the beginning and then the text but for its last character, and y, the text; padded with zeros. Token t of y
        is what follows the first t tokens of x.

    Raises:
        ValueError: a text that is empty, too long, or has a character outside the vocabulary.

    >>> encode(["ab"], 3)
    (array([[ 1, 67,  0]]), array([[67, 68,  0]]))
    """
    y = np.full((len(texts), length), PADDING)
    for row, text in enumerate(texts):
        codes = np.array([ord(letter) for letter in text], int)
        if not 0 < len(codes) <= length:
            raise ValueError(f"texts: row {row} has {len(codes)} characters; give 1 to {length}")
        if codes.min() < _FIRST or codes.max() > _LAST:
            raise ValueError(f"texts: row {row} holds a character that is not printable ASCII; replace or drop it")
        y[row, : len(codes)] = codes - _FIRST + 2
    x = np.roll(y, 1, axis=1)
    x[:, 0] = BEGIN
    return np.where(y == PADDING, PADDING, x), y


def decode(y: Int[Array, "n t"] | Int[np.ndarray, "n t"]) -> list[str]:
    """The texts that targets stand for.

    >>> decode(encode(["Hello, world."], 16)[1])
    ['Hello, world.']
    """
    return ["".join(chr(token - 2 + _FIRST) for token in row if token > BEGIN) for row in np.asarray(y).tolist()]
