"""Errors about the steps of a path and their inputs (E0754 to E0756, E0777, E0798, E0799)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "MixedTarget",
    "MixesOneExample",
    "MixesOneInput",
    "PlacesAveraged",
    "PlacesLeft",
    "StepChannels",
]


class StepChannels(Diagnostic):
    code = "E0754"
    title = "`{step}` needs images of {needed}, but `{data}` gives {actual}"
    caption = "not for these channels"
    help = "{advice}"

    step: str
    needed: str
    data: str
    actual: str
    advice: str


class MixedTarget(Diagnostic):
    code = "E0755"
    title = "`{step}` can't mix `{target}` for `{function}`"
    caption = "{why}"
    help = "remove `{step}`, or write the loss as `cross_entropy`, with a channel for each class"

    step: str
    target: str
    function: str
    why: str


class MixesOneInput(Diagnostic):
    code = "E0756"
    title = "`{step}` mixes the examples of one input, but `{data}` gives {inputs}"
    caption = "the others would stay as they are"
    help = "remove it"

    step: str
    data: str
    inputs: int


class MixesOneExample(Diagnostic):
    code = "E0777"
    title = "`{step}` mixes each example with another one of its batch, which has 1"
    caption = "nothing to mix with"
    help = "write `batch: 2` or more, or remove `{step}`"

    step: str


class PlacesAveraged(Diagnostic):
    code = "E0798"
    title = "`{step}` can't average `{output}` of net `{net}`, which has a value for each place"
    caption = "a place of one view isn't that of another"
    help = "test on whole images: write `resize` or `center_crop`"

    step: str
    net: str
    output: str


class PlacesLeft(Diagnostic):
    """`places` are the target's height and width, `image` those of the images."""

    code = "E0799"
    title = "`{step}` moves images of {image}, and can't move `{target}` of {places} alike"
    caption = "`{target}` is compared with `{output}` of net `{net}`, which is {places}"
    help = "let the net give {image}, as with `upsample`, or remove `{step}`"

    step: str
    target: str
    places: str
    image: str
    net: str
    output: str
