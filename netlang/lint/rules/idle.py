"""Warns about loops that never run, whatever a net's arguments are: W0105.

Only what is evident from the text is evaluated: numbers, constants that are numbers, and their
arithmetic. A count that depends on a parameter, a loop or the input may well be 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from netlang import advice as fixes
from netlang import diagnostics
from netlang.diagnostics.diagnostic import Caution, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.environment import Environment
from netlang.evaluate.expressions import Evaluator
from netlang.evaluate.values import Value
from netlang.lint.tree import TreeRule
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

if TYPE_CHECKING:
    from netlang.modules.library import Module

__all__ = ["IdleLoops"]

_PLAIN = (ast.Number, ast.Name, ast.Unary, ast.Binary)


class IdleLoops(TreeRule):
    """The loops of each definition, and the names that it binds itself."""

    watches = (
        ast.For,
        ast.Repeat,
        ast.Comprehension,
        ast.Constant,
        ast.Parameter,
        ast.LabelPart,
    )

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self._loops: list[ast.For | ast.Repeat] = []
        self._bound: set[str] = set()
        self._cautions: list[Caution] = []

    def begin(self, item: ast.Item) -> None:
        self._judge()

    def see(self, node: ast.Node) -> None:
        if isinstance(node, ast.For):
            self._loops.append(node)
            self._bound.update(target.name for target in ast.names_in(node.targets))
        elif isinstance(node, ast.Repeat):
            self._loops.append(node)
        elif isinstance(node, ast.Comprehension):
            for clause in node.clauses:
                self._bound.update(target.name for target in ast.names_in(clause.targets))
        elif isinstance(node, (ast.Constant, ast.Parameter)):
            self._bound.add(node.name)
        elif isinstance(node, ast.LabelPart):
            self._bound.update(piece for piece in node.pieces if isinstance(piece, str))

    def found(self) -> Iterator[Caution]:
        self._judge()
        yield from self._cautions

    def _judge(self) -> None:
        """The warnings about the loops of the definition that ends here."""
        for loop in self._loops:
            why, fix = self._idle(loop)
            if why:
                span = loop.count.span if isinstance(loop, ast.Repeat) else loop.iterable.span
                self._cautions.append(diagnostics.LoopNeverRuns(span=span, why=why, fix=fix))
        self._loops, self._bound = [], set()

    def _idle(self, loop: ast.For | ast.Repeat) -> tuple[str, Fix | None]:
        """Why a loop never runs, with a fix; "" if it may run."""
        if isinstance(loop, ast.Repeat):
            return ("it is repeated 0 times" if self._number(loop.count) == 0 else "", None)
        items = loop.iterable
        if isinstance(items, ast.Call):
            return self._range(items)
        empty = isinstance(items, (ast.ListExpr, ast.TupleExpr)) and not items.items
        if isinstance(items, ast.Name):
            empty = self._of_file(items.name) == ()
        return ("the list is empty" if empty else "", None)

    def _range(self, call: ast.Call) -> tuple[str, Fix | None]:
        """The same for `range(stop)`, `range(start, stop)` and `range(start, stop, step)`."""
        arguments = call.arguments
        named = any(argument.name is not None for argument in arguments)
        callee = call.callee
        if not isinstance(callee, ast.Name) or callee.name != "range" or named:
            return "", None
        numbers = [self._number(argument.value) for argument in arguments]
        whole = [number for number in numbers if number is not None]
        if not 1 <= len(arguments) <= 3 or len(whole) < len(numbers) or 0 in whole[2:]:
            return "", None
        if range(*whole):
            return "", None
        backwards = len(whole) == 2 and whole[0] > whole[1]
        step = fixes.inserted(
            arguments[-1].span, ", -1", f"count down: `range({whole[0]}, {whole[-1]}, -1)`"
        )
        return "the range is empty", step if backwards else None

    def _number(self, expr: ast.Expr | ast.Spread) -> int | None:
        """The value of an expression that is a constant whole number, else None."""
        if isinstance(expr, ast.Spread):
            return None
        for node in walk(expr):
            if not isinstance(node, _PLAIN):
                return None
            if isinstance(node, ast.Name) and not isinstance(self._of_file(node.name), int):
                return None
        try:
            value = Evaluator(Environment(self.module.find)).value(expr)
        except NetlangError:
            return None
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def _of_file(self, name: str) -> Value | None:
        """The value of a name that only the file defines; None for others."""
        if name in self._bound:
            return None
        try:
            return self.module.find(name)
        except NetlangError:
            return None
