"""Captions of operators and blocks: ``conv 7x7, 64, /2``, ``bottleneck 64``.

The table lists what a figure in a paper shows of each operator. An operator that isn't in the table
is written as in the language, without the arguments that have their default values. So every
operator has a caption, including those of other packages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from netlang.backends.graphviz.labels.values import Reader, value_text
from netlang.backends.graphviz.markup import TIMES
from netlang.ir.arguments import Argument, signature
from netlang.ir.op import Op
from netlang.ir.program import Function
from netlang.records import Record

__all__ = ["Incoming", "block_caption", "operator_caption"]


class Incoming(Record):
    """What a step reads: the channels in each member, and the number of spatial axes."""

    channels: tuple[object, ...]
    rank: int


class _Place(Record):
    """One argument in each member, and what the step reads."""

    name: str
    values: tuple[object, ...]
    incoming: Incoming
    argument: Argument | None = None

    def same(self, value: object) -> bool:
        return all(item == value for item in self.values)


def _kernel(place: _Place, reader: Reader) -> str:
    """The kernel as ``3x3``, however it was written."""
    first = place.values[0]
    if not place.same(first):
        return reader.text(place.values, place.argument)
    sides = first if isinstance(first, tuple) else (first,) * place.incoming.rank
    return TIMES.join(map(value_text, sides))


def _plain(place: _Place, reader: Reader) -> str:
    return reader.text(place.values, place.argument)


def _stride(place: _Place, reader: Reader) -> str | None:
    if place.same(1) or place.same(None):
        return None
    first = place.values[0]
    if isinstance(first, tuple) and place.same(first):
        return f"/{TIMES.join(map(value_text, first))}"
    return f"/{reader.text(place.values, place.argument)}"


def _factor(place: _Place, reader: Reader) -> str | None:
    """The stride of a transposed convolution, which enlarges: "times 2"."""
    text = _stride(place, reader)
    return text and TIMES + text.removeprefix("/")


def _pool_stride(place: _Place, reader: Reader) -> str | None:
    """A pool's stride. 1 is shown too, since the default stride is the kernel."""
    return "/1" if place.same(1) else _stride(place, reader)


def _named(place: _Place, reader: Reader) -> str:
    text = reader.text(place.values, place.argument)
    return text if text == place.name else f"{place.name}={text}"


def _groups(place: _Place, reader: Reader) -> str | None:
    if place.same(1):
        return None
    return "depthwise" if place.values == place.incoming.channels else _named(place, reader)


def _unless_one(place: _Place, reader: Reader) -> str | None:
    return None if place.same(1) else _named(place, reader)


def _unless_flag(place: _Place, reader: Reader) -> str | None:
    return None if isinstance(place.values[0], bool) else _named(place, reader)


def _nothing(place: _Place, reader: Reader) -> None:
    return None


Part = Callable[[_Place, Reader], str | None]


class _Caption(Record):
    """The words for an operator, and the arguments to show, in this order."""

    title: str
    parts: tuple[tuple[str, Part], ...] = ()


_CONV: Final = (
    ("kernel", _kernel), ("out", _plain), ("stride", _stride),
    ("dilation", _unless_one), ("groups", _groups),
)  # fmt: skip
_TRANSPOSED: Final = tuple((name, _factor if name == "stride" else part) for name, part in _CONV)
_POOL: Final = (("kernel", _kernel), ("stride", _pool_stride))

_TABLE: Final = {
    "conv": _Caption("conv", _CONV),
    "conv_transpose": _Caption("conv_transpose", _TRANSPOSED),
    "linear": _Caption("linear", (("out", _plain),)),
    "batch_norm": _Caption("bn"),
    "layer_norm": _Caption("layer_norm"),
    "maxpool": _Caption("maxpool", _POOL),
    "avgpool": _Caption("avgpool", _POOL),
    "adaptive_avgpool": _Caption("adaptive_avgpool", (("out", _kernel),)),
    "adaptive_maxpool": _Caption("adaptive_maxpool", (("out", _kernel),)),
    "dropout": _Caption("dropout", (("p", _plain),)),
    "global_avgpool": _Caption("global avgpool"),
    "global_maxpool": _Caption("global maxpool"),
}  # fmt: skip

# Arguments of blocks that papers write in a way of their own.
_BLOCK_PARTS: Final[dict[str, Part]] = {
    "kernel": _kernel,
    "stride": _stride,
    "groups": _groups,
    "dilation": _unless_one,
    "pad": _nothing,
    "bias": _unless_flag,
}
_MOST_NAMED = 3


def operator_caption(ops: tuple[Op, ...], incoming: Incoming, reader: Reader) -> str:
    """The caption of one step; `ops` holds the operator in each member."""
    known = _TABLE.get(ops[0].name)
    parts: list[str | None] = []
    places = {
        item.name: (item, _Place(item.name, _column(ops, item.name), incoming, item))
        for item in signature(type(ops[0]))
    }
    if known is not None:
        parts = [part(places[name][1], reader) for name, part in known.parts if name in places]
        return _joined(known.title, parts)
    for item, place in places.values():
        if item.required:
            parts.append(_plain(place, reader))
        elif not place.same(item.default):
            parts.append(_named(place, reader))
    return _joined(ops[0].name, parts)


def _column(ops: tuple[Op, ...], name: str) -> tuple[object, ...]:
    return tuple(getattr(op, name) for op in ops)


def block_caption(
    title: str,
    callees: tuple[Function, ...],
    captioned: frozenset[str],
    incoming: Incoming,
    reader: Reader,
) -> str:
    """The caption of a call: the block's name and its arguments that are in `captioned`."""
    names = [name for name in callees[0].arguments if name in captioned]
    others = [name for name in names[1:] if name not in _BLOCK_PARTS]
    parts: list[tuple[bool, str | None]] = []
    for name in names:
        values = tuple(callee.arguments.get(name) for callee in callees)
        bare = name == names[0] or len(others) > _MOST_NAMED
        part = _BLOCK_PARTS.get(name, _plain if bare else _named)
        text = part(_Place(name, values, incoming), reader)
        parts.append((name != "kernel", text))
    parts.sort(key=lambda part: part[0])  # the kernel comes first, as in an operator's caption
    return _joined(title, [text for _, text in parts])


def _joined(title: str, parts: list[str | None]) -> str:
    captioned = ", ".join(part for part in parts if part)
    return f"{title} {captioned}" if captioned else title
