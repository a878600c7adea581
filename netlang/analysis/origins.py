"""Where an argument of an operator came from: written in a file, through which parameters, or not.

An argument that was written may read parameters of its block. A parameter's value was written where
the block is called, and may read parameters there, and so on up to the net.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from netlang.ir.arguments import signature
from netlang.ir.numbers.provenance import names_in, origin_of
from netlang.ir.op import Op
from netlang.ir.program import Function, Node
from netlang.records import Record
from netlang.source import Span

__all__ = ["CallContext", "GivenParameter", "Origin", "origins"]

# Names that an expression reads: no attributes, no names of arguments (`stride=`), no strings.
_STRING = re.compile(r'"[^"\n]*"')
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?!\w|\s*=[^=])")
_CONSTANT = re.compile(r"\s*([A-Za-z_]\w*)\s*=[^=]")


_MOST_TOLD = 12
"""Parameters shown for one argument; a default may derive from all earlier ones."""


class CallContext(Record, eq=False, dict=True):
    """A block in use: its function, the arguments for its parameters, and the surrounding block."""

    function: Function
    arguments: Mapping[str, object]
    written: Mapping[str, Span]
    outer: CallContext | None = None

    def inner(self, node: Node, function: Function) -> CallContext:
        """The context of a call."""
        return CallContext(function, node.arguments, node.written, self)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The parameters that were given something written, in order."""
        names = self.function.arguments
        return {name: place for place, name in enumerate(names) if name in self.written}

    def ordered(self, names: Iterable[str]) -> list[str]:
        """Those of some names that are parameters which were given something written."""
        return sorted((name for name in names if name in self.places), key=self.places.__getitem__)


class GivenParameter(Record):
    """A parameter from which a value derives: its value and where that was written.

    `is_default`: it is the block's own default. `through` are the parameters that it read.
    """

    name: str
    value: object
    span: Span
    is_default: bool
    through: tuple[GivenParameter, ...]


class Origin(Record):
    """Where an argument was written; None for a default of the operator.

    `inside`: in the step itself; otherwise `partial` is the constant that contains it, if it was
    given ahead of the step (`conv3x3`). `more`: it derives from more parameters than `through`
    lists.
    """

    span: Span | None
    inside: bool = False
    partial: str | None = None
    through: tuple[GivenParameter, ...] = ()
    more: bool = False

    @property
    def is_here(self) -> bool:
        """Whether the step itself says everything."""
        return self.inside and not self.through

    @property
    def text(self) -> str:
        """The expression on one line."""
        return " ".join(self.span.text.split()) if self.span else ""


def origins(node: Node, op: Op, context: CallContext) -> dict[str, Origin]:
    """The origin of every argument of a step, in the order of the signature."""
    return {
        item.name: _origin(node.written.get(item.name), getattr(op, item.name), node, context)
        for item in signature(type(op))
    }


def _origin(span: Span | None, value: object, node: Node, context: CallContext) -> Origin:
    if span is None:
        return Origin(None)
    inside = _contains(node.span, span)
    partial = None if inside else _constant_of(span)
    telling = _Telling()
    through = telling.parameters(span, value, context)
    return Origin(span, inside, partial, through, telling.left < 0)


def _contains(outer: Span | None, inner: Span) -> bool:
    return (
        outer is not None
        and outer.source is inner.source
        and outer.start <= inner.start
        and inner.end <= outer.end
    )


def _constant_of(span: Span) -> str | None:
    """The constant on whose line the span lies."""
    match = _CONSTANT.match(span.source.line(span.location.line))
    return match.group(1) if match else None


class _Telling:
    """Collects the parameters from which one argument derives, up to a limit."""

    def __init__(self) -> None:
        self.left = _MOST_TOLD

    def parameters(
        self, span: Span, value: object, context: CallContext
    ) -> tuple[GivenParameter, ...]:
        """The context's parameters from which a value was made, by its trace or by the text."""
        origin = origin_of(value)
        names = set(names_in(origin)) if origin is not None else set()
        if _contains(context.function.extent, span):
            names.update(_read(span))
        return tuple(self._given(context.ordered(names), context))

    def _given(self, names: Iterable[str], context: CallContext) -> Iterator[GivenParameter]:
        for name in names:
            self.left -= 1
            if self.left < 0:
                return
            span, value = context.written[name], context.arguments.get(name)
            is_default = _contains(context.function.extent, span)
            if is_default:
                place = context.places[name]
                before = (each for each in context.ordered(_read(span))
                          if context.places[each] < place)  # fmt: skip
                through = tuple(self._given(before, context))
            else:
                through = self.parameters(span, value, context.outer) if context.outer else ()
            yield GivenParameter(name, value, span, is_default, through)


def _read(span: Span) -> frozenset[str]:
    return frozenset(_NAME.findall(_STRING.sub("", span.text)))
