"""Values that a block may be called with: those of the library's own calls, and of steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

from netlang.backends.torch.importing.bundled.blocks.forms import NormalForm
from netlang.backends.torch.importing.steps import BareWord, Dims
from netlang.backends.torch.importing.text.pieces import Literal, applied, rendered
from netlang.evaluate.values import Layer, OperatorTarget
from netlang.ir.arguments import Keyword, signature
from netlang.ir.op import Op
from netlang.records import Record

__all__ = ["KnownValues", "distinct", "literal_of", "known_values"]

# Numbers beyond these are of a net of many sizes; one may be how often a block repeats something.
_MOST_INTS, _LARGEST = 24, 1 << 14


@final
class KnownValues(Record):
    """The values in a part of a net that arguments of a block may be, by their kind.

    The first of the whole numbers are the channels that the part is given.
    """

    ints: tuple[int, ...]
    floats: tuple[float, ...]
    windows: tuple[Dims, ...]
    layers: tuple[BareWord, ...]

    def like(self, values: Iterable[Literal]) -> tuple[Literal, ...]:
        """Those of the kinds of some values, and the values themselves; whole numbers of none."""
        found = list(values)
        for kind in dict.fromkeys(map(type, found)) or {int: None}:
            found += self._of(kind)
        return distinct(found)

    def has(self, value: Literal) -> bool:
        """Whether a value, or each one of a list, is among those of its kind."""
        if type(value) is tuple:
            return all(map(self.has, value))
        return value in self._of(type(value))

    def _of(self, kind: type) -> tuple[Literal, ...]:
        if kind is bool:
            return False, True
        pools: dict[type, tuple[Literal, ...]] = {
            int: self.ints, float: self.floats, Dims: self.windows, BareWord: self.layers
        }  # fmt: skip
        return pools.get(kind, ())


def distinct(values: Iterable[Literal]) -> tuple[Literal, ...]:
    """Each value once; ``1``, ``1.0`` and ``true`` are several."""
    return tuple({(type(each), each): each for each in values}.values())


def known_values(form: NormalForm, channels: int) -> KnownValues:
    """The values in the steps of a part of a net that is given so many channels."""
    ints, floats, windows = {channels, 1}, {0.0}, set[Dims]()
    layers: dict[BareWord, None] = {}
    for op, _, read, given in form.steps:
        for name in (each.name for each in signature(type(op))):
            value = getattr(op, name)
            for each in value if isinstance(value, tuple) else [value]:
                if isinstance(each, int) and not isinstance(each, bool):
                    ints.add(int(each))
                elif isinstance(each, float):
                    floats.add(float(each))
            if name == "kernel" and isinstance(value, tuple):
                windows.add(Dims(map(int, value)))
        if len(read) == 1 and read == given:
            layers.setdefault(_layer(op))
    numbers = tuple(dict.fromkeys((min(channels, _LARGEST), *_with_ratios(ints))))
    return KnownValues(numbers, tuple(sorted(floats)), tuple(sorted(windows)), tuple(layers))


def _with_ratios(ints: set[int]) -> tuple[int, ...]:
    """The numbers, and how often each is in another one, as the channels of a group are."""
    own = sorted(each for each in ints if each <= _LARGEST)[-_MOST_INTS:]
    ratios = {a // b for a in own for b in own if b > 1 and a % b == 0}
    return (*own, *sorted(ratios))


def _layer(op: Op) -> BareWord:
    """A step that leaves a shape as it is, as a layer: `bn`, `relu`, `bn(eps=0.001)`."""
    values = {each.name: getattr(op, each.name) for each in signature(type(op))}
    known = {name: found for name, value in values.items()
             if (found := literal_of(value)) is not None}  # fmt: skip
    return BareWord(rendered([[applied(op.name, known)]], lambda _: None))


def literal_of(value: object) -> Literal | None:
    """A value of the language as it can be written anywhere; None for one that can't."""
    match value:
        case bool() | None:
            return value
        case int():
            return int(value)
        case float():
            return float(value)
        case Keyword():
            return BareWord(value)
        case tuple():
            if len(value) > 1 and all(type(each) is not bool and isinstance(each, int)
                                      for each in value):  # fmt: skip
                return Dims(map(int, value))
            return tuple([part for each in value if (part := literal_of(each)) is not None])
        case Layer(target=OperatorTarget()):
            return BareWord(str(value))
        case _:
            return None
