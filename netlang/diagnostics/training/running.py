"""Errors of running recipes: data, checkpoints, numbers (E0730 to E0749, E0779, E0804, E0992)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "NoClassifier",
    "StatisticsMissing",
    "CannotCompile",
    "DataChanged",
    "DataDiffers",
    "DeviceMemoryMissing",
    "DeviceMissing",
    "LossNotFinite",
    "NotNumbers",
    "NoSuchPart",
    "OtherClasses",
    "OtherNormalization",
    "OtherRecipe",
    "PrecisionMissing",
    "RunExists",
    "UnreadableRun",
]


class DataDiffers(Diagnostic):
    code = "E0732"
    title = "the examples of `{data}` are not the published ones"
    caption = "SHA-256 is {actual}, expected {expected}"
    help = "install the tested versions: `pip install -c constraints.txt 'netlang[data]'`"

    data: str
    expected: str
    actual: str


class RunExists(Diagnostic):
    code = "E0733"
    title = "`{folder}` already holds a run"
    help = (
        "go on with it by `--resume`, name another folder with `--out`, or remove this one; in"
        ' Python `resume=True` and `out="..."`'
    )

    folder: str


class OtherRecipe(Diagnostic):
    code = "E0734"
    title = "the run in `{folder}` has another recipe: {differences}"
    help = "{advice}, or start a new one with `--out`"

    folder: str
    differences: str
    advice: str = "resume it with the recipe that it was started with"


class UnreadableRun(Diagnostic):
    code = "E0735"
    title = "`{path}` can't be read: {why}"
    help = "{advice}"

    path: str
    why: str
    advice: str = "if it is part of a run, start a new one with `--out`"


class LossNotFinite(Diagnostic):
    code = "E0736"
    title = "at step {step} {subject} infinite or not a number"
    caption = "{what}"
    help = (
        "lower the learning rate, bound gradients with `clip_norm`, or look at the layer; {saved}"
    )

    step: int
    subject: str
    what: str
    saved: str


class NotNumbers(Diagnostic):
    """Predictions or scores that are NaN: they rank nothing and compare with nothing."""

    code = "E0992"
    title = "what the net makes of {what} is not a number"
    help = "some weights, or values that they lead to, are infinite or not numbers: {advice}"

    what: str
    advice: str = "train with a lower learning rate, or take weights from before that"


class DeviceMissing(Diagnostic):
    code = "E0738"
    title = "there is no device `{device}` here"
    help = "available: {available}"

    device: str
    available: str


class NoSuchPart(Diagnostic):
    code = "E0739"
    title = "`{data}` has no {split} part"
    caption = "there is nothing to score"
    help = "{advice}"

    data: str
    split: str
    advice: str


class CannotCompile(Diagnostic):
    code = "E0740"
    title = "the net can't be compiled for {device}"
    caption = "{why}"
    help = "install what is missing, or leave `compile` out"

    device: str
    why: str


class PrecisionMissing(Diagnostic):
    code = "E0741"
    title = "`{precision}` needs {need}"
    caption = "the device is {device}"
    help = "use `precision=fp32`, or name another device with `--device`"

    precision: str
    device: str
    need: str


class NoClassifier(Diagnostic):
    code = "E0746"
    title = "net `{net}` doesn't classify images"
    caption = "no output of it is compared with `label` as scores of classes"
    help = "`netlang predict` is for recipes on images with a loss such as `cross_entropy`"

    net: str


class StatisticsMissing(Diagnostic):
    code = "E0747"
    title = "the weights don't say the numbers of `{normalization}`"
    caption = "these numbers come from the training data"
    help = "use weights that a run wrote, or give the numbers: `standardize(mean=[...], std=[...])`"

    normalization: str


class OtherClasses(Diagnostic):
    code = "E0748"
    title = "`{weights}` was trained on {trained}, but `{data}` has {found}"
    caption = "class numbers stand for other classes"
    help = (
        "score it on data of the same classes, with a folder for each of them in the training part"
    )

    weights: str
    trained: str
    data: str
    found: str


class OtherNormalization(Diagnostic):
    code = "E0804"
    title = "the inputs of `{first}` and `{second}` were normalized in other ways"
    help = (
        "average weights of runs with the same `normalize` and, if its numbers come from the data,"
        " the same training part; `netlang eval --ensemble` scores others together"
    )

    first: str
    second: str


class DataChanged(Diagnostic):
    code = "E0749"
    title = "the data of the run in `{folder}` have changed since: {differences}"
    help = (
        "put the data back, or start a new run with `--out`, perhaps from these weights: `weights:"
        " pretrained(...)`"
    )

    folder: str
    differences: str


class DeviceMemoryMissing(Diagnostic):
    """`what` is PyTorch's own message."""

    code = "E0779"
    title = "`{device}` has not enough memory: {what}"
    help = (
        "take a smaller `batch`, or compute it in parts with `accumulate`; `precision: bf16` takes"
        " less too"
    )

    device: str
    what: str
