"""Errors of operators that compute with given numbers, places or formulas: E0424 to E0434."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "CannotExpand", "FormulaDiffers", "HeadsDiffer", "LetterDiffers", "MaskDiffers", "NoSuchPlace",
    "NotWindows", "NumbersForChannels",
]  # fmt: skip


class NumbersForChannels(Diagnostic):
    """A list of numbers, one for each channel, has another length than there are channels."""

    code: ClassVar[str] = "E0424"
    title: ClassVar[str] = (
        "`{parameter}` of `{operator}` has {given:number/numbers} for {channels:channel/channels}"
    )
    caption: ClassVar[str] = "the input is {received}"
    help: ClassVar[str] = "give one number, or a list of {channels}"

    operator: str
    parameter: str
    given: int
    channels: int
    received: str


class NoSuchPlace(Diagnostic):
    """A place is asked for that an axis doesn't have."""

    code: ClassVar[str] = "E0425"
    title: ClassVar[str] = "axis {axis} of the input has no place {place}"
    caption: ClassVar[str] = "`{operator}` asks for place {place} of {size}"
    help: ClassVar[str] = "places are 0 to {last}, or -1 to -{size} from the end"

    operator: str
    place: int
    axis: int
    size: int
    last: int


class CannotExpand(Diagnostic):
    """A value can't be repeated to a shape: an axis has another size than 1, or is missing."""

    code: ClassVar[str] = "E0426"
    title: ClassVar[str] = "{received} can't be expanded to {target}"
    caption: ClassVar[str] = "`{operator}` repeats axes of size 1, and keeps all others"
    help: ClassVar[str] = (
        "give every other axis its own size; `reshape` adds axes of size 1 where they are missing"
    )

    operator: str
    received: str
    target: str


class NotWindows(Diagnostic):
    """The columns are not those of the windows of an image of the size wanted."""

    code: ClassVar[str] = "E0427"
    title: ClassVar[str] = "the columns don't fit the windows of the image"
    caption: ClassVar[str] = (
        "the input is {received}; there are {windows:window/windows} of {places:place/places}"
    )
    help: ClassVar[str] = (
        "`{operator}` takes [C * {places}, {windows}], which `unfold` with the same arguments makes"
    )

    operator: str
    received: str
    places: int
    windows: int


class HeadsDiffer(Diagnostic):
    """The heads of queries and of keys have different numbers of features."""

    code: ClassVar[str] = "E0428"
    title: ClassVar[str] = "the heads of queries and keys in `{operator}` differ in features"
    caption: ClassVar[str] = (
        "{queries} features of the queries are for {heads:head/heads},"
        " {keys} of the keys for {kv_heads}"
    )
    help: ClassVar[str] = (
        "give the keys {wanted:feature/features}, or choose `heads` and `kv_heads` to fit"
    )

    operator: str
    queries: int
    keys: int
    heads: int
    kv_heads: int
    wanted: int


class MaskDiffers(Diagnostic):
    """A mask doesn't broadcast to the products of queries and keys."""

    code: ClassVar[str] = "E0429"
    title: ClassVar[str] = "the mask of `{operator}` doesn't fit its queries and keys"
    caption: ClassVar[str] = "the mask is {received}, the products are {scores}"
    help: ClassVar[str] = (
        "a mask has the sizes {scores}, or 1 where it is the same; it may lack the axis of heads"
    )

    operator: str
    received: str
    scores: str


class FormulaDiffers(Diagnostic):
    """A formula has terms for other values than there are, or letters for other axes."""

    code: ClassVar[str] = "E0430"
    title: ClassVar[str] = "the formula of `{operator}` is for other values"
    caption: ClassVar[str] = "`{formula}` is applied to {received}"
    help: ClassVar[str] = (
        "write a term for each value, and a letter for each of its axes but the batch"
    )

    operator: str
    formula: str
    received: str


class LetterDiffers(Diagnostic):
    """A letter of a formula stands for axes of different sizes."""

    code: ClassVar[str] = "E0431"
    title: ClassVar[str] = "`{letter}` is two sizes in `{operator}`"
    caption: ClassVar[str] = "{first} in one value, {second} in the other"
    help: ClassVar[str] = "give axes of different sizes different letters"

    operator: str
    letter: str
    first: int
    second: int
