"""Warns about inputs of blocks that nothing reads: W0111. Those of a net are an error."""

from __future__ import annotations

from collections.abc import Iterator

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
    read = {ref for node in function.nodes for ref in node.inputs if ref.producer == INPUT}
    read |= {output.ref for output in function.outputs}
    unread = {
        port.name
        for place, port in enumerate(function.inputs)
        if not any(ref.producer == INPUT and ref.output == place for ref in read)
    }
    if not unread:
        return
    words = mentioned(definition.body)
    for each in outline(definition).nodes:
        if isinstance(each, ast.Input) and _is_idle(each, unread, words):
            yield UnusedInput(span=each.name_span, name=each.name, block=definition.name)


def _is_idle(port: ast.Input, unread: set[str], words: set[str]) -> bool:
    """Whether an input is unread, and no word of the body could be its name."""
    if not port.is_computed:
        return port.name in unread and port.name not in words
    first = port.port.pieces[0]
    if not isinstance(first, str) or any(word.startswith(first) for word in words):
        return False
    return any(name.startswith(first) for name in unread)
