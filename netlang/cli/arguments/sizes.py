"""`--size`: by name as ``H=256,W=256``, one for all as ``384``, or by axis as ``384x512``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from netlang.ir.program import Program

__all__ = ["named_sizes", "size_option", "sizes"]

_DIMS = re.compile(r"\d{1,18}(?:x\d{1,18})*")
_NAMED = "write H=256,W=256, or 256 for all, or 256x320 by axis"


def size_option() -> click.Option:
    return click.Option(
        ["--size"],
        metavar="SIZE",
        help="Sizes of the input instead of the default ones: by name (H=256,W=320), by axis"
        " (256x320), or one for all (256).",
    )


def sizes(text: str | None, program: Program) -> dict[str, int]:
    """The sizes of a net's inputs by name. Raises a usage error if there is nothing to set."""
    if not text:
        return {}
    plain = "".join(text.split())
    if not _DIMS.fullmatch(plain):
        return _by_name(text)
    numbers = [int(number) for number in plain.split("x")]
    if not program.sizes:
        raise _bad(
            f"the inputs of `{program.name}` have no sizes to choose: a spec declares one by a name"
            " and its default, `H=224`"
        )
    if len(numbers) == 1:
        return {size.name: numbers[0] for size in program.sizes}
    return _by_axis(text, numbers, program)


def named_sizes(text: str | None) -> dict[str, int]:
    """Sizes of an ONNX file, by name: it doesn't say in which order they are meant."""
    if text and _DIMS.fullmatch("".join(text.split())):
        raise _bad(f"`{text}` doesn't name the sizes of a file: write H=256,W=256")
    return _by_name(text) if text else {}


def _by_name(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in text.split(","):
        name, equals, value = (word.strip() for word in part.partition("="))
        if not (name and equals and value.isascii() and value.isdigit() and len(value) < 19):
            raise _bad(f"`{part.strip()}` is not a size: {_NAMED}")
        if name in found:
            raise _bad(f"`{name}` is given twice")
        found[name] = int(value)
    return found


def _by_axis(text: str, numbers: list[int], program: Program) -> dict[str, int]:
    """A number for each axis after the channels, of the first input with variable sizes."""
    names = {size.name for size in program.sizes}
    shapes = (port.type.shape[1:] for port in program.net.inputs)
    axes = next((each for each in shapes if names & set(map(str, each))), ())
    if len(axes) != len(numbers):
        known = ",".join(f"{size.name}={size.default}" for size in program.sizes)
        raise _bad(f"`{text}` has {len(numbers)} sizes, the input {len(axes)}: by name, {known}")
    found: dict[str, int] = {}
    for axis, number in zip(map(str, axes), numbers, strict=True):
        before = found.setdefault(axis, number) if axis in names else int(axis)
        if before != number:
            raise _bad(f"`{text}` says {number} for an axis that is {before}")
    return found


def _bad(message: str) -> click.BadParameter:
    return click.BadParameter(message, param_hint="--size")
