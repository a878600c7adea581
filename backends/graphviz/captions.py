"""How operators and blocks are captioned: ``conv 7×7, 64, /2``, ``bottleneck 64``.

The table holds what a paper's figure says of an operator; an operator that is not in it is written
with its arguments as the language does, those at their defaults left out. So every operator,
also one from another package, has a caption.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from netlang.backends.graphviz.values import TIMES, Reader, value_text
from netlang.ir.arguments import signature
from netlang.ir.op import Op
from netlang.ir.program import Function

__all__ = ["block_caption", "operator_caption"]



@dataclass(frozen=True)
class _Place:
    """One argument in one variant of each member."""

    name: str
    values: tuple[object, ...]
    rank: int

    def same(self, value: object) -> bool:
        return all(item == value for item in self.values)


def _kernel(place: _Place, reader: Reader) -> str:
    """``3×3`` however it was written."""
    first = place.values[0]
    if not place.same(first):
        return reader.text(place.values)
    sides = first if isinstance(first, tuple) else (first,) * place.rank
    return TIMES.join(map(value_text, sides))


def _plain(place: _Place, reader: Reader) -> str:
    return reader.text(place.values)


def _stride(place: _Place, reader: Reader) -> str | None:
    if place.same(1) or place.same(None):
        return None
    first = place.values[0]
    if isinstance(first, tuple) and place.same(first):
        return f"/{TIMES.join(map(value_text, first))}"
    return f"/{reader.text(place.values)}"


def _named(place: _Place, reader: Reader) -> str:
    return f"{place.name}={reader.text(place.values)}"


def _unless_one(place: _Place, reader: Reader) -> str | None:
    return None if place.same(1) else _named(place, reader)


def _nothing(place: _Place, reader: Reader) -> None:
    return None


Part = Callable[[_Place, Reader], str | None]


@dataclass(frozen=True)
class _Caption:
    """The words for an operator and the arguments to tell, in this order."""

    title: str
    parts: tuple[tuple[str, Part], ...] = ()


_CONV: Final = (
    ("kernel", _kernel), ("out", _plain), ("stride", _stride),
    ("dilation", _unless_one), ("groups", _unless_one),
)  # fmt: skip
_POOL: Final = (("kernel", _kernel), ("stride", _stride))

_TABLE: Final = {
    "conv": _Caption("conv", _CONV),
    "conv_transpose": _Caption("conv_transpose", _CONV),
    "linear": _Caption("linear", (("out", _plain),)),
    "batch_norm": _Caption("bn"),
    "layer_norm": _Caption("layer_norm"),
    "maxpool": _Caption("maxpool", _POOL),
    "avgpool": _Caption("avgpool", _POOL),
    "adaptive_avgpool": _Caption("adaptive_avgpool", (("size", _kernel),)),
    "adaptive_maxpool": _Caption("adaptive_maxpool", (("size", _kernel),)),
    "global_avgpool": _Caption("global avgpool"),
    "global_maxpool": _Caption("global maxpool"),
}  # fmt: skip

# Arguments of blocks that papers write in a way of their own.
_BLOCK_PARTS: Final[dict[str, Part]] = {
    "kernel": _kernel,
    "stride": _stride,
    "groups": _unless_one,
    "dilation": _unless_one,
    "pad": _nothing,
    "bias": _nothing,
}
_MOST_NAMED = 3


def operator_caption(ops: tuple[Op, ...], rank: int, reader: Reader) -> str:
    """The caption of one step; `ops` holds the operator in each member, `rank` counts spatial axes."""
    known = _TABLE.get(ops[0].name)
    if known is None:
        return _call_text(ops, rank, reader)
    fields = {item.name for item in signature(type(ops[0]))}
    parts = [
        part(_place(name, ops, rank), reader) for name, part in known.parts if name in fields
    ]
    return _joined(known.title, parts)


def _place(name: str, ops: tuple[Op, ...], rank: int) -> _Place:
    return _Place(name, tuple(getattr(op, name) for op in ops), rank)


def _call_text(ops: tuple[Op, ...], rank: int, reader: Reader) -> str:
    parts: list[str | None] = []
    for item in signature(type(ops[0])):
        place = _place(item.name, ops, rank)
        if item.required:
            parts.append(_plain(place, reader))
        elif not place.same(item.default):
            parts.append(_named(place, reader))
    return _joined(ops[0].name, parts)


def block_caption(
    title: str, callees: tuple[Function, ...], told: frozenset[str], rank: int, reader: Reader
) -> str:
    """The caption of a call: the block's name and those of its arguments that are in `told`."""
    names = [name for name in callees[0].arguments if name in told]
    others = [name for name in names[1:] if name not in _BLOCK_PARTS]
    parts: list[tuple[bool, str | None]] = []
    for name in names:
        place = _Place(name, tuple(callee.arguments.get(name) for callee in callees), rank)
        bare = name == names[0] or len(others) > _MOST_NAMED
        part = _BLOCK_PARTS.get(name, _plain if bare else _named)
        parts.append((name != "kernel", part(place, reader)))
    parts.sort(key=lambda part: part[0])  # the kernel comes first, as in an operator's caption
    return _joined(title, [text for _, text in parts])


def _joined(title: str, parts: list[str | None]) -> str:
    told = ", ".join(part for part in parts if part)
    return f"{title} {told}" if told else title
