"""Asserts in a file: what a spec claims about its own nets, compared with the facts.

``assert resnet50.macs(H=224, W=224) < 4.1G`` refers to the net with its default arguments,
deployed, N = 1, at its default sizes except those given. If it fails, the message shows the figure
and the largest contributors to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from netlang import advice as fixes
from netlang.analysis.facts import FACTS, Facts
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Diagnostic, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.program import elaborate
from netlang.evaluate.expressions import Evaluator
from netlang.evaluate.lists import single
from netlang.evaluate.values import BlockTarget, Layer, Value, describe, kind_of
from netlang.ir.program import Program
from netlang.modules.library import Module
from netlang.modules.mentions import mentioned
from netlang.records import replace
from netlang.source import Span
from netlang.syntax import ast

if TYPE_CHECKING:
    from netlang.analysis.fields.figure import ReceptiveField

__all__ = ["check_asserts"]

_SUMMED = ("params", "trainable_params", "macs", "flops", "other_ops", "memory")


def check_asserts(
    module: Module, programs: Mapping[str, Program], about: str | None = None
) -> Iterator[Diagnostic]:
    """The asserts of a file that don't hold or can't be evaluated.

    `programs` are nets of the file by name that are already elaborated; others are elaborated here.
    With `about`, only asserts that name this net are checked.
    """
    nets = _Nets(module, programs)
    for item in module.file.items:
        if not isinstance(item, ast.Assert):
            continue
        if about is None or about in mentioned(item.condition):
            try:
                yield from nets.check(item)
            except NetlangError as error:
                yield from error.diagnostics


class _Nets:
    """The nets that asserts refer to, with their facts."""

    def __init__(self, module: Module, programs: Mapping[str, Program]) -> None:
        self._module = module
        self._programs = programs
        self._facts: dict[str, Facts] = {}
        self._read: list[tuple[str, str, dict[str, int], Value]] = []
        self._bounds: list[tuple[str, ReceptiveField]] = []
        self._largest: dict[tuple[str, tuple[tuple[str, int], ...]], str] = {}

    def check(self, statement: ast.Assert) -> Iterator[Diagnostic]:
        """Yields nothing if the condition holds."""
        self._read.clear()
        self._bounds.clear()
        evaluator = self._evaluator()
        holds = evaluator.truth(statement.condition)
        unknown = any(field.unknown for _, field in self._bounds)
        if self._bounds and (unknown or not (holds and _is_bounded_above(statement.condition))):
            yield _only_bounded(statement.condition.span, *self._bounds[0])
            return
        if holds:
            return
        text = statement.condition.span.text
        yield language.AssertFailed(
            span=statement.condition.span,
            statement=statement.message.value if statement.message else f"`{text}` doesn't hold",
            found=", ".join(f"{what} is {_grouped(value)}" for what, _, _, value in self._read)
            or "this is false",
            advice=self._contributors() or "correct the figure, or the net",
            fix=self._corrected(statement.condition),
        )

    def _corrected(self, condition: ast.Expr) -> Fix | None:
        """Writes the actual figure if an assert claims that it equals another one."""
        if not isinstance(condition, ast.Compare) or condition.operators != ("==",):
            return None
        claims = [
            each for each in condition.operands if isinstance(each, (ast.Number, ast.ListExpr))
        ]
        if len(claims) != 1 or len(self._read) != 1:
            return None
        value = self._read[0][-1]
        text = f"{value:_}" if isinstance(value, int) else describe(value)
        why = self._contributors()
        advice = f"it holds as `{text}`"
        return fixes.replaced(claims[0].span, text, f"{why}; {advice}" if why else advice)

    def _evaluator(self) -> Evaluator:
        return self._module.evaluator(figure=self.figure)

    def figure(
        self, layer: Layer, expr: ast.Attribute, arguments: tuple[ast.Argument, ...]
    ) -> Value:
        """A fact of a net, or the shape of one of its outputs."""
        name = expr.value.span.text
        facts = self._of(name, layer, expr)
        sizes = dict(self._size(argument) for argument in arguments)
        try:
            value = self._value(facts, name, expr, sizes)
        except NetlangError as error:
            raise NetlangError(
                *(_placed(each, expr.span, arguments) for each in error.diagnostics)
            ) from None
        self._read.append((f"{name}.{expr.name}", expr.name, sizes, value))
        return value

    def _value(
        self, facts: Facts, name: str, expr: ast.Attribute, sizes: Mapping[str, int]
    ) -> Value:
        if expr.name in FACTS:
            figure = facts.value(expr.name, sizes)
            if expr.name == "receptive_field" and (field := facts.field(sizes)) and field.bound:
                self._bounds.append((f"{name}.{expr.name}", field))
            if figure is not None:
                return figure
        shapes = facts.shapes(sizes)
        if expr.name in shapes:
            return shapes[expr.name]
        known = tuple(each for each in (*FACTS, *shapes) if each != expr.name)
        raise NetlangError(
            language.NoSuchAttribute(
                span=expr.name_span,
                what=f"net `{name}`",
                name=expr.name,
                available=", ".join(known),
                fix=fixes.replacement(expr.name, known, expr.name_span),
            )
        )

    def _of(self, name: str, layer: Layer, expr: ast.Attribute) -> Facts:
        if name not in self._facts:
            if not _is_net(layer):
                raise NetlangError(_no_net(layer, expr.value.span))
            program = self._programs.get(name) or elaborate(layer, name, expr.value.span)
            self._facts[name] = Facts(program)
        return self._facts[name]

    def _size(self, argument: ast.Argument) -> tuple[str, int]:
        value = self._module.evaluator().value(single(argument, "a fact"))
        if argument.name and isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return argument.name, int(value)
        raise NetlangError(
            language.BadArgument(
                span=argument.span,
                callee="a fact",
                name=argument.name or "size",
                expected="a size by its name: `H=224`",
                actual=f"{describe(value)}, {kind_of(value)}",
            )
        )

    def _contributors(self) -> str:
        """The largest contributors to the first figure that was read."""
        for what, name, sizes, _ in self._read:
            if name in _SUMMED:
                key = what, tuple(sizes.items())
                if key not in self._largest:
                    self._largest[key] = self._top(what.removesuffix(f".{name}"), name, sizes)
                return self._largest[key]
        return ""

    def _top(self, net: str, name: str, sizes: Mapping[str, int]) -> str:
        top = self._facts[net].contributors(name, 3, sizes)
        parts = ", ".join(f"`{path}` {figure:,}" for path, figure in top)
        return f"most of it comes from {parts}" if parts else ""


def _only_bounded(span: Span, what: str, field: ReceptiveField) -> Diagnostic:
    if field.unknown:
        known = "how far its windows reach isn't known at this size"
        advice = f"leave the assert out, or claim it at another size: `{what}(H=64)`"
        return language.OnlyBounded(span=span, what=what, known=known, advice=advice)
    bound = str(field).replace("<=", "")
    advice = f"claim an upper bound: `{what} <= {bound}`"
    return language.OnlyBounded(span=span, what=what, known=f"it is at most {bound}", advice=advice)


def _is_bounded_above(condition: ast.Expr) -> bool:
    """Whether a condition true of a figure holds for all smaller ones: ``receptive_field < 9``."""
    if not isinstance(condition, ast.Compare) or len(condition.operators) != 1:
        return False
    (operator,) = condition.operators
    smaller, larger = condition.operands if operator in ("<", "<=") else condition.operands[::-1]
    return (
        operator in ("<", "<=", ">", ">=")
        and isinstance(smaller.callee if isinstance(smaller, ast.Call) else smaller, ast.Attribute)
        and isinstance(larger, ast.Number)
    )


def _is_net(layer: Layer) -> bool:
    return isinstance(layer.target, BlockTarget) and isinstance(layer.target.definition, ast.NetDef)


def _no_net(layer: Layer, span: Span) -> Diagnostic:
    """An error that says what to write for a claim about something that isn't a net."""
    is_block = isinstance(layer.target, BlockTarget)
    example = f"net n {{ input x: [3, H=32, W=32]; {span.text} }}"
    advice = f"assert about a net that has it as a step: `{example}`"
    if is_block:
        advice += "; or put the assert inside the block, about `in` and labels"
    kind = "a block" if is_block else "an operator"
    return language.AssertOnNoNet(span=span, name=span.text, kind=kind, advice=advice)


def _placed(diagnostic: Diagnostic, span: Span, arguments: tuple[ast.Argument, ...]) -> Diagnostic:
    """A diagnostic about sizes given in an assert, located at the size if it has no place."""
    if diagnostic.span:
        return diagnostic
    name = diagnostic.size if isinstance(diagnostic, language.UnknownSize) else None
    spans = (each.name_span for each in arguments if each.name == name)
    return replace(diagnostic, span=next(spans, None) or span)


def _grouped(value: Value) -> str:
    return f"{value:,}" if isinstance(value, int) else describe(value)
