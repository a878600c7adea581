"""Joins definitions that mistakes have split."""

from __future__ import annotations

from typing import final

from netlang.records import Record, field, replace
from netlang.syntax.ast import BlockDef, File, Item, NetDef, Suite, TrainDef, Unread

__all__ = ["Torn", "repaired"]


@final
class Torn(Record):
    """What is known of definitions besides their text.

    `unknown` maps the places of names to definitions that can't be built, because their heading or
    braces are wrong. `continued` are places where a definition continues that was closed too early.
    """

    unknown: dict[int, Unread] = field(default_factory=dict)
    continued: set[int] = field(default_factory=set)

    def kind_of(self, item: object) -> str:
        """The word that begins a definition to which a statement after it may belong."""
        if isinstance(item, (BlockDef, NetDef)):
            return "block"
        return "train" if isinstance(item, TrainDef) else ""


def repaired(file: File, torn: Torn) -> File:
    """The file with its definitions joined, and those marked that can't be built."""
    items: list[Item] = []
    for item in file.items:
        if isinstance(item, (BlockDef, NetDef, TrainDef)):
            if item.name_span.start in torn.continued and items:
                items[-1] = _joined(items[-1], item)
                continue
            unknown = torn.unknown.get(item.name_span.start)
            if unknown is not None:
                items.append(_marked(item, unknown))
                continue
        items.append(item)
    return replace(file, items=tuple(items))


def _marked(item: BlockDef | NetDef | TrainDef, unknown: Unread) -> BlockDef | NetDef | TrainDef:
    whole = replace(unknown, whole=True)
    if isinstance(item, TrainDef):
        return replace(item, unread=(whole, *item.unread))
    return replace(item, body=_led(item.body, whole))


def _led(suite: Suite, *first: Unread) -> Suite:
    return replace(suite, statements=(*first, *suite.statements))


def _joined(item: Item, more: BlockDef | NetDef | TrainDef) -> Item:
    """A definition with what follows the brace that closed it too early."""
    between = Unread(more.span, ())
    if isinstance(item, TrainDef) and isinstance(more, TrainDef):
        entries = (*item.entries, *more.entries)
        return replace(item, entries=entries, unread=(*item.unread, between, *more.unread))
    if isinstance(item, (BlockDef, NetDef)) and isinstance(more, BlockDef):
        statements = (*item.body.statements, between, *more.body.statements)
        return replace(item, body=replace(item.body, statements=statements))
    return item
