"""Errors of what an ONNX file does besides its net."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "ClassNamesDiffer", "FewerClasses", "PreparationUnfit", "PreparationUnknown", "ScoresUnknown",
    "StepOutside",
]  # fmt: skip


class StepOutside(Diagnostic):
    """A step of a test's path that the graph of an ONNX file can't carry out."""

    code = "E0950"
    title = "an ONNX file can't carry out `{step}` of {source}"
    caption = "a file prepares one view of an image"
    help = (
        "prepare images by a path of `resize`, `resize_shorter` and `center_crop`: that of another"
        " recipe, `--preprocess SPEC:recipe`, or `--preprocess imagenet`"
    )

    step: str
    source: str


class PreparationUnfit(Diagnostic):
    """A net that doesn't take the images that were to be prepared for it."""

    code = "E0951"
    title = "{what}"
    help = "{advice}"

    what: str
    advice: str


class PreparationUnknown(Diagnostic):
    """Weights that don't say how images are prepared for them."""

    code = "E0952"
    title = "nothing says how images are prepared for net `{net}`"
    caption = "the weights are not those of a run, and no recipe is named"
    help = "name the recipe, `--preprocess SPEC:recipe`, or write `--preprocess imagenet`"

    net: str


class ScoresUnknown(Diagnostic):
    """A net of which nothing says which output has the scores of classes."""

    code = "E0953"
    title = "nothing says which output of net `{net}` has the scores of classes"
    caption = "it has none or several that may have them"
    help = "name a recipe whose loss compares the output with `label`: `--postprocess SPEC:recipe`"

    net: str


class FewerClasses(Diagnostic):
    """More classes are asked for than there are."""

    code = "E0954"
    title = "`topk({k})` asks for more classes than output `{output}` has: {count}"
    help = "ask for fewer: `topk({count})`"

    k: int
    output: str
    count: int


class ClassNamesDiffer(Diagnostic):
    """More or fewer names than classes."""

    code = "E0955"
    title = "there are {given} names of classes, and output `{output}` has scores of {count}"
    help = "give each class its name, in the order of their numbers"

    given: int
    output: str
    count: int
