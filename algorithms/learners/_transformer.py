"""The learner of short texts: a decoder-only transformer."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import linen
from jaxtyping import Array, Float, Int

from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from .._factory import factory
from .._tokens import PADDING, SYMBOLS, Tokens
from ..base import Learner
from ._flax_calls import linen_calls
from ._gradient import minibatch, uniform_start


class Block(linen.Module):
    """Attention to what came before, then a network with one hidden layer; each is added to what it read.

    Args:
        width: h.
        heads: of attention, each of h / heads units.
        dropout: share of what is added that training leaves out.

    >>> import jax, jax.numpy as jnp
    >>> block, h = Block(8, 2), jnp.ones((1, 3, 8))
    >>> jax.eval_shape(block.init_with_output, jax.random.key(0), h)[0].shape
    (1, 3, 8)
    """

    width: int
    heads: int
    dropout: Real = 0.0

    @linen.compact
    def __call__(self, h: Float[Array, "m t h"], train: bool = False) -> Float[Array, "m t h"]:
        """The units one block further."""
        read = linen.Dense(3 * self.width, use_bias=False, name="attend_in")(standardised(h))
        parts = read.reshape(*h.shape[:2], 3, self.heads, self.width // self.heads)
        heard = attention(parts[:, :, 0], parts[:, :, 1], parts[:, :, 2]).reshape(h.shape)
        drop = linen.Dropout(self.dropout, deterministic=not train)
        h = h + drop(linen.Dense(self.width, use_bias=False, name="attend_out")(heard))
        raised = linen.relu(linen.Dense(4 * self.width, name="feed_in")(standardised(h)))
        return h + drop(linen.Dense(self.width, name="feed_out")(raised))


class Transformer(linen.Module):
    """A decoder: tokens and their places embedded, blocks, and scores of the next token.

    Args:
        length: tokens of the longest row.
        width: units at each token.
        blocks: how many.
        heads: of each block's attention.
        symbols: tokens there are.
        dropout: share of the embedded units, and of what each block adds, that training leaves out.

    >>> import jax, jax.numpy as jnp
    >>> model, x = Transformer(length=6, width=8, blocks=1, heads=2, symbols=5), jnp.array([[1, 4, 2]])
    >>> jax.eval_shape(model.init_with_output, jax.random.key(0), x)[0].shape
    (1, 3, 5)
    """

    length: int
    width: int
    blocks: int
    heads: int
    symbols: int
    dropout: Real = 0.0

    def setup(self) -> None:
        """The layers, named so that their natural order is theirs."""
        self.embed = linen.Dense(self.width, use_bias=False)
        self.embed_place = linen.Dense(self.width, use_bias=False)
        self.layer = [Block(self.width, self.heads, self.dropout) for _ in range(self.blocks)]
        self.output = linen.Dense(self.symbols)
        self.drop = linen.Dropout(self.dropout)

    def __call__(self, x: Int[Array, "m t"], train: bool = False) -> Float[Array, "m t v"]:
        """Scores of the token that follows each."""
        return self.output(standardised(self.units(x, self.blocks, train)))

    def units(self, x: Int[Array, "m t"], depth: int, train: bool = False) -> Float[Array, "m t h"]:
        """What the first `depth` blocks make of the tokens."""
        h = self.embed(jax.nn.one_hot(x, self.symbols))
        h = h + self.embed_place(jnp.eye(x.shape[1], self.length))
        h = self.drop(h, deterministic=not train)
        for block in self.layer[:depth]:
            h = block(h, train)
        return h


@factory
def transformer(
    width: int = 32,
    blocks: int = 2,
    heads: int = 2,
    epochs: Real = 12,
    batch: int = 16,
    rate: Real = 0.003,
    symbols: int = SYMBOLS,
    dropout: Real = 0.0,
) -> Learner:
    r"""A decoder-only transformer language model in flax, trained by Adam from `uniform_start`; rows of token numbers.

    $$h^0 = E_{x} + P, \quad a = h^l + W\,\mathrm{attention}(N(h^l)), \quad h^{l+1} = a + B \max(A\,N(a) + b, 0) + c$$

    with N the standardised units, without parameters, and scores $V N(h) + v$. The loss of a row is the mean
    cross-entropy of its tokens given those before them, padding (token 0) left out. Rows are drawn with replacement;
    Adam with b₁ = .9, b₂ = .999 and constant rate starts afresh; ⌈epochs · n / batch⌉ steps. No statistic is computed
    on D: the vocabulary is fixed, see `encode`.

    Args:
        width: units at each token.
        blocks: of attention and one hidden layer of 4 · width rectified units.
        heads: of each block's attention; divides the width.
        epochs: passes over the rows present.
        batch: rows in a minibatch.
        rate: step size.
        symbols: tokens there are; every token of x and y is below it.
        dropout: share of the embedded units, and of what each part of a block adds, that a training step leaves out by
            its own key; the others are divided by 1 − dropout. None at evaluation.

    Returns:
        The learner; parameters are flax's. Outputs are no class scores, so views are losses. `tokens.units` are those
        after half of the blocks, rounded up.

    Raises:
        ValueError: heads that do not divide the width; (when it is fitted) rows that are not tokens.

    Source: Vaswani et al. 2017 (arXiv 1706.03762), its dropout too; standardised before each part and no learned scales
    are ours.

    >>> transformer(width=16, epochs=5)
    transformer(width=16, blocks=2, heads=2, epochs=5, batch=16, rate=0.003)
    """
    if width < 1 or heads < 1 or width % heads:
        raise ValueError(f"heads: {heads} do not divide a width of {width}; give a divisor")

    def network(length: int) -> Transformer:
        return Transformer(length, width, blocks, heads, symbols, dropout)

    def start(key: Any, rows: Rows) -> Any:
        require_tokens(rows)
        return uniform_start(key, network(rows.x.shape[1]), rows.x[:1])

    def module_of(params: Any) -> Transformer:
        return network(params["params"]["embed_place"]["kernel"].shape[0])

    def apply(params: Any, x: Array) -> Any:
        return module_of(params).apply(params, x)

    def train(params: Any, x: Array, key: Any) -> Any:
        return linen_calls(module_of(params), None, name).train(params, x, key)

    def units(params: Any, x: Array) -> Any:
        return module_of(params).apply(params, x, -(-blocks // 2), method="units")

    settings = f"width={width}, blocks={blocks}, heads={heads}, epochs={epochs:g}, batch={batch}, rate={rate:g}"
    settings += f", symbols={symbols}" * (symbols != SYMBOLS) + f", dropout={dropout:g}" * (dropout > 0)
    name = f"transformer({settings})"
    return minibatch(
        start, apply, optimiser=optax.adam(rate), epochs=epochs, batch=batch, loss=next_token_loss, name=name,
        logits=False, tokens=Tokens(counted, units), train=train if dropout else None,
    )  # fmt: skip


def next_token_loss(scores: Float[Array, "m t v"], y: Int[Array, "m t"]) -> Float[Array, " m"]:
    """The mean cross-entropy of each row's tokens, in nats; 0 for a row of padding alone.

    >>> import jax.numpy as jnp
    >>> scores = jnp.log(jnp.array([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]]))
    >>> round(float(jnp.exp(-next_token_loss(scores, jnp.array([[2, 0]]))[0])), 4)
    0.25
    """
    picked = (jax.nn.one_hot(y, scores.shape[-1], dtype=scores.dtype) * scores).sum(-1)
    each = jnp.where(counted(y), jax.nn.logsumexp(scores, -1) - picked, 0)
    return each.sum(-1) / jnp.maximum(counted(y).sum(-1), 1)


def counted(y: Int[Array, "m t"]) -> Any:
    """Which targets are tokens, not padding.

    >>> import jax.numpy as jnp
    >>> counted(jnp.array([[3, 0]])).tolist()
    [[True, False]]
    """
    return y != PADDING


def attention(
    query: Float[Array, "m t a e"], key: Float[Array, "m t a e"], value: Float[Array, "m t a e"]
) -> Float[Array, "m t a e"]:
    r"""Each token's mean of the values up to it, weighted by $\mathrm{softmax}(q^\top k / \sqrt e)$.

    >>> import jax.numpy as jnp
    >>> v = jnp.array([1.0, 3.0]).reshape(1, 2, 1, 1)
    >>> attention(0 * v, v, v).ravel().tolist()
    [1.0, 2.0]
    """
    scores = jnp.einsum("mtae,msae->mats", query, key) / math.sqrt(query.shape[-1])
    past = jnp.tril(jnp.ones(scores.shape[-2:], bool))
    return jnp.einsum("mats,msae->mtae", jax.nn.softmax(jnp.where(past, scores, -jnp.inf)), value)


def standardised(h: Float[Array, "*m h"]) -> Float[Array, "*m h"]:
    """The units with mean 0 and variance 1, but for 1e-5 added to the variance.

    >>> import jax.numpy as jnp
    >>> standardised(jnp.array([-2.0, 2.0])).round(3).tolist()
    [-1.0, 1.0]
    """
    centred = h - h.mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5)


def require_tokens(rows: Rows) -> None:
    """Refuse rows that are not inputs and targets of one length, in whole numbers.

    Raises:
        ValueError: x or y is not `[n, t]` of whole numbers.

    >>> require_tokens(Rows(jnp.zeros((2, 3), int), jnp.zeros((2, 3), int), jnp.ones(2, bool)))
    """
    shape = getattr(rows.y, "shape", None)
    whole = rows.x.dtype.kind in "iu" and shape is not None and rows.y.dtype.kind in "iu"
    if not whole or rows.x.ndim != 2 or shape != rows.x.shape:
        raise ValueError("x: a language model needs rows of token numbers, x and y both [n, t]; see learners.encode")
