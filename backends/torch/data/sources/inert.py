"""The contents of a pickle of arrays, read without executing it.

A pickle is a program that can call anything. Here `pickletools` reads its instructions, and those
that build numbers, bytes, texts, lists, tuples and dictionaries are interpreted; numpy's arrays and
types are recognized by name. Nothing is imported or called, and every other instruction or name is
refused.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from math import prod
from typing import final

import numpy as np
from numpy.typing import NDArray

from netlang.backends.torch.data.sources.files import DataRefused

__all__ = ["read_inert"]

# The names that a pickle of arrays calls, of old and new versions of numpy.
_RECONSTRUCT = {f"numpy.{core}.multiarray _reconstruct" for core in ("core", "_core")}
_ENCODE, _ARRAY, _TYPE = "_codecs encode", "numpy ndarray", "numpy dtype"
# Files of CIFAR have some twenty lists, tuples and dictionaries; so many bound how deep they nest.
_CONTAINERS, _DIMENSIONS = 200, 32
_KNOWN = {*_RECONSTRUCT, _ENCODE, _ARRAY, _TYPE}


class _Mark:
    """The place on the stack where the items of the next list, tuple or dictionary begin."""


@final
@dataclass(frozen=True)
class _Name:
    """The name of a function or class, and nothing more."""

    text: str


@final
@dataclass
class _Shell:
    """An array or number type whose contents follow."""

    value: NDArray[np.generic] | str | None = None


def read_inert(content: bytes) -> object:
    """Lists, tuples, dictionaries, numbers, texts, bytes and arrays. Raises `DataRefused`."""
    reading = _Reading()
    try:
        for opcode, argument, _ in pickletools.genops(content):
            if opcode.name == "STOP":
                return _filled(reading.stack.pop())
            reading.follow(opcode.name, argument)
    except (ValueError, IndexError, TypeError, KeyError, UnicodeError) as error:
        raise DataRefused(f"it isn't a whole pickle: {error}") from None
    raise DataRefused("it ends before its end")


def _filled(value: object) -> object:
    """A value with its shells replaced by arrays, also inside dictionaries."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return _plain(value)


def _plain(value: object) -> object:
    return value.value if isinstance(value, _Shell) else value


@final
class _Reading:
    """The stack and memo of a pickle."""

    def __init__(self) -> None:
        self.stack: list[object] = []
        self.memo: dict[int, object] = {}
        self.containers = 0

    def follow(self, name: str, argument: object) -> None:
        """Interpret one instruction."""
        self.containers += name in _MAKE_CONTAINERS
        if self.containers > _CONTAINERS:
            raise DataRefused(f"it has over {_CONTAINERS} lists, tuples and dictionaries")
        if name in _PUSHED:
            self.stack.append(_PUSHED[name]())
        elif name in _VALUES:
            self.stack.append(argument)
        elif name in ("BINSTRING", "SHORT_BINSTRING"):
            # Python 2's bytes, which `pickletools` shows as Latin-1.
            self.stack.append(str(argument).encode("latin-1"))
        elif name in ("BINPUT", "LONG_BINPUT"):
            self.memo[_number(argument)] = self.stack[-1]
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[_number(argument)])
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            self._named(argument if name == "GLOBAL" else " ".join(map(_text, self._last(2))))
        elif name in _BUILDERS:
            _BUILDERS[name](self)
        elif name not in ("PROTO", "FRAME"):
            raise DataRefused(f"it wants `{name}`, which data need not")

    def _named(self, text: object) -> None:
        if text not in _KNOWN:
            raise DataRefused(f"it asks for `{str(text).replace(' ', '.')}`, which isn't data")
        self.stack.append(_Name(str(text)))

    def _last(self, count: int) -> list[object]:
        """The last items, popped from the stack."""
        if len(self.stack) < count:
            raise IndexError("too few values")
        items = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return items

    def marked(self) -> list[object]:
        """The items since the last mark, popped from the stack together with it."""
        start = max(n for n, item in enumerate(self.stack) if isinstance(item, _Mark))
        items = self.stack[start + 1 :]
        del self.stack[start:]
        return items

    def pack(self, count: int) -> None:
        self.stack.append(tuple(self._last(count)))

    def extend(self, items: list[object]) -> None:
        target = self.stack[-1]
        if not isinstance(target, list):
            raise TypeError("items for what isn't a list")
        target += items

    def enter(self, items: list[object]) -> None:
        target = self.stack[-1]
        if not isinstance(target, dict):
            raise TypeError("items for what isn't a dictionary")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, Hashable) or isinstance(key, tuple):
                raise TypeError("a key that isn't a name")
            target[key] = value

    def call(self) -> None:
        """The result of calling one of the known names, without the call."""
        name, arguments = self._last(2)
        if not isinstance(name, _Name) or not isinstance(arguments, tuple):
            raise DataRefused("it wants a call, which data need not")
        if name.text == _ENCODE and arguments[1:] == ("latin1",):
            self.stack.append(_text(arguments[0]).encode("latin-1"))
        elif name.text == _TYPE:
            self.stack.append(_Shell(_text(arguments[0])))
        elif name.text in _RECONSTRUCT:
            self.stack.append(_Shell())
        else:
            raise DataRefused(f"it wants a call of `{name.text}`, which data need not")

    def build(self) -> None:
        """Fill in the contents of a shell."""
        shell, state = self._last(2)
        if not isinstance(shell, _Shell) or not isinstance(state, tuple):
            raise DataRefused("it sets the state of an object, which data need not")
        if shell.value is None:
            shell.value = _array(state)
        self.stack.append(shell)


def _array(state: tuple[object, ...]) -> NDArray[np.generic]:
    """The array for a state: version, shape, type, column order, bytes."""
    _, shape, kind, by_columns, content = state
    if not isinstance(kind, _Shell) or kind.value not in ("u1", "|u1", b"u1"):
        raise DataRefused("it holds an array of other values than bytes")
    if not isinstance(shape, tuple) or len(shape) > _DIMENSIONS or not isinstance(content, bytes):
        raise TypeError("no shape or no bytes")
    sizes = [_number(size) for size in shape]
    if prod(sizes) != len(content):
        raise DataRefused(f"an array of {prod(sizes):,} bytes has {len(content):,}")
    values = np.frombuffer(content, np.uint8)
    return values.reshape(sizes, order="F" if by_columns else "C")


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"a value of the type {type(value).__name__} isn't a whole number")
    return value


def _text(value: object) -> str:
    """Text or bytes. Other values aren't even shown, since they may be nested without end."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if not isinstance(value, str):
        raise TypeError(f"a value of the type {type(value).__name__} isn't a text")
    return value


_PUSHED: Mapping[str, Callable[[], object]] = {
    "MARK": _Mark,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
}
_MAKE_CONTAINERS = {
    "EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3",
}  # fmt: skip
_VALUES = {
    "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
}  # fmt: skip
_BUILDERS: Mapping[str, Callable[[_Reading], None]] = {
    "TUPLE": lambda reading: reading.stack.append(tuple(reading.marked())),
    "TUPLE1": lambda reading: reading.pack(1),
    "TUPLE2": lambda reading: reading.pack(2),
    "TUPLE3": lambda reading: reading.pack(3),
    "APPEND": lambda reading: reading.extend(reading._last(1)),
    "APPENDS": lambda reading: reading.extend(reading.marked()),
    "SETITEM": lambda reading: reading.enter(reading._last(2)),
    "SETITEMS": lambda reading: reading.enter(reading.marked()),
    "REDUCE": _Reading.call,
    "BUILD": _Reading.build,
}
