"""Warns about inputs of blocks that nothing reads: W0111. Those of a net are an error."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import chain

from netlang.diagnostics.diagnostic import Caution
from netlang.diagnostics.warnings.text import UnusedInput
from netlang.ir.program import INPUT, Function
from netlang.lint.site import About
from netlang.modules.mentions import mentioned
from netlang.syntax import ast
from netlang.syntax.ast.walk import outline

__all__ = ["unused_inputs"]


def unused_inputs(about: About, function: Function) -> Iterator[Caution]:
    """Inputs that this instance doesn't read, and that the text of the block doesn't name."""
    definition = about.steps.with_inputs.get(function.span.start)
    if definition is None or function.span.source is not about.module.source:
        return
    refs = chain(
        (ref for node in function.nodes for ref in node.inputs),
        (output.ref for output in function.outputs),
    )
    read = {ref.output for ref in refs if ref.producer == INPUT}
    unread = {port.name for place, port in enumerate(function.inputs) if place not in read}
    if not unread:
        return
    words, idle = _Beginnings(mentioned(definition.body)), _Beginnings(unread)
    for each in outline(definition).nodes:
        if isinstance(each, ast.Input) and _is_idle(each, idle, words):
            yield UnusedInput(span=each.name_span, name=each.name, block=definition.name)


class _Beginnings:
    """Names that are searched by how they begin, without looking at all of them."""

    def __init__(self, names: set[str]) -> None:
        self.names, self._sorted = names, sorted(names)

    def has(self, beginning: str) -> bool:
        """Whether some name begins like that."""
        place = bisect_left(self._sorted, beginning)
        return place < len(self._sorted) and self._sorted[place].startswith(beginning)


def _is_idle(port: ast.Input, unread: _Beginnings, words: _Beginnings) -> bool:
    """Whether an input is unread, and no word of the body could be its name."""
    if not port.is_computed:
        return port.name in unread.names and port.name not in words.names
    first = port.port.pieces[0]
    return isinstance(first, str) and not words.has(first) and unread.has(first)
