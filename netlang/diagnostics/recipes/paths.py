"""Errors about a recipe's paths `augment` and `test` (E0750 to E0753)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["CropTooLarge", "SizeLeftOpen", "SizeNotTaken", "StepMisplaced"]


class CropTooLarge(Diagnostic):
    code = "E0750"
    title = "`{step}` needs images of {needed} or more, but `{before}` gives {given}"
    caption = "larger than the image"
    help = "crop less, or let it get larger images"

    step: str
    needed: str
    before: str
    given: str


class StepMisplaced(Diagnostic):
    code = "E0751"
    title = "`{step}` can't stand {where}"
    caption = "{why}"
    help = "{advice}"

    step: str
    where: str
    why: str
    advice: str


class SizeLeftOpen(Diagnostic):
    code = "E0752"
    title = "{path} leaves images of different sizes: {given}"
    caption = "a batch needs images of one size"
    help = "{advice}"

    path: str
    given: str
    advice: str


class SizeNotTaken(Diagnostic):
    code = "E0753"
    title = "net `{net}` doesn't take images of {size}, which `{step}` gives"
    caption = "{why}"
    help = "{advice}"

    net: str
    step: str
    size: str
    why: str
    advice: str
