"""The model of a script: the emitted source in parts."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import final

from netlang.backends.torch.eject.net.conditional import conditional
from netlang.backends.torch.eject.net.folded import folded
from netlang.backends.torch.eject.net.outputs import plain_outputs
from netlang.backends.torch.eject.net.positional import positional
from netlang.backends.torch.eject.net.shortcuts import joined
from netlang.backends.torch.eject.text.copied import decorators, imports_of
from netlang.backends.torch.eject.text.plain import plain
from netlang.backends.torch.eject.text.sections import WIDTH
from netlang.backends.torch.emit.source import emitted
from netlang.backends.torch.python.tree import ClassDef
from netlang.ir.program import Program

__all__ = ["Model", "model_of"]


@final
@dataclass(frozen=True)
class Model:
    """The name of the net's class, the lines that define it, and its imports."""

    class_name: str
    lines: tuple[str, ...]
    imports: frozenset[str]


def model_of(program: Program, taken: Collection[str] = ()) -> Model:
    """The text that training runs, formatted for a script: to its width, without annotations.

    No class gets a name in `taken`.
    """
    found = emitted(program, _shorter, WIDTH, taken=taken)
    tree = ast.parse(found.source)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    after = max(node.end_lineno or 0 for node in imports)
    lines, source = [], found.source.splitlines()
    for node in tree.body:
        if node.lineno > after:
            first = min([node.lineno, *(each.lineno for each in decorators(node))])
            lines += source[after : first - 1]
            after = node.end_lineno or 0
            lines += plain("\n".join(source[first - 1 : after])).split("\n")
    while lines and not lines[0].strip():
        lines = lines[1:]
    names = frozenset(line for _, _, line in imports_of(tree))
    return Model(found.class_name, tuple(_without_docstrings(lines)), names)


def _shorter(definitions: Sequence[ClassDef]) -> list[ClassDef]:
    """The classes as a person would write them, with the same computation."""
    return conditional(folded(positional(plain_outputs(joined(definitions)))))


def _without_docstrings(lines: list[str]) -> Iterator[str]:
    """Moves a class docstring into a comment after the class name, if there is room."""
    left = iter(lines)
    for line in left:
        if not line.startswith("class "):
            yield line
            continue
        about, blank = next(left), next(left)
        text = about.strip().strip('"').removesuffix(".")
        comment = f"{line}  # {text[:1].lower()}{text[1:]}"
        if about.endswith('"""') and len(about) > 7 and not blank and len(comment) <= WIDTH:
            yield comment
        else:
            yield from (line, about, blank)
