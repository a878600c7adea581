"""Checks whether outputs, inputs and targets that a loss compares fit each other.

What only the data can tell is left open, and checked again with `targets` when they are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import final

from netlang import advice as fixes
from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.ir.dims import substitute
from netlang.ir.program import Output, Program
from netlang.ir.types import DType, TensorType
from netlang.recipes.bind import listed
from netlang.recipes.check.operand import Types, is_number, operand_type
from netlang.recipes.check.outputs import decides, deployed_outputs
from netlang.recipes.check.prepared import input_sizes
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.data import Arrays
from netlang.recipes.words.losses import (
    LABEL,
    WITH_NUMBERS,
    BinaryCrossEntropyWithLogits,
    Comparison,
    CrossEntropy,
    Dice,
    Hinge,
    Kl,
    Penalty,
)
from netlang.recipes.words.operands import NamedValue, Operand
from netlang.recipes.words.terms import Term
from netlang.records import Record, replace

__all__ = ["check_loss", "operands_of", "value_types"]

_LABEL_TYPE = TensorType((), DType.INT64)


def operands_of(term: Term, recipe: Recipe, program: Program) -> tuple[Operand, ...]:
    """The operands of a term; one that it doesn't name is the only output or target."""
    if term.operands or isinstance(term.function, Penalty):
        return term.operands
    (output,), (target,) = deployed_outputs(program), recipe.data.targets
    return NamedValue(output.name, term.span), NamedValue(target, term.span)


def value_types(
    recipe: Recipe,
    program: Program,
    targets: Mapping[str, TensorType] | None = None,
    steps: tuple[Augmentation, ...] | None = None,
) -> Types:
    """What a loss can read, by name; `targets` are those of the data, once they are known.

    Sizes that the net leaves open are those after the path `steps`, by default `augment`.
    """
    net = program.net
    sizes = input_sizes(recipe, program, recipe.augment if steps is None else steps)
    unknown = isinstance(recipe.data, Arrays)
    types: dict[str, TensorType | None] = {
        name: _LABEL_TYPE if name == LABEL and not unknown else None for name in recipe.data.targets
    }
    types |= targets or {}
    types |= {port.name: _sized(port.type, sizes) for port in net.inputs}
    types |= {name: _sized(type, sizes) for name, type in net.named_types.items()}
    return types


def _sized(type: TensorType, sizes: Mapping[str, int]) -> TensorType:
    return replace(type, shape=tuple(substitute(dim, sizes) for dim in type.shape))


def check_loss(
    recipe: Recipe,
    program: Program,
    targets: Mapping[str, TensorType] | None = None,
    steps: tuple[Augmentation, ...] | None = None,
) -> Iterator[Diagnostic]:
    """Every error in the terms of the loss, for examples after a path as in `value_types`."""
    values = _Values(recipe, program, value_types(recipe, program, targets, steps))
    for term in recipe.loss.terms:
        yield from _check_term(term, values)
    if recipe.turn is None:  # nothing scores what takes turns
        yield from _check_deployed(values)


@final
class _Values(Record):
    """What a loss can read, by name."""

    recipe: Recipe
    program: Program
    types: Types


def _check_term(term: Term, values: _Values) -> Iterator[Diagnostic]:
    if isinstance(term.function, Penalty):
        return
    outputs, targets = deployed_outputs(values.program), values.recipe.data.targets
    if not term.operands and (len(outputs), len(targets)) != (1, 1):
        yield _needs_names(term, values, outputs, targets)
        return
    problems = [*_check_names(term, values)]
    yield from problems
    if problems:
        return
    try:
        operands = operands_of(term, values.recipe, values.program)
        given = [operand_type(each, values.types) for each in operands]
    except NetlangError as error:
        yield from error.diagnostics
        return
    sides = [_Side(str(each), type) for each, type in zip(operands, given, strict=True)]
    if len(sides) == 2:
        yield from _check_sides(term, sides[0], sides[1], values)


def _check_names(term: Term, values: _Values) -> Iterator[Diagnostic]:
    net, targets = values.program.net, values.recipe.data.targets
    kinds = {
        "an output of the net": {output.name for output in net.outputs},
        "an input of the net": {port.name for port in net.inputs},
        "a target of the data": set(targets),
    }
    for value in term.reads:
        meanings = [kind for kind, names in kinds.items() if value.name in names]
        if not meanings:
            yield refusals.UnknownLossName(
                span=value.span,
                net=values.program.name,
                name=value.name,
                available=listed(values.types),
                fix=fixes.replacement(value.name, values.types, value.span),
            )
        elif len(meanings) > 1:
            first, second = meanings[:2]
            yield refusals.AmbiguousValue(
                span=value.span, name=value.name, first=first, second=second
            )


def _needs_names(
    term: Term, values: _Values, outputs: tuple[Output, ...], targets: tuple[str, ...]
) -> Diagnostic:
    first = outputs[0].name if outputs else "output"
    one_output = len(outputs) == 1
    counted = f"{len(targets)} targets" if one_output else f"{len(outputs)} outputs"
    return refusals.LossNeedsNames(
        span=term.span,
        function=term.function.name,
        owner=f"`{values.recipe.data.name}`" if one_output else f"net `{values.program.name}`",
        counted=counted,
        example=f"{term.function.name}({first}, {targets[0]})",
    )


