"""Fixes for steps that don't fit their inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import gcd

from netlang.advice.batch import is_batch_of_pictures, without_batch
from netlang.advice.edits import enclosing, inserted, replaced, with_arguments
from netlang.advice.images import channels_moved, in_order
from netlang.advice.meaning.fitted import projected_value
from netlang.advice.meaning.in_terms import in_terms
from netlang.advice.meaning.strides import PathsFromCommon
from netlang.advice.padding import padded
from netlang.diagnostics.carried import Projection
from netlang.diagnostics.diagnostic import Diagnostic, Fix, Note
from netlang.diagnostics.language import branches, shapes, sizes
from netlang.ir.program import Size
from netlang.ir.sizes.solve import Solution
from netlang.records import Record, replace
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["default_changed", "RefusedStep", "with_fix"]

_INTEGERS = re.compile(r"\d+(?:x\d+)*")


class RefusedStep(Record):
    """A step whose operator refused its inputs, as far as it is known.

    `step` is the name of the operator in `file`, `origins` are the steps that made its inputs, and
    `channels` are the number of channels of each value that it reads, if known. `paths` lead to
    these values from one that they have in common, if they do.
    """

    file: ast.File
    step: Span
    origins: tuple[Span, ...]
    channels: tuple[int, ...]
    paths: PathsFromCommon | None = None


def with_fix(diagnostic: Diagnostic, refusal: RefusedStep) -> Diagnostic:
    """A refusal with a fix, if there is one."""
    span = diagnostic.span
    if diagnostic.fix or span is None:
        return diagnostic
    return replace(diagnostic, fix=_fix(diagnostic, span, refusal))


def _unbatched(file: ast.File, origins: tuple[Span, ...]) -> Fix | None:
    """Removes the batch where the input was declared with it and so has one axis too many."""
    for origin in origins:
        declaration = enclosing(file, origin, ast.Input)
        if declaration is not None and declaration.type is not None:
            sizes = declaration.type.sizes
            if is_batch_of_pictures(sizes):
                return without_batch(sizes)
    return None


def _fix(found: Diagnostic, span: Span, refusal: RefusedStep) -> Fix | None:
    file, origins = refusal.file, refusal.origins
    if (fix := _unbatched(file, origins)) is not None:
        return fix
    if isinstance(found, branches.BranchesDiffer | branches.ConcatMismatch):
        fix = _along_channels(found, refusal) or padded(found, file, origins)
        if fix is not None or isinstance(found, branches.ConcatMismatch):
            return fix
        return _projected(found.advice, refusal) if isinstance(found.advice, Projection) else None
    if isinstance(found, shapes.FixedSizeNeeded | shapes.AxisNeeded):
        return _of_layout(found, refusal)
    if isinstance(found, shapes.WrongDType):
        return _declared(found, file, origins)
    if isinstance(found, shapes.KernelTooLarge) and (fix := _meant(found, refusal)):
        return fix
    text = span.text
    if not _INTEGERS.fullmatch(text):
        return None  # the number stands elsewhere: a change of it there may break other steps
    if isinstance(found, shapes.NotDivisible) and found.parameter in ("groups", "heads"):
        return _dividing(found, span)
    if isinstance(found, shapes.KernelTooLarge):
        return _lowered(span, found.extent, found.padded, "use a smaller kernel or more `pad`")
    if isinstance(found, shapes.PadTooLarge):
        return _lowered(span, found.pad, found.most, "pad less")
    if isinstance(found, shapes.SizesPerAxis) and len(set(text.split("x"))) == 1:
        return replaced(span, text.split("x")[0])
    if isinstance(found, shapes.AxisOutOfRange):
        return replaced(span, str(found.highest))
    return None


def _along_channels(found: Diagnostic, refusal: RefusedStep) -> Fix | None:
    """`concat(axis=1)` of images whose channels differ: PyTorch's axis 1 is axis 0 here."""
    if not isinstance(found, branches.ConcatMismatch) or (found.joined, found.axis) != (1, 0):
        return None
    call = enclosing(refusal.file, refusal.step, ast.Apply)
    if call is None or call.arguments is None or len(found.expected.sizes) < 3:
        return None
    axis = next((each.value.span for each in call.arguments if each.name == "axis"), None)
    if axis is None or axis.text != "1":
        return None
    return replaced(axis, "0", "write `axis=0` for the channels: the batch isn't an axis here")


def _of_layout(
    found: shapes.FixedSizeNeeded | shapes.AxisNeeded, refusal: RefusedStep
) -> Fix | None:
    if isinstance(found, shapes.AxisNeeded):
        return _with_axis(found, refusal)
    return _pooled(found, refusal.file, refusal.origins)


