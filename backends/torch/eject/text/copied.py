"""The text of functions of `netlang.backends.torch.runtime` and of everything that they need.

A script gets the functions that it calls, the functions that those call, the constants that they
read, and the necessary imports: the text that training runs, without annotations.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any, final

from netlang.backends.torch.eject.text.plain import plain
from netlang.diagnostics.errors import InternalError

__all__ = ["Copied", "copied", "decorators", "imports_of"]

# Modules whose text may be copied.
_PLAIN = ("netlang.backends.torch.runtime.", "netlang.recipes.words.rates")


@final
@dataclass(frozen=True)
class _Definition:
    """A top-level statement of a module and the names that it reads."""

    text: str
    names: frozenset[str]


@final
@dataclass
class Copied:
    """Definitions by name, each after those that it needs, and import lines."""

    definitions: dict[str, str] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    _done: set[tuple[str, str]] = field(default_factory=set)

    def add(self, module: ModuleType, name: str) -> None:
        """Add the definition of `name` in `module` and everything that it needs, once."""
        if (module.__name__, name) in self._done:
            return
        self._done.add((module.__name__, name))
        definition = _definitions(module).get(name)
        if definition is None:
            self._import(module, name)
            return
        for needed in sorted(definition.names - {name}):
            if needed in _definitions(module) or needed in _imports(module):
                self.add(module, needed)
        self.definitions[name] = definition.text

    def _import(self, module: ModuleType, name: str) -> None:
        """Add a name that the module imports from another runtime module or from a library."""
        origin, line = _imports(module)[name]
        if not origin.startswith(_PLAIN):
            self.imports.add(line)
            return
        self.add(sys.modules[origin], name)


def copied(functions: Iterable[Callable[..., Any]]) -> Copied:
    """The text of runtime functions, in an executable order."""
    found = Copied()
    for function in functions:
        module = inspect.getmodule(function)
        if module is None or not module.__name__.startswith(_PLAIN):
            raise InternalError(f"{function} isn't a function of the runtime")
        found.add(module, function.__name__)
    return found


def imports_of(tree: ast.AST) -> Iterator[tuple[str, str, str]]:
    """For each imported name: the name, its module, and the line that imports it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                text = f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
                yield alias.asname or alias.name.split(".")[0], alias.name, text
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                text = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
                yield alias.asname or alias.name, node.module, f"from {node.module} import {text}"


@cache
def _imports(module: ModuleType) -> dict[str, tuple[str, str]]:
    tree = ast.parse(inspect.getsource(module))
    return {name: (origin, line) for name, origin, line in imports_of(tree)}


@cache
def _definitions(module: ModuleType) -> dict[str, _Definition]:
    """The top-level functions, classes and constants of a module by name."""
    whole = inspect.getsource(module)
    lines = whole.splitlines()
    found: dict[str, _Definition] = {}
    for node in ast.parse(whole).body:
        name = _defined(node)
        if name and name != "__all__":
            first = min([node.lineno, *(each.lineno for each in decorators(node))])
            text = plain("\n".join(lines[first - 1 : node.end_lineno]))
            found[name] = _Definition(text, frozenset(_read(ast.parse(text))))
    return found


def decorators(node: ast.stmt) -> list[ast.expr]:
    """The decorators of a definition."""
    return node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else []


def _defined(node: ast.stmt) -> str | None:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return None


def _read(node: ast.AST) -> Iterator[str]:
    """Every name in a statement."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
