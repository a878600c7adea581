"""Checks that the data fit the net and its loss, as far as only the data can tell."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import torch
from torch import Tensor

from netlang.analysis.constraints import solve
from netlang.backends.torch.data.sets import Parts, Tensors
from netlang.backends.torch.data.values import unfit_values
from netlang.backends.torch.runtime.mixing import is_mask
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import listed
from netlang.diagnostics.training.data import DataUnfit, LabelsDiffer
from netlang.ir.dims import Dim
from netlang.ir.program import Port, Program
from netlang.ir.types import DType, TensorType
from netlang.recipes.check.loss import check_loss, operands_of, value_types
from netlang.recipes.check.mixing import check_mixing
from netlang.recipes.check.operand import operand_type
from netlang.recipes.check.outputs import decides
from netlang.recipes.check.prepared import prepared_shape
from netlang.recipes.recipe import Recipe
from netlang.recipes.sections.inputs import given_inputs
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.losses import DECISIONS, Comparison, Focal
from netlang.recipes.words.mixing import Mixing
from netlang.recipes.words.operands import NamedValue, values_in
from netlang.recipes.words.terms import Term
from netlang.records import replace

__all__ = ["require_fit", "shown_classes", "spare_channels"]

_KINDS = {
    torch.int64: DType.INT64,
    torch.float64: DType.FLOAT64,
    torch.bool: DType.BOOL,
}  # uint8 becomes float32 on its way


def require_fit(recipe: Recipe, program: Program, parts: Parts) -> None:
    """Raise `NetlangError` if a part has other inputs, targets or classes than the net needs."""
    problems: list[Diagnostic] = [
        *_classes(recipe, program, parts),
        *_decisions(recipe, program, parts),
    ]
    paths = recipe.augment, recipe.test_path, recipe.test_path
    for part, steps in zip((parts.train, parts.validation, parts.test), paths, strict=True):
        if isinstance(part, Tensors):
            targets = _targets(recipe, part, steps)
            found: tuple[Diagnostic, ...] = (
                *_inputs(recipe, program, part),
                *_sizes(recipe, program, part),
                *chain(*(check_loss(each, program, targets, steps) for each in recipe.played)),
                *check_mixing(recipe, program, targets),
                *_unread(recipe, program, part),
            )
            if not found and not problems:
                found = tuple(unfit_values(recipe, program, part, targets))
            problems += [each for each in found if each not in problems]
    if problems:
        raise NetlangError(*problems)


def _targets(
    recipe: Recipe, part: Tensors, steps: tuple[Augmentation, ...]
) -> dict[str, TensorType]:
    """The targets as the loss gets them: a path resizes masks along with their images."""
    shape = prepared_shape(recipe, steps)[0]
    sides = tuple(side for side in shape[1:] if side is not None)
    found = {}
    for name, value in part.targets.items():
        type = _type(value)
        if recipe.data.is_image and len(sides) == 2 and is_mask(value, part.inputs[0]):
            type = replace(type, shape=(*type.shape[:-2], *sides))
        found[name] = type
    return found


def _type(value: Tensor) -> TensorType:
    return TensorType(tuple(value.shape[1:]), _KINDS.get(value.dtype, DType.FLOAT32))


def _inputs(recipe: Recipe, program: Program, part: Tensors) -> Iterator[Diagnostic]:
    """Mismatched inputs. The path of a recipe can change the size of the first input only."""
    given = given_inputs(recipe, program)
    for place, (port, value) in enumerate(zip(given, part.inputs, strict=True)):
        type = _type(value)
        sizes_differ = place > 0 and not _fits(type, port.type)
        if sizes_differ or type.dtype.is_float != port.type.dtype.is_float:
            yield _input(recipe, program, port, recipe.data.inputs[place], type)


def _sizes(recipe: Recipe, program: Program, part: Tensors) -> Iterator[Diagnostic]:
    """Sizes of arrays at which some step of the net can't run; `check` covers those of images."""
    if recipe.data.is_image:
        return
    sizes: dict[str, int] = {}
    for port, value in zip(given_inputs(recipe, program), part.inputs, strict=True):
        for dim, size in zip(port.type.shape, value.shape[1:], strict=False):
            if str(dim) in program.defaults:
                sizes.setdefault(str(dim), size)
    for broken in solve(program).check({**program.defaults, **sizes}):
        yield DataUnfit(
            span=recipe.places["data"],
            what=f"net `{program.name}` doesn't take `{recipe.data.name}`: {broken.message}",
            advice=broken.help_text,
        )


