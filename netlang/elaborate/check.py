"""Checks a whole file: evaluates every name and builds every net that needs no arguments."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.many import MOST_COUNTED, MoreErrors, Reported
from netlang.elaborate.program import elaborate
from netlang.evaluate.values import BlockTarget, Layer
from netlang.ir.program import Program
from netlang.modules.library import Module
from netlang.modules.nets import net_layer
from netlang.modules.unknown_names import unknown_in_function, unknown_names
from netlang.source import Source
from netlang.syntax import ast

__all__ = ["Checked", "check_definitions", "in_order"]


def in_order(found: list[Diagnostic], text: Source) -> list[Diagnostic]:
    """The errors in a text by position, then those in other texts."""

    def place(diagnostic: Diagnostic) -> tuple[bool, int]:
        span = diagnostic.span
        own = span is not None and span.source is text
        return (not own, span.start if own and span is not None else 0)

    return sorted(found, key=place)


class Checked:
    """The findings in a file: programs by net name, and errors."""

    def __init__(self) -> None:
        self.programs: dict[str, Program] = {}
        self.diagnostics: list[Diagnostic] = []
        self._reported = Reported()

    def report(self, error: NetlangError) -> None:
        """Record the diagnostics of an error, each once."""
        self.diagnostics += filter(self._reported.is_new, error.diagnostics)


def check_definitions(module: Module) -> Checked:
    """Evaluate every name of a file and elaborate every net that needs no more arguments."""
    checked = Checked()
    for item in module.file.items:
        if isinstance(item, ast.FromImport):
            _collect(checked, module, (name.alias or name.name for name in item.names))
    _collect(checked, module, (item.name for item in module.definitions()))
    for name, item in module.nets().items():
        try:
            layer = net_layer(module, name, item.name_span)
            if _is_complete(layer):
                program = elaborate(layer, name, item.name_span, item.doc)
                checked.programs[name] = program
        except NetlangError as error:
            checked.report(error)
    reported = {diagnostic.span for diagnostic in checked.diagnostics}
    for definition in module.definitions():
        found: Iterator[Diagnostic] = iter(())
        if isinstance(definition, (ast.BlockDef, ast.NetDef)):
            found = unknown_names(module, definition, reported)
        elif isinstance(definition, ast.FunctionDef):
            found = unknown_in_function(module, definition, reported)
        for diagnostic in found:
            checked.report(NetlangError(diagnostic))
            if len(checked.diagnostics) > MOST_COUNTED:
                checked.report(NetlangError(MoreErrors.unseen()))
                return checked
    return checked


def _collect(checked: Checked, module: Module, names: Iterator[str]) -> None:
    for name in names:
        try:
            module.find(name)
        except NetlangError as error:
            checked.report(error)


def _is_complete(layer: Layer) -> bool:
    """Whether every parameter has a value."""
    target = layer.target
    given = {name for name, _ in layer.arguments}
    return isinstance(target, BlockTarget) and all(
        parameter.name in given or parameter.default is not None
        for parameter in target.definition.parameters
    )
