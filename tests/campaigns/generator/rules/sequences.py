"""Rules of learned tensors, recurrent layers and attention."""

from __future__ import annotations

from netlang.ir.op import Op
from netlang.ir.types import DType
from netlang.ops.attention import MultiHeadAttention
from netlang.ops.recurrent import Gru, Lstm, Rnn
from netlang.ops.tensor import Embedding, Parameter
from tests.campaigns.generator.draw import Draw, divisors
from tests.campaigns.generator.model import Value
from tests.campaigns.generator.rules.base import SOURCES, is_float, step
from tests.campaigns.generator.rules.constants import narrowed

__all__: list[str] = []


def _features(x: Value) -> int | None:
    """The features of a sequence, if it is one and they are a number."""
    last = x.type.shape[1] if is_float(x) and x.type.rank == 2 else None
    return last if isinstance(last, int) else None


def _layers(draw: Draw) -> dict[str, int | float | bool]:
    layers = draw.pick((1, 1, 1, 2, 3))
    return {
        "hidden": draw.whole(1, 7),
        "layers": layers,
        "bias": draw.chance(0.7),
        "dropout": draw.whole(0, 5) / 10 if layers > 1 else 0.0,
        "bidirectional": draw.chance(0.4),
        "return_state": draw.chance(0.3),
    }


@step("rnn")
def _rnn(draw: Draw, x: Value) -> Op | None:
    if _features(x) is None:
        return None
    return Rnn(nonlinearity=draw.pick(("tanh", "relu")), **_layers(draw))  # type: ignore[arg-type]  # each of its type


@step("lstm")
def _lstm(draw: Draw, x: Value) -> Op | None:
    return None if _features(x) is None else Lstm(**_layers(draw))  # type: ignore[arg-type]  # each of its type


@step("gru")
def _gru(draw: Draw, x: Value) -> Op | None:
    return None if _features(x) is None else Gru(**_layers(draw))  # type: ignore[arg-type]  # each of its type


@step("multi_head_attention")
def _attention(draw: Draw, x: Value) -> Op | None:
    width = _features(x)
    return None if width is None else attention(draw, width)


def attention(draw: Draw, width: int) -> MultiHeadAttention:
    """Attention over sequences of `width` features."""
    return MultiHeadAttention(
        heads=draw.pick(divisors(width)),
        dropout=draw.pick((0.0, 0.0, 0.1)),
        bias=draw.chance(0.7),
        causal=draw.chance(0.3),
    )


@step("embedding")
def _embedding(draw: Draw, x: Value) -> Op | None:
    whole = x.type.dtype in (DType.INT64, DType.INT32)
    if not whole or x.type.batch is None or x.type.rank > 3 or x.below > 500:
        return None
    return Embedding(words=x.below + draw.whole(0, 5), size=draw.whole(1, 8))


def _parameter(draw: Draw, x: Value) -> Op | None:
    """A tensor that broadcasts to `x`: some axes are 1, some in front are missing."""
    if not is_float(x) or not x.type.rank:
        return None
    wanted, trained = narrowed(draw, x), draw.chance(0.7)
    if len(wanted) == 1 and wanted[0] <= 8 and draw.chance(0.3):
        listed = tuple(draw.near(0.5) for _ in range(wanted[0]))
        return Parameter(shape=wanted, init=listed, trainable=trained)
    if draw.chance(0.5):
        return Parameter(shape=wanted, init=draw.pick((0.0, 1.0, 1e-6)), trainable=trained)
    return Parameter(shape=wanted, std=draw.near(0.1), trainable=trained)


SOURCES["parameter"] = _parameter
