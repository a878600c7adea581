"""The labels of weights in a block of the bundled library, as far as its text says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from functools import cache, lru_cache
from typing import TypeAlias

from netlang.modules.files import bundled_files, bundled_name, parsed, read
from netlang.syntax import ast
from netlang.syntax.ast.walk import walk

__all__ = ["definition", "may_make"]

Place: TypeAlias = tuple[str, str]
"""A file of the library, and the name of something in it."""


def definition(file: str, name: str) -> ast.BlockDef:
    """The definition of a block."""
    found = _definitions(file)[name]
    assert isinstance(found, ast.BlockDef)
    return found


@lru_cache(maxsize=4096)
def may_make(file: str, name: str, word: str) -> bool:
    """Whether a block, or what it is made of, may make a label of this word."""
    return any(pattern.fullmatch(word) for pattern in _labels((file, name)))


@cache
def _labels(place: Place) -> Set[re.Pattern[str]]:
    """Patterns of the words of labels in a definition and in all that it names, however far."""
    found: set[re.Pattern[str]] = set()
    seen, waiting = {place}, [place]
    while waiting:
        own, named = _own_labels(*waiting.pop())
        found |= own
        waiting += named - seen
        seen |= named
    return found


@cache
def _own_labels(file: str, name: str) -> tuple[Set[re.Pattern[str]], Set[Place]]:
    """The labels in a definition, and the places of those that it names."""
    labels, names = set[re.Pattern[str]](), set[str]()
    for node in walk(_definitions(file).get(name)):
        if isinstance(node, ast.LabelPart):
            labels.add(re.compile(_pattern(node)))
        elif isinstance(node, ast.Name | ast.Apply):
            names.add(node.name)
    imported = _imported(file)
    return labels, {imported.get(each, (file, each)) for each in names}


def _pattern(part: ast.LabelPart) -> str:
    return "".join(re.escape(each) if isinstance(each, str) else ".*" for each in part.pieces)


@cache
def _tree(file: str) -> ast.File:
    return parsed(read(bundled_files()[file], bundled_name(file)))


@cache
def _definitions(file: str) -> Mapping[str, ast.Node]:
    """Everything that a file defines, by its name."""
    items = _tree(file).items
    return {each.name: each for each in items if not isinstance(each, ast.Assert | ast.FromImport)}


@cache
def _imported(file: str) -> Mapping[str, Place]:
    """What a file imports from others of the library, by the name that it has there."""
    imports = (each for each in _tree(file).items if isinstance(each, ast.FromImport))
    return {
        each.alias or each.name: (inner, each.name)
        for item in imports
        if (inner := ".".join(item.module)) in bundled_files()
        for each in item.names
    }
