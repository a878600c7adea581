"""Errors of `netlang look`: E0971 to E0974."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["NoSuchClass", "NoSuchExample", "NoSuchView", "NotOfImages"]


class NoSuchClass(Diagnostic):
    """A class that the net doesn't tell apart from others."""

    code: ClassVar[str] = "E0971"
    title: ClassVar[str] = "the net knows no class `{name}`"
    help: ClassVar[str] = "{advice}"

    name: str
    advice: str


class NoSuchExample(Diagnostic):
    """A number beyond the examples of a part."""

    code: ClassVar[str] = "E0972"
    title: ClassVar[str] = "the {split} part has no example {number}"
    help: ClassVar[str] = "it has {count:example/examples}, numbered from 0"

    split: str
    number: int
    count: int


class NoSuchView(Diagnostic):
    """A view that was asked for by name but that there is none of."""

    code: ClassVar[str] = "E0973"
    title: ClassVar[str] = "there is nothing to draw for `{view}`: {why}"
    help: ClassVar[str] = "{advice}"

    view: str
    why: str
    advice: str = "without `--only`, such views are left out"


class NotOfImages(Diagnostic):
    """An image for a net that takes something else."""

    code: ClassVar[str] = "E0974"
    title: ClassVar[str] = "recipe `{recipe}` isn't about images"
    help: ClassVar[str] = "leave the image out: `--example 3` shows an example of the recipe's data"

    recipe: str
