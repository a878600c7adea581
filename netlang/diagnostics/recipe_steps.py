"""Errors about the steps of a path and what they work on (E0754 to E0756)."""

from __future__ import annotations

from netlang.diagnostics.core import Diagnostic

__all__ = ["MixedTarget", "MixesOneInput", "StepChannels"]


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