# --- two sides ------------------------------------------------------------------------------------


@final
class _Side(Record):
    """An operand as written, and its type as far as it is known."""

    text: str
    type: TensorType | None


def _check_sides(term: Term, left: _Side, right: _Side, values: _Values) -> Iterator[Diagnostic]:
    comparison = term.function.comparison
    yield from _check_channels(term, left)
    if left.type is None or right.type is None or comparison is Comparison.ALONE:
        return
    same = _same(term, left.type, right.type)
    if isinstance(term.function, Kl):
        same = same and right.type.dtype.is_float
    classes = _classes(term, left.type, right.type)
    if comparison is Comparison.CLASSES and not classes:
        name = term.function.name
        advice = f"`{name}` needs logits of shape [classes] and one whole number as label"
        if left.type.rank > 1 and not right.type.rank:
            advice += "; a `flatten` before the last `linear` leaves one value for each class"
        yield _shapes(term, left, right, advice)
    elif isinstance(term.function, Kl | Dice) and not left.type.shape:
        advice = f"`{term.function.name}` needs values with an axis of channels"
        yield _shapes(term, left, right, advice)
    elif comparison is Comparison.ELEMENTS and not same:
        advice = f"`{term.function.name}` needs two values of one shape, both of float32"
        yield _shapes(term, left, right, advice)
    elif comparison is Comparison.EITHER and not (same or classes):
        advice = f"`{term.function.name}` needs two values of one shape, or classes and labels"
        yield _shapes(term, left, right, advice)
    elif comparison is Comparison.CLASSES or (classes and not same) or decides(term, left.type):
        yield from _check_classes(term, left, right, values)


def _same(term: Term, left: TensorType, right: TensorType) -> bool:
    """Elementwise: numbers of one shape; a single number may have one axis or none."""
    alike = left.shape == right.shape or {left.shape, right.shape} == {(), (1,)}
    alike = isinstance(term.function, WITH_NUMBERS) if is_number(right) else alike
    return left.dtype.is_float and alike and not is_number(left)


def _classes(term: Term, logits: TensorType, target: TensorType) -> bool:
    """Logits ``[C, ...]`` against class numbers ``[...]`` or probabilities ``[C, ...]``."""
    if not logits.dtype.is_float or not logits.shape or is_number(target):
        return False
    if isinstance(term.function, Hinge) and logits.rank > 1:
        return False
    if target.dtype.is_float:
        return term.function.takes_probabilities and target.shape == logits.shape
    return target.dtype is DType.INT64 and logits.shape[1:] == target.shape


def _check_classes(term: Term, left: _Side, right: _Side, values: _Values) -> Iterator[Diagnostic]:
    classes = values.recipe.data.classes
    if classes is None or left.type is None:
        return
    decision = decides(term, left.type)
    label = values.recipe.class_target
    if right.text != label and not (decision and right.text == f"float({label})"):
        return
    channels = 1 if decision else left.type.channels
    if classes > 2 if decision else channels != classes:
        either = term.function.comparison is not Comparison.ELEMENTS
        yield refusals.ClassCountDiffers(
            span=term.span,
            data=values.recipe.data.name,
            classes=classes,
            function=term.function.name,
            needs="one channel for each class" if either else "labels of two classes",
            output=left.text,
            outputs=str(channels),
            net=values.program.name,
            first="" if either else "write `cross_entropy`, and ",
        )


def _check_channels(term: Term, left: _Side) -> Iterator[Diagnostic]:
    """Settings with one number per channel."""
    function = term.function
    setting = ""
    given: float | tuple[float, ...] | None = None
    if isinstance(function, CrossEntropy):
        setting, given = "weights", function.weights
    elif isinstance(function, BinaryCrossEntropyWithLogits):
        setting, given = "pos_weight", function.pos_weight
    if not isinstance(given, tuple) or left.type is None:
        return
    channels = left.type.channels if left.type.shape else 1
    if isinstance(channels, int) and len(given) != channels:
        yield refusals.ClassWeightCount(
            span=term.span,
            setting=setting,
            given=len(given),
            output=left.text,
            channels=str(channels),
        )


def _shapes(term: Term, left: _Side, right: _Side, advice: str) -> Diagnostic:
    return refusals.LossShapes(
        span=term.span,
        function=term.function.name,
        left=str(left.type),
        right="a number" if is_number(right.type) else str(right.type),
        left_name=left.text,
        right_name=right.text,
        advice=advice,
    )


# --- the whole ------------------------------------------------------------------------------------


def _check_deployed(values: _Values) -> Iterator[Diagnostic]:
    """Something must exist by which the deployed net can be scored."""
    auxiliary = {output.name for output in values.program.net.outputs if output.auxiliary}
    compared = [term for term in values.recipe.loss.terms if not isinstance(term.function, Penalty)]
    if all(auxiliary & {value.name for value in term.reads} for term in compared):
        outputs = deployed_outputs(values.program)
        yield refusals.NothingCompared(
            span=values.recipe.places["loss"],
            net=values.program.name,
            output=outputs[0].name if outputs else "output",
        )
