"""Whether a loss fits its net: its names are outputs and inputs whose shapes can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import final

from netlang.diagnostics.core import Diagnostic
from netlang.diagnostics.recipes import (
    ClassCountDiffers,
    LossNeedsNames,
    LossShapes,
    UnknownLossName,
)
from netlang.elaborate.suggest import replacement
from netlang.ir.program import Output, Program
from netlang.ir.types import DType, TensorType
from netlang.recipes.bind import listed
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.losses import LABEL, CrossEntropy, Operand, Term

__all__ = ["check_loss", "default_operands", "deployed_outputs"]

_LABEL_TYPE = TensorType((), DType.INT64)


def deployed_outputs(program: Program) -> tuple[Output, ...]:
    """The outputs that exist outside training too."""
    return tuple(output for output in program.net.outputs if not output.auxiliary)


def default_operands(program: Program) -> tuple[str, str]:
    """What a loss compares that was named alone: the only output and the label."""
    (output,) = deployed_outputs(program)
    return output.name, LABEL


@final
@dataclass(frozen=True)
class _Values:
    """What a loss can read, by name."""

    recipe: Recipe
    program: Program
    types: Mapping[str, TensorType]


def check_loss(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    """Every mistake in the terms of the loss."""
    net = program.net
    types = {LABEL: _LABEL_TYPE}
    types |= {port.name: port.type for port in net.inputs}
    types |= {output.name: type for output, type in zip(net.outputs, net.output_types, strict=True)}
    values = _Values(recipe, program, types)
    for term in recipe.loss.terms:
        yield from _check_term(term, values)


def _check_term(term: Term, values: _Values) -> Iterator[Diagnostic]:
    if not term.operands:
        outputs = deployed_outputs(values.program)
        if len(outputs) != 1:
            yield _needs_names(term, values, outputs)
            return
        left, right = default_operands(values.program)
    else:
        unknown = [item for item in term.operands if item.name not in values.types]
        yield from (_unknown(item, values) for item in unknown)
        if unknown:
            return
        left, right = (item.name for item in term.operands)
    if isinstance(term.function, CrossEntropy):
        yield from _check_classes(term, left, right, values)
    else:
        yield from _check_same(term, left, right, values)


def _needs_names(term: Term, values: _Values, outputs: tuple[Output, ...]) -> Diagnostic:
    first = outputs[0].name if outputs else "output"
    return LossNeedsNames(
        span=term.span,
        function=term.function.name,
        net=values.program.name,
        outputs=len(outputs),
        example=f"{term.function.name}({first}, {LABEL})",
    )


def _unknown(operand: Operand, values: _Values) -> Diagnostic:
    return UnknownLossName(
        span=operand.span,
        net=values.program.name,
        name=operand.name,
        available=listed(values.types),
        fix=replacement(operand.name, values.types, operand.span),
    )


def _check_same(term: Term, left: str, right: str, values: _Values) -> Iterator[Diagnostic]:
    """Element by element: both sides are numbers of one shape."""
    a, b = values.types[left], values.types[right]
    if a.shape != b.shape or not a.dtype.is_float or not b.dtype.is_float:
        advice = f"`{term.function.name}` needs two values of one shape, both of float32"
        yield _shapes(term, (left, right), values, advice)


def _check_classes(term: Term, left: str, right: str, values: _Values) -> Iterator[Diagnostic]:
    """Logits ``[C, ...]`` against class numbers ``[...]``."""
    logits, target = values.types[left], values.types[right]
    if (
        not logits.dtype.is_float
        or target.dtype is not DType.INT64
        or logits.shape[1:] != target.shape
        or not logits.shape
    ):
        advice = "`cross_entropy` needs logits of shape [classes] and one whole number as label"
        yield _shapes(term, (left, right), values, advice)
        return
    classes, channels = values.recipe.data.classes, logits.shape[0]
    if right == LABEL and classes is not None and channels != classes:
        yield ClassCountDiffers(
            span=term.span,
            data=values.recipe.data.name,
            classes=classes,
            output=left,
            outputs=str(channels),
            net=values.program.name,
        )


def _shapes(term: Term, names: tuple[str, str], values: _Values, advice: str) -> Diagnostic:
    left, right = (values.types[name] for name in names)
    return LossShapes(
        span=term.span,
        function=term.function.name,
        left=str(left),
        right=str(right),
        left_name=names[0],
        right_name=names[1],
        advice=advice,
    )
