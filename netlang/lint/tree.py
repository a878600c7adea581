"""One walk over the text of a file, shared by all rules on texts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from netlang.diagnostics.diagnostic import Caution
from netlang.syntax import ast
from netlang.syntax.ast.walk import outline, walk

if TYPE_CHECKING:
    from netlang.modules.library import Module

__all__ = ["NAMES", "TreeRule", "look", "read_name"]

NAMES: tuple[type[ast.Node], ...] = (ast.Name, ast.Apply, ast.SizeDecl)
"""The nodes that may read a name."""


class TreeRule(ABC):
    """A rule on texts. One object checks one file.

    `watches` are the kinds of nodes that it sees, outermost first; none of `walk.LEFT_OUT`.
    """

    watches: ClassVar[tuple[type[ast.Node], ...]]

    def __init__(self, module: Module) -> None:
        self.module = module

    @abstractmethod
    def begin(self, item: ast.Item) -> None:
        """A definition, import, constant or assert of the file begins."""

    @abstractmethod
    def see(self, node: ast.Node) -> None:
        """One of the watched nodes."""

    @abstractmethod
    def found(self) -> Iterator[Caution]:
        """The warnings, once the whole file was seen."""


def look(module: Module, kinds: Iterable[type[TreeRule]]) -> Iterator[Caution]:
    """The warnings of rules on texts about a file."""
    rules = [kind(module) for kind in kinds]
    watchers: dict[type[ast.Node], list[Callable[[ast.Node], None]]] = defaultdict(list)
    for rule in rules:
        for kind in rule.watches:
            watchers[kind].append(rule.see)
    for item in module.file.items:
        for rule in rules:
            rule.begin(item)
        for node in _nodes(item):
            for see in watchers.get(type(node), ()):
                see(node)
    for rule in rules:
        yield from rule.found()


def _nodes(item: ast.Item) -> Iterable[ast.Node]:
    """The nodes of an item that rules may watch, outermost first."""
    if isinstance(item, (ast.BlockDef, ast.NetDef)):
        return outline(item).nodes
    return walk(item)


def read_name(node: ast.Node) -> str | None:
    """The name that a node reads; a size `[n]` without a default may be one."""
    if isinstance(node, (ast.Name, ast.Apply)):
        return node.name
    if isinstance(node, ast.SizeDecl) and node.default is None:
        return node.name
    return None
