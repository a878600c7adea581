"""Warns about net inputs that are declared with their batch: W0205.

This is a rule on texts, so that the warning is shown together with the error that such an input
leads to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from netlang import diagnostics
from netlang.advice.batch import is_batch_of_pictures, other_sizes, without_batch
from netlang.diagnostics.diagnostic import Caution
from netlang.diagnostics.errors import NetlangError
from netlang.lint.tree import TreeRule
from netlang.records import replace
from netlang.syntax import ast

if TYPE_CHECKING:
    from netlang.modules.library import Module

__all__ = ["BatchInInputs"]


class BatchInInputs(TreeRule):
    """The inputs of each net. A file with windows of three sizes (`3x3x3`) is about volumes."""

    watches = (ast.Input, ast.Dims, ast.Parameter)

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self._inputs: list[tuple[ast.Input, ast.TypeSpec]] = []
        self._parameters: set[str] = set()
        self._volumes = False
        self._cautions: list[Caution] = []

    def begin(self, item: ast.Item) -> None:
        self._judge()

    def see(self, node: ast.Node) -> None:
        if isinstance(node, ast.Dims):
            self._volumes = self._volumes or len(node.sizes) == 3
        elif isinstance(node, ast.Parameter):
            self._parameters.add(node.name)
        elif (
            isinstance(node, ast.Input)
            and node.type is not None
            and is_batch_of_pictures(node.type.sizes)
        ):
            self._inputs.append((node, node.type))

    def found(self) -> Iterator[Caution]:
        self._judge()
        yield from () if self._volumes else self._cautions

    def _judge(self) -> None:
        """The warnings about the inputs of the definition that ends here."""
        for declaration, spec in self._inputs:
            if self._has_value(spec.sizes[0]):
                self._cautions.append(_caution(declaration, spec))
        self._inputs, self._parameters = [], set()

    def _has_value(self, size: ast.SizeDecl) -> bool:
        """Whether the first size has a value; without one, it is an error instead."""
        if size.default is not None or size.name in self._parameters:
            return True
        try:
            return self.module.find(size.name or "") is not None
        except NetlangError:
            return False


def _caution(declaration: ast.Input, spec: ast.TypeSpec) -> Caution:
    first, depth, height, width = (
        size.span.text if size.default is None else size.default.span.text for size in spec.sizes
    )
    instead = other_sizes(spec.sizes)
    fix = without_batch(spec.sizes)
    return diagnostics.BatchInShape(
        span=spec.span,
        name=declaration.name,
        channels=f"{first} channel{'s' * (first != '1')}",
        depth=depth,
        height=height,
        width=width,
        instead=instead,
        fix=replace(fix, description=f"the batch isn't written: `{instead}`"),
    )
