"""Which steps are looked at: those that are asked for by their labels, or a few by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

from netlang.analysis.explain import unknown_path
from netlang.analysis.fields.place import MapOfInput
from netlang.backends.torch.look.subject import LeftOut, Subject
from netlang.ir.dims import evaluate
from netlang.ir.op import Op
from netlang.ir.program import Node, Program, Ref

__all__ = ["MapStep", "asked_for", "last_map", "map_steps", "named", "spread"]


@final
@dataclass(frozen=True)
class MapStep:
    """A step whose output is a map of the input, with the `number` of its node.

    `sizes` are those of its axes of places, and `channels` how many numbers each place has.
    """

    number: int
    node: Node
    map: MapOfInput
    sizes: tuple[int, ...]
    channels: int

    @property
    def ref(self) -> Ref:
        return Ref(self.number)

    @property
    def title(self) -> str:
        return named(self.node)

    @property
    def order(self) -> tuple[int, ...]:
        """The axes of a value ``[B, ...]`` as ``[B, C, *places]``."""
        channel = () if self.map.channel is None else (self.map.channel + 1,)
        return (0, *channel, *(own.axis + 1 for own in self.map.along))


def named(node: Node) -> str:
    """A step as views call it: its label path and its operator."""
    assert isinstance(node.callee, Op)
    return f"{node.path} ({node.callee.name})"


def asked_for(subject: Subject) -> list[int]:
    """The nodes that the options name: a step, or the last one of a block or scope.

    Raises `NetlangError` for a label that the net doesn't have.
    """
    return [_number(subject.program, subject.flat.net.nodes, p) for p in subject.options.steps]


def _number(program: Program, nodes: Sequence[Node], path: str) -> int:
    found = [n for n, node in enumerate(nodes) if f"{node.path}.".startswith(f"{path}.")]
    if not found:
        raise unknown_path(program, path)
    return found[-1]


def map_steps(subject: Subject, most: int) -> list[MapStep]:
    """The maps to show: those asked for, or the last step of each size of map, up to a number.

    Raises `LeftOut` if there are none.
    """
    asked = asked_for(subject)
    if asked:
        found = [each for each in _maps(subject, asked) if each.channels]
        if not found:
            paths = ", ".join(f"`{path}`" for path in subject.options.steps)
            raise LeftOut(f"the output of {paths} is no map of the input")
        return found
    last = {(step.sizes, step.channels): step for step in _maps(subject, subject.maps)}
    return spread(_more_than_one_place(subject, last.values()), most)


def last_map(subject: Subject) -> MapStep:
    """The step asked for, or the last one with several places and channels."""
    return map_steps(subject, len(subject.flat.net.nodes))[-1]


def _more_than_one_place(subject: Subject, steps: Iterable[MapStep]) -> list[MapStep]:
    inputs = len(subject.example.shown)
    found = [each for each in steps if max(each.sizes) > 1 and each.channels > 1]
    found = found or [each for each in steps if each.channels > inputs]
    if not found:
        raise LeftOut("no step's output is a map of the input with several channels")
    return sorted(found, key=lambda each: each.number)


def _maps(subject: Subject, numbers: Iterable[int]) -> list[MapStep]:
    found = []
    for number in numbers:
        own, node = subject.maps.get(number), subject.flat.net.nodes[number]
        if own is not None:
            sizes = {**subject.flat.defaults, **subject.sizes}
            shape = [evaluate(size, sizes) for size in node.types[0].shape]
            channels = 1 if own.channel is None else shape[own.channel]
            places = tuple(shape[each.axis] for each in own.along)
            found.append(MapStep(number, node, own, places, channels))
    return found


def spread(steps: Sequence[MapStep], most: int) -> list[MapStep]:
    """Up to `most` of the steps at equal distances, the first and the last among them."""
    if len(steps) <= most:
        return list(steps)
    if most == 1:
        return [steps[-1]]
    return [steps[round(n * (len(steps) - 1) / (most - 1))] for n in range(most)]
