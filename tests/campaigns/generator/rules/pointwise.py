"""Rules of the operators that keep the shape: activations, dropout, normalisations, softmax."""

from __future__ import annotations

from netlang.ir.op import Op
from netlang.ops import operator
from netlang.ops.activation import Elu, Gelu, Heaviside, LeakyRelu, Softplus
from netlang.ops.dropout import Dropout, StochasticDepth
from netlang.ops.frozen_norm import FrozenBatchNorm
from netlang.ops.identity import Identity
from netlang.ops.norm import BatchNorm, GroupNorm, LayerNorm
from netlang.ops.softmax import LogSoftmax, Softmax
from netlang.ops.to_float import ToFloat
from netlang.ops.vector import L2Normalize, Maxout, Prelu
from tests.campaigns.generator.draw import Draw, divisors
from tests.campaigns.generator.model import Value
from tests.campaigns.generator.rules.base import STEPS, channels, is_float, step

__all__ = ["PLAIN"]

# Activations without arguments.
PLAIN = ("relu", "relu6", "sigmoid", "tanh", "silu", "hard_sigmoid", "hard_swish")


def _plain(name: str) -> None:
    kind = operator(name)
    assert kind is not None

    def rule(draw: Draw, x: Value) -> Op | None:
        return kind() if x.type.dtype.is_float else None

    STEPS[name] = rule


for _name in PLAIN:
    _plain(_name)


@step("identity")
def _identity(draw: Draw, x: Value) -> Op | None:
    return Identity()


@step("to_float")
def _to_float(draw: Draw, x: Value) -> Op | None:
    return None if x.type.dtype.is_float else ToFloat()


@step("leaky_relu")
def _leaky_relu(draw: Draw, x: Value) -> Op | None:
    return LeakyRelu(negative_slope=draw.near(0.1)) if x.type.dtype.is_float else None


@step("prelu")
def _prelu(draw: Draw, x: Value) -> Op | None:
    if not is_float(x) or not x.type.rank:
        return None
    return Prelu(per_channel=channels(x) is not None and draw.chance(0.5), init=draw.near(0.25))


@step("elu")
def _elu(draw: Draw, x: Value) -> Op | None:
    return Elu(alpha=draw.near(1.0, 3)) if x.type.dtype.is_float else None


@step("gelu")
def _gelu(draw: Draw, x: Value) -> Op | None:
    return Gelu(approximate=draw.pick(("none", "tanh"))) if x.type.dtype.is_float else None


@step("softplus")
def _softplus(draw: Draw, x: Value) -> Op | None:
    if not x.type.dtype.is_float:
        return None
    return Softplus(beta=draw.near(1.0, 3), threshold=draw.pick((20.0, 20.0, 3.0, 1.0)))


@step("heaviside")
def _heaviside(draw: Draw, x: Value) -> Op | None:
    return Heaviside(at_zero=draw.pick((0.0, 0.5, 1.0))) if x.type.dtype.is_float else None


def _axis(draw: Draw, x: Value) -> int:
    return draw.whole(-x.type.rank, x.type.rank - 1)


@step("softmax")
def _softmax(draw: Draw, x: Value) -> Op | None:
    return Softmax(axis=_axis(draw, x)) if x.type.dtype.is_float and x.type.rank else None


@step("log_softmax")
def _log_softmax(draw: Draw, x: Value) -> Op | None:
    return LogSoftmax(axis=_axis(draw, x)) if x.type.dtype.is_float and x.type.rank else None


@step("l2_normalize")
def _l2_normalize(draw: Draw, x: Value) -> Op | None:
    if not is_float(x) or not x.type.rank:
        return None
    return L2Normalize(axis=_axis(draw, x), eps=draw.pick((1e-12, 1e-3, 0.1)))


@step("maxout")
def _maxout(draw: Draw, x: Value) -> Op | None:
    count = channels(x)
    return Maxout(pieces=draw.pick(divisors(count))) if count else None


@step("dropout")
def _dropout(draw: Draw, x: Value) -> Op | None:
    return Dropout(p=draw.whole(0, 9) / 10) if x.type.dtype.is_float else None


@step("stochastic_depth")
def _stochastic_depth(draw: Draw, x: Value) -> Op | None:
    if not is_float(x):
        return None
    return StochasticDepth(p=draw.whole(0, 9) / 10, mode=draw.pick(("row", "batch")))


@step("batch_norm")
def _batch_norm(draw: Draw, x: Value) -> Op | None:
    if channels(x) is None or x.type.rank not in (1, 2, 3, 4):
        return None
    momentum = draw.pick((0.0, 0.01, 0.1, 1.0))
    return BatchNorm(eps=draw.near(1e-4), momentum=momentum, affine=draw.chance(0.7))


@step("frozen_batch_norm")
def _frozen_batch_norm(draw: Draw, x: Value) -> Op | None:
    if channels(x) is None or x.type.rank not in (1, 2, 3, 4):
        return None
    return FrozenBatchNorm(eps=draw.near(1e-4))


@step("layer_norm")
def _layer_norm(draw: Draw, x: Value) -> Op | None:
    fixed = [axis for axis, dim in enumerate(x.type.shape) if isinstance(dim, int)]
    if not is_float(x) or not fixed:
        return None
    some = draw.shuffled(fixed)[: draw.whole(1, len(fixed))]
    found = [axis - x.type.rank if draw.chance(0.3) else axis for axis in sorted(some)]
    affine = draw.chance(0.7)
    return LayerNorm(
        axes=found[0] if len(found) == 1 else tuple(found),
        eps=draw.near(1e-4),
        affine=affine,
        bias=draw.chance(0.7) or not affine,
    )


@step("group_norm")
def _group_norm(draw: Draw, x: Value) -> Op | None:
    count = channels(x)
    if count is None or x.type.rank not in (1, 2, 3, 4):
        return None
    return GroupNorm(
        groups=draw.pick(divisors(count)), eps=draw.near(1e-4), affine=draw.chance(0.6)
    )
