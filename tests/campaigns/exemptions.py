"""The one table of what is not asked of a judge, or allowed to differ by more, and why.

All else agrees within `TOLERANCE` of each element, above a floor of `FLOOR` of the largest element
of its output. Where an output differs by more, `rounding` tells whether rounding explains it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from netlang.ops.conv_transpose import ConvTranspose
from netlang.ops.pool import Maxpool
from netlang.ops.recurrent import Rnn
from netlang.ops.response_norm import LocalResponseNorm
from netlang.ops.spatial import per_axis
from tests.campaigns.walk import Applied

__all__ = [
    "CANCELLING", "EXPORTER_LACKS", "FLOOR", "NORMALISING", "REFERENCE_FAILS",
    "REFERENCE_OVERFLOWS", "RUNTIME_LACKS", "SELECTING", "SHARE", "SUMMING", "TOLERANCE",
    "Exemption", "overflow", "unexported", "unjudged", "unrun",
]  # fmt: skip

TOLERANCE = 1e-4
FLOOR = 1e-5
# A few roundings of single precision, 2^-24, since an operator rounds more than once.
SHARE = 5e-7

# Functions whose usual formulas cancel, by torch's name: their error is a rounding of the larger of
# 1 and their input, however small the result is.
CANCELLING = {
    "aten::gelu": "1 + erf(x / sqrt(2)) cancels where x is negative",
    "aten::hardswish": "x + 3 cancels near -3",
    "aten::hardsigmoid": "x + 3 cancels near -3",
    "aten::elu": "exp(x) - 1 cancels where x is small",
    "aten::softplus": "log(1 + exp(x)) forgets exp(x) where x is negative",
    "aten::_log_softmax": "x - log(sum(exp(x))) cancels where one x is much the largest",
    "aten::sigmoid": "runtimes approximate it, to a rounding of 1",
    "aten::silu": "x sigmoid(x), and runtimes approximate sigmoid, to a rounding of 1",
    "aten::tanh": "runtimes approximate it, to a rounding of 1",
    **dict.fromkeys(
        (
            "aten::upsample_linear1d",
            "aten::upsample_bilinear2d",
            "aten::upsample_trilinear3d",
            "aten::upsample_bicubic2d",
        ),
        "places are rounded, so that a neighbour may have a share where it should have none",
    ),
}

# Sums: terms that cancel leave exactly 0 in one order of adding and a rounding in another.
SUMMING = frozenset(
    f"aten::{name}"
    for name in (
        "add", "sub", "sum", "mean", "avg_pool2d", "avg_pool3d", "_adaptive_avg_pool2d",
        "_adaptive_avg_pool3d",
    )
)  # fmt: skip

# What picks one of its elements rounds nothing: its gradient goes to the elements that equal it.
SELECTING = frozenset(f"aten::{name}" for name in ("amax", "amin", "max", "min"))

# Normalisations whose usual formula is x f + (bias - mean f), f = weight / sqrt(var + eps): where a
# group is constant, as one of a single element is, roundings of x f are all that is left.
NORMALISING = frozenset(
    {"aten::native_batch_norm", "aten::native_group_norm", "aten::native_layer_norm"}
)


@dataclass(frozen=True)
class Exemption:
    """Applications that the reference evaluator of the onnx package gets wrong, and how."""

    operator: str
    holds: Callable[[Applied], bool]
    reason: str


def _one_place(step: Applied) -> bool:
    """Whether the output is one element a channel, which is a GlobalMaxPool."""
    return all(size == 1 for size in step.outputs[0].spatial)


def _step_by_step(step: Applied) -> bool:
    """Whether a window moves by one element and has no gaps."""
    op, rank = step.op, step.inputs[0].rank - 1
    assert isinstance(op, Maxpool)
    steps = op.kernel if op.stride is None else op.stride
    return set(per_axis(steps, rank)) == set(per_axis(op.dilation, rank)) == {1}


def _in_groups(step: Applied) -> bool:
    return isinstance(step.op, ConvTranspose) and step.op.groups > 1


def _with_relu(step: Applied) -> bool:
    return isinstance(step.op, Rnn) and step.op.nonlinearity == "relu"


def _own_form(step: Applied) -> bool:
    """Whether it is ONNX's own LRN: an odd number of neighbours, on images."""
    op = step.op
    return isinstance(op, LocalResponseNorm) and op.size % 2 == 1 and step.inputs[0].rank == 3


REFERENCE_FAILS = (
    Exemption(
        "global_maxpool", lambda step: step.inputs[0].rank != 3,
        "GlobalMaxPool reduces the wrong axes unless there are two",
    ),
    Exemption(
        "adaptive_maxpool", lambda step: step.inputs[0].rank != 3 and _one_place(step),
        "GlobalMaxPool reduces the wrong axes unless there are two",
    ),
    Exemption(
        "maxpool", _step_by_step,
        "MaxPool of stride 1 ignores its padding and has no indices",
    ),
    Exemption("conv_transpose", _in_groups, "ConvTranspose knows no groups"),
    Exemption("roi_pool", lambda step: True, "MaxRoiPool is not implemented"),
    Exemption("rnn", _with_relu, "RNN knows no Relu"),
    Exemption("local_response_norm", _own_form, "LRN leaves one neighbour out"),
)  # fmt: skip

# Operators whose formula in the reference evaluator overflows, for some inputs.
REFERENCE_OVERFLOWS = {
    "softplus": "log(exp(x) + 1) is infinite from x = 89 on",
    "log_softmax": "it is log(softmax(x)), which is infinite where a probability underflows to 0",
}

# Operators that ONNX Runtime, as of 1.31, doesn't run from an opset on, for want of the new version
# of a node; the reference evaluator is asked all the same.
RUNTIME_LACKS = {
    "roi_pool": (22, "MaxRoiPool of opset 22 has no kernel"),
    "roi_align": (22, "RoiAlign of opset 22 has no kernel"),
}


def unrun(steps: tuple[Applied, ...], opset: int) -> str | None:
    """Why ONNX Runtime can't be asked about a net in a file of this opset, or None."""
    for step in steps:
        first, reason = RUNTIME_LACKS.get(step.op.name, (opset + 1, ""))
        if opset >= first:
            return f"{step.op.name}: {reason}"
    return None


# What `torch.onnx.export`, as of torch 2.13, can't do, by the message of the error or of its cause.
# Attributes that are keywords: issue 188538 of PyTorch.
EXPORTER_LACKS = {
    r"No ONNX function found for <OpOverload\(op='(aten\.\w+)'": "it has no translation of {}",
    r"invalid syntax \(<eval_with_key>": "it writes a label that is a keyword as an attribute",
}


def unexported(error: BaseException | None) -> str | None:
    """Why `torch.onnx.export` raised, or None where that isn't known."""
    while error is not None:
        for pattern, reason in EXPORTER_LACKS.items():
            if match := re.search(pattern, str(error)):
                return reason.format(*match.groups())
        error = error.__cause__ or error.__context__
    return None


def overflow(steps: tuple[Applied, ...]) -> str | None:
    """Why the reference evaluator may give infinity where the others don't, or None."""
    names = [step.op.name for step in steps if step.op.name in REFERENCE_OVERFLOWS]
    return f"{names[0]}: {REFERENCE_OVERFLOWS[names[0]]}" if names else None


def unjudged(steps: tuple[Applied, ...]) -> str | None:
    """Why the reference evaluator can't be asked about a net, or None."""
    for step in steps:
        for exemption in REFERENCE_FAILS:
            if exemption.operator == step.op.name and exemption.holds(step):
                return f"{exemption.operator}: {exemption.reason}"
    return None
