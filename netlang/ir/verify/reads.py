"""Which steps of a function nothing reads, found without writing repeats out."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from netlang.ir.program import Item, Ref, Repeat
from netlang.ir.repeats import first_times

__all__ = ["unread"]


def unread(items: tuple[Item, ...], read: Collection[int]) -> Iterator[str]:
    """The paths of steps of `items` that no other one reads, nor `read`, what is read from outside.

    A step of a repeat must be read at every time, and none can be from outside but the last time's.
    """
    return _unread(items, 0, {*read, *(ref.producer for ref in _refs(items))})


def _refs(items: tuple[Item, ...]) -> Iterator[Ref]:
    for node in first_times(items):
        yield from node.inputs


def _unread(items: tuple[Item, ...], number: int, read: Collection[int]) -> Iterator[str]:
    """The paths of those that `read` lacks; the first item begins with node `number`."""
    for item in items:
        if isinstance(item, Repeat):
            yield from _unread(item.items, number, _read_at_every_time(item, read))
            number += item.count * item.size
        else:
            if number not in read:
                yield item.path
            number += 1


def _read_at_every_time(repeat: Repeat, read: Collection[int]) -> Collection[int]:
    """What is read inside, and what a time hands on if the next one and the outside read that."""
    refs = set(_refs(repeat.items))
    inside = {ref.producer for ref in refs}
    handed_on = repeat.carry_out.producer
    if repeat.carry_in in refs and handed_on + repeat.size * (repeat.count - 1) in read:
        inside.add(handed_on)
    return inside
