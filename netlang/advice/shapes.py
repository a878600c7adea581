"""Fixes of steps that don't fit their inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import gcd

from netlang.advice.edits import enclosing, inserted, replaced
from netlang.advice.padding import padded
from netlang.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netlang.diagnostics.language import branches, shapes, sizes
from netlang.ir.program import Size
from netlang.ir.sizes.solve import Solution
from netlang.records import replace
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

__all__ = ["default_changed", "mended"]

_STEP = re.compile(r"project branch (\d+): `(.*)`")
_CHANNELS = re.compile(r"\[(\d+),")
_COUNT = re.compile(r"\((\d+)(?=[,)])")
_INTEGERS = re.compile(r"\d+(?:x\d+)*")


def mended(
    diagnostic: Diagnostic, file: ast.File, step: Span, origins: tuple[Span, ...]
) -> Diagnostic:
    """A refusal with the change that mends it, if there is one.

    `step` is the name of the operator that refused, `origins` the steps that made its inputs.
    """
    span = diagnostic.span
    if diagnostic.fix or span is None:
        return diagnostic
    return replace(diagnostic, fix=_fix(diagnostic, span, file, step, origins))


def _fix(
    found: Diagnostic, span: Span, file: ast.File, step: Span, origins: tuple[Span, ...]
) -> Fix | None:
    if isinstance(found, branches.BranchesDiffer | branches.ConcatMismatch):
        fix = padded(found, file, origins)
        if fix is not None or isinstance(found, branches.ConcatMismatch):
            return fix
        return _projection(found.advice, file, step, origins)
    if isinstance(found, shapes.FixedSizeNeeded):
        return _pooled(found, file, origins)
    if isinstance(found, shapes.WrongDType):
        return _declared(found, file, origins)
    text = span.text
    if not _INTEGERS.fullmatch(text):
        return None  # the number stands elsewhere: a change of it there may break other steps
    if isinstance(found, shapes.NotDivisible) and found.divisor_name in ("`groups`", "`heads`"):
        return _dividing(found, span)
    if isinstance(found, shapes.KernelTooLarge):
        return _in_order(found, file, step) or _lowered(
            span, found.extent, found.padded, "use a smaller kernel or more `pad`"
        )
    if isinstance(found, shapes.PadTooLarge):
        return _lowered(span, found.pad, found.most, "pad less")
    if isinstance(found, shapes.SizesPerAxis) and len(set(text.split("x"))) == 1:
        return replaced(span, text.split("x")[0])
    if isinstance(found, shapes.AxisOutOfRange):
        return replaced(span, str(found.highest))
    return None


def _dividing(found: shapes.NotDivisible, span: Span) -> Fix | None:
    """A number of groups that divides: for a convolution both channel counts."""
    if not found.value.isdecimal():
        return None
    whole = int(found.value)
    best = gcd(whole, found.divisor)
    if "conv" not in found.operator:
        best = min(_divisors(whole), key=lambda divisor: abs(divisor - found.divisor))
    return replaced(span, str(best), f"write `{best}`, which divides {whole}, or change {whole}")


def _divisors(number: int) -> list[int]:
    return [divisor for divisor in range(1, min(number, 10_000) + 1) if number % divisor == 0]


def _declared(found: shapes.WrongDType, file: ast.File, origins: tuple[Span, ...]) -> Fix | None:
    """The element type that is needed, in the declaration of the input."""
    source = enclosing(file, origins[0], ast.Input) if origins else None
    if source is None or source.type is None or source.type.dtype is not None:
        return None
    if not found.expected.startswith("int64"):
        return None
    start = Span(source.span.source, source.type.span.start, source.type.span.start)
    return inserted(start, "int64", f"declare the input so: `int64{source.type.span.text}`")


def _in_order(found: shapes.KernelTooLarge, file: ast.File, step: Span) -> Fix | None:
    """`conv(3, 64, 3)` of 3 channels, in PyTorch's order, without what is known of the input."""
    call = enclosing(file, step, ast.Apply)
    numbers = call.arguments[:3] if call and call.arguments and "conv" in found.operator else ()
    if len(numbers) < 3 or any(each.name or not each.span.text.isdecimal() for each in numbers):
        return None
    first, kernel, stride = (each.span for each in numbers)
    of_input = [match[1] for note in found.notes if (match := _CHANNELS.match(note.text))]
    if of_input != [first.text] or int(kernel.text) <= int(stride.text):
        return None
    assert call is not None
    text = call.span.text
    start = call.span.start
    instead = " ".join((text[: first.start - start] + text[kernel.start - start :]).split())
    edit = Edit(Span(first.source, first.start, kernel.start), "")
    return Fix(f"the input's channels aren't written, as in PyTorch: write `{instead}`", (edit,))


