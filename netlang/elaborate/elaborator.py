"""Dispatches every kind of statement and step to its handler."""

from __future__ import annotations

from netlang.elaborate.body import Body, Elaborator
from netlang.elaborate.function.builder import CurrentValue
from netlang.elaborate.statements import STATEMENTS
from netlang.elaborate.steps import path
from netlang.syntax import ast

__all__ = ["StatementElaborator"]


class StatementElaborator(Elaborator):
    """Dispatches by the class of each statement."""

    def statement(self, body: Body, statement: ast.Statement) -> None:
        STATEMENTS[type(statement)](body, statement)

    def path(self, body: Body, steps: ast.Path, flow: CurrentValue) -> CurrentValue:
        return path(body, steps, flow)