def _fits(given: TensorType, wanted: TensorType) -> bool:
    pairs = zip(given.shape, wanted.shape, strict=False)
    alike = all(not isinstance(size, int) or size == actual for actual, size in pairs)
    return alike and given.rank == wanted.rank


def _input(
    recipe: Recipe, program: Program, port: Port, name: str, given: TensorType
) -> Diagnostic:
    return DataUnfit(
        span=recipe.places["data"],
        what=f"`{name}` of `{recipe.data.name}` is {given}, but input `{port.name}` of net"
        f" `{program.name}` is {port.type}",
        advice="inputs of the data are given to those of the net in their order",
    )


def _classes(recipe: Recipe, program: Program, parts: Parts) -> Iterator[Diagnostic]:
    """Too few channels for the classes; `check` has compared the numbers that it knew."""
    for term, output, channels in _heads(recipe, program, parts):
        count = len(parts.classes or ())
        if not isinstance(channels, int) or channels < count:
            yield LabelsDiffer(
                span=term.span,
                what=f"`{recipe.data.place}` has {shown_classes(parts.classes or ())}",
                output=output,
                net=program.name,
                outputs=str(channels),
                classes="1 class" if count == 1 else f"{count} classes",
            )


def _decisions(recipe: Recipe, program: Program, parts: Parts) -> Iterator[Diagnostic]:
    """More than two classes, as only the data tell, for a loss that takes two."""
    count = 0 if recipe.data.classes else len(parts.classes or ())
    for term in recipe.loss.terms if count > 2 else ():
        if not isinstance(term.function, DECISIONS):
            continue
        output, label = operands_of(term, recipe, program)
        alone = operand_type(output, value_types(recipe, program))
        if str(label) == recipe.class_target and alone is not None and decides(term, alone):
            yield LabelsDiffer(
                span=term.span,
                what=f"`{recipe.data.place}` has {count} classes",
                output=str(output),
                net=program.name,
                outputs="1",
                classes=f"{count} classes",
            )


def _unread(recipe: Recipe, program: Program, part: Tensors) -> Iterator[Diagnostic]:
    """Class numbers that would be mixed, and of how many classes no term of the loss says."""
    step = next((step for step in recipe.augment if isinstance(step, Mixing)), None)
    if step is None:
        return
    operands = [each for term in recipe.loss.terms for each in operands_of(term, recipe, program)]
    read = {value.name for operand in operands for value in values_in(operand)}
    for name, value in part.targets.items():
        if (
            name not in read
            and not value.is_floating_point()
            and not is_mask(value, part.inputs[0])
        ):
            yield DataUnfit(
                span=recipe.places["data"],
                what=f"`{step.name}` can't mix `{name}` of `{recipe.data.place}`: no loss reads it,"
                " so nothing says of how many classes it is",
                advice="leave it out of `targets`",
            )


def spare_channels(recipe: Recipe, program: Program, parts: Parts) -> tuple[str, ...]:
    """Notes on outputs that have channels for more classes than there are."""
    count = len(parts.classes or ())
    return tuple(
        f"`{output}` of net `{program.name}` has {channels} channels, `{recipe.data.place}` has"
        f" {count} classes: the other channels stand for none"
        for _, output, channels in _heads(recipe, program, parts)
        if isinstance(channels, int) and channels > count
    )


def _heads(recipe: Recipe, program: Program, parts: Parts) -> Iterator[tuple[Term, str, int | Dim]]:
    """Outputs that a loss compares with labels of named classes, with their number of channels."""
    if parts.classes is None or recipe.data.classes is not None:
        return
    types = program.net.named_types
    for term in recipe.loss.terms:
        operands = operands_of(term, recipe, program)
        if len(operands) != 2 or term.function.comparison is Comparison.ELEMENTS:
            continue
        output, label = operands
        judged = str(label) == recipe.class_target
        if judged and isinstance(output, NamedValue) and output.name in types:
            type = types[output.name]
            channels = type.channels if type.shape else 1
            if not (isinstance(term.function, Focal) and channels == 1):  # a decision
                yield term, output.name, channels


def shown_classes(classes: tuple[str, ...]) -> str:
    """The number of classes and the names of the first ones."""
    names = listed(classes)
    return f"1 class, {names}" if len(classes) == 1 else f"{len(classes)} classes, {names}"
