"""The blocks of the bundled library that could be a part of another net, and what they take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from difflib import SequenceMatcher
from functools import cache, lru_cache
from itertools import islice, zip_longest
from typing import final

from netlang.backends.torch.importing.bundled.blocks.labels import definition, may_make
from netlang.backends.torch.importing.bundled.blocks.literals import distinct, literal_of
from netlang.backends.torch.importing.steps import BareWord, Dims
from netlang.backends.torch.importing.text.pieces import Literal
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.ir.program import Function
from netlang.ir.repeats import first_times
from netlang.modules.files import bundled_definitions, bundled_name
from netlang.records import Record
from netlang.syntax import ast

__all__ = ["BundledBlock", "TakenParameter", "bundled_blocks"]

# Nets of a file whose blocks show what parameters may be, and what is seen of it.
_MOST_NETS = 16
_MOST_USES, _MOST_VALUES = 32, 6
# Characters of a word that a label of the library may be.
_LONGEST_WORD = 64


@final
class TakenParameter(Record):
    """A parameter of a block, and values that it has somewhere, its default first."""

    name: str
    required: bool
    values: tuple[Literal, ...]


@final
class BundledBlock(Record):
    """A block of the library and the file that it is imported from."""

    name: str
    file: str

    def parameters(self) -> tuple[TakenParameter, ...]:
        """What the block takes."""
        return _parameters(self)

    def uses(self) -> tuple[Mapping[str, Literal], ...]:
        """The arguments that nets of its file give for what it needs."""
        return _uses(self)


def bundled_blocks(words: Set[str], like: str) -> Iterator[BundledBlock]:
    """The blocks whose labels may be all of these words, those whose names are `like` one first.

    Of two that have a name, the one that is made for others, in the folder `blocks`, is first.
    """
    if any(len(word) > _LONGEST_WORD for word in words):
        return
    for block in _by_name(like):
        if all(may_make(block.file, block.name, word) for word in words):
            yield block


@lru_cache(maxsize=64)
def _by_name(like: str) -> Sequence[BundledBlock]:
    blocks = [BundledBlock(name, file) for kind, name, file in bundled_definitions()
              if kind == "block"]  # fmt: skip

    def order(block: BundledBlock) -> tuple[float, bool]:
        ratio = SequenceMatcher(None, block.name, like[:_LONGEST_WORD]).ratio()
        return -ratio, not block.file.startswith("blocks.")

    return sorted(blocks, key=order)


@cache
def _parameters(block: BundledBlock) -> tuple[TakenParameter, ...]:
    uses = block.uses()
    found = []
    for each in definition(block.file, block.name).parameters:
        own = [] if each.default is None else [_default(each.default)]
        values = [*own, *(use[each.name] for use in uses if each.name in use)]
        known = distinct(value for value in values if value is not None)
        found.append(TakenParameter(each.name, each.default is None, known[:_MOST_VALUES]))
    return tuple(found)


@cache
def _uses(block: BundledBlock) -> tuple[Mapping[str, Literal], ...]:
    needed = [
        each.name for each in definition(block.file, block.name).parameters if each.default is None
    ]
    found: dict[str, Mapping[str, Literal]] = {}
    for given in _arguments(block) if needed else ():
        values = {name: literal_of(given.get(name)) for name in needed}
        known = {name: value for name, value in values.items() if value is not None}
        if len(known) == len(needed):
            found.setdefault(repr(known), known)
    return tuple(islice(found.values(), _MOST_USES))


def _default(value: ast.Expr) -> Literal | None:
    match value:
        case ast.Number(value=number) | ast.Boolean(value=number):
            return number
        case ast.Dims(sizes=sizes):
            return Dims(sizes)
        case ast.Name(name=name):
            return BareWord(name)
        case _:
            return None


def _arguments(block: BundledBlock) -> Iterator[Mapping[str, object]]:
    """What the block is given in nets of its file: once in each that has it, then once more."""
    nets = (net for kind, net, file in bundled_definitions() if (kind, file) == ("net", block.file))
    place = block.name, bundled_name(block.file)
    having = ([given for where, given in _called(net) if where == place] for net in nets)
    for once in zip_longest(*islice(filter(None, having), _MOST_NETS)):
        yield from (given for given in once if given is not None)


@cache
def _called(net: str) -> tuple[tuple[tuple[str, str], Mapping[str, object]], ...]:
    """The name and file of each block of a net of the library, with its arguments."""
    try:
        program = load_program(net)
    except NetlangError:
        return ()  # It takes arguments.
    seen: dict[Function, None] = {program.net: None}
    waiting = [program.net]
    while waiting:
        for node in first_times(waiting.pop().items):
            if isinstance(node.callee, Function) and node.callee not in seen:
                seen[node.callee] = None
                waiting.append(node.callee)
    return tuple(((each.name, each.span.source.name), each.arguments) for each in seen)