def _lowered(span: Span, number: int, least: int, advice: str) -> Fix | None:
    """The numbers of an argument that are too large, as large as is possible."""
    parts = span.text.split("x")
    if least < 1 or str(number) not in parts:
        return None
    text = "x".join(str(min(int(part), least)) for part in parts)
    return replaced(span, text, f"{advice}: `{text}`")


def _projection(advice: str, file: ast.File, step: Span, origins: tuple[Span, ...]) -> Fix | None:
    """The projection that the advice names, at the end of its branch."""
    match = _STEP.search(advice)
    merge = enclosing(file, step, ast.Apply)
    if match is None or merge is None or merge.body is None:
        return None
    end, body = origins[int(match[1]) - 1], merge.body.span
    if not (body.start <= end.start and end.end <= body.end):
        return None
    step_text = _in_terms(match[2], file, end, origins)
    if step_text is None:
        return Fix(advice)
    advice = advice.replace(match[2], step_text)
    if end.text == "identity":
        return replaced(end, step_text, advice)
    return inserted(end, f" -> {step_text}", advice)


def _in_terms(text: str, file: ast.File, end: Span, origins: tuple[Span, ...]) -> str | None:
    """`conv(64, 1x1)` with `width * 2` for 64, where another branch of the block says so.

    None where a block has parameters and it isn't known which number comes of them.
    """
    block = enclosing(file, end, ast.BlockDef | ast.NetDef)  # type: ignore[arg-type]  # any of both
    count = _COUNT.search(text)
    if block is None or count is None or not block.parameters:
        return text
    names = {parameter.name for parameter in block.parameters}
    others = [origin for origin in origins if origin != end]
    written = next((each for each in (_channels(file, o) for o in others) if each), None)
    if written is None:
        return None
    if not any(isinstance(node, ast.Name) and node.name in names for node in walk(written)):
        return text
    return text[: count.start(1)] + written.span.text + text[count.end(1) :]


def _channels(file: ast.File, origin: Span) -> ast.Expr | None:
    """The number of channels as the last step of a path says that decides it."""
    path = enclosing(file, origin, ast.Path)
    calls = [s.action for s in path.steps if s.span.start <= origin.start] if path else []
    for call in reversed(calls):
        if isinstance(call, ast.Apply) and call.name in ("conv", "linear") and call.arguments:
            named = [each.value for each in call.arguments if each.name == "out"]
            return named[0] if named else call.arguments[0].value
    return None


def _pooled(found: shapes.FixedSizeNeeded, file: ast.File, origins: tuple[Span, ...]) -> Fix | None:
    """Places averaged before they are laid out in a row."""
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
    diagnostic: Diagnostic, solution: Solution, declared: Mapping[str, Size]
) -> Diagnostic:
    """The refusal of a default size, with the place that declares it and the nearest that works."""
    if not isinstance(diagnostic, sizes.SizeRefused):
        return diagnostic
    size = declared[diagnostic.size]
    note = Label(size.span, f"`{size.name}` is {size.default} by default")
    symbol = next(each for each in solution.symbols if each.name == size.name)
    near = min(symbol.nearest(size.default), key=lambda n: abs(n - size.default), default=None)
    fix = replaced(size.span, f"{size.name}={near}", diagnostic.help_text) if near else None
    return replace(diagnostic, notes=(*diagnostic.notes, note), fix=fix)