def _with_axis(found: shapes.AxisNeeded, refusal: RefusedStep) -> Fix | None:
    """The channels of an image, the last axis of anything else."""
    axis = "0" if found.last > 1 else "-1"
    call = enclosing(refusal.file, refusal.step, ast.Apply)
    if call is None or call.name != found.operator:
        return None  # the name of a layer: its operator is written elsewhere
    return Fix(found.help_text, (with_arguments(call.span, [axis]),))


def _dividing(found: shapes.NotDivisible, span: Span) -> Fix | None:
    """A number of groups that divides the channels; for a convolution, both numbers of channels."""
    whole = found.value
    if whole < 0:
        return None
    best = gcd(whole, found.divisor)
    if "conv" not in found.operator:
        best = min(_divisors(whole), key=lambda divisor: abs(divisor - found.divisor))
    return replaced(span, str(best), f"write `{best}`, which divides {whole}, or change {whole}")


def _divisors(number: int) -> list[int]:
    return [divisor for divisor in range(1, min(number, 10_000) + 1) if number % divisor == 0]


def _declared(found: shapes.WrongDType, file: ast.File, origins: tuple[Span, ...]) -> Fix | None:
    """Declares the input with the element type that is needed."""
    source = enclosing(file, origins[0], ast.Input) if origins else None
    if source is None or source.type is None or source.type.dtype is not None:
        return None
    if found.declarable is None:
        return None
    start = Span(source.span.source, source.type.span.start, source.type.span.start)
    text = f"{found.declarable}{source.type.span.text}"
    return inserted(start, found.declarable, f"declare the input so: `{text}`")


def _meant(found: shapes.KernelTooLarge, refusal: RefusedStep) -> Fix | None:
    """The input or the step in the order of this language, if that was meant."""
    file, step, channels = refusal.file, refusal.step, refusal.channels
    if (fix := channels_moved(file, step)) is not None:
        return fix
    return in_order(file, step, channels[0], found.extent) if len(channels) == 1 else None


def _lowered(span: Span, number: int, least: int, advice: str) -> Fix | None:
    """Reduces the numbers of an argument to the largest ones that are valid."""
    parts = span.text.split("x")
    if least < 1 or str(number) not in parts:
        return None
    text = "x".join(str(min(int(part), least)) for part in parts)
    return replaced(span, text, f"{advice}: `{text}`")


def _projected(projection: Projection, refusal: RefusedStep) -> Fix | None:
    """Adds the projection at the end of its branch."""
    merge = enclosing(refusal.file, refusal.step, ast.Apply)
    if merge is None:
        return None
    here = in_terms(refusal.file, projection, refusal.origins, refusal.paths, merge)
    if here is None:
        return Fix(str(projection))
    fix = projected_value(refusal.file, merge, here, len(refusal.origins))
    if fix is not None or merge.body is None:
        return fix
    end, body = refusal.origins[projection.branch - 1], merge.body.span
    if not (body.start <= end.start and end.end <= body.end):
        return None
    if end.text == "identity":
        return replaced(end, here.step, str(here))
    return inserted(end, f" -> {here.step}", str(here))


def _pooled(found: shapes.FixedSizeNeeded, file: ast.File, origins: tuple[Span, ...]) -> Fix | None:
    """Averages over the places before the value is flattened."""
    if found.operator != "linear" or len(origins) != 1 or origins[0].text != "flatten":
        return None
    step = enclosing(file, origins[0], ast.Step)
    if step is None or step.label is not None:
        return None
    before = Span(origins[0].source, origins[0].start, origins[0].start)
    return inserted(
        before,
        "gap -> ",
        "average over the places first, `gap -> flatten`, or declare the input with numbers only",
    )


def default_changed(
    diagnostic: Diagnostic, solution: Solution, declared: Mapping[str, Size], meant: Fix | None
) -> Diagnostic:
    """The refusal of a default size, with its declaration and the nearest size that works.

    `meant` is what the step was probably meant to be; with it, the size isn't the mistake.
    """
    if not isinstance(diagnostic, sizes.SizeRefused):
        return diagnostic
    size = declared[diagnostic.size]
    note = Note(size.span, f"`{size.name}` is {size.default} by default")
    symbol = next(each for each in solution.symbols if each.name == size.name)
    near = min(symbol.nearest(size.default), key=lambda n: abs(n - size.default), default=None)
    fix = replaced(size.span, f"{size.name}={near}", diagnostic.help_text) if near else None
    return replace(diagnostic, notes=(*diagnostic.notes, note), fix=meant or fix)
