"""Errors while a recipe runs: data, run folders, checkpoints, numbers (E0730 to E0749)."""

from __future__ import annotations

from dataclasses import dataclass

from netlang.diagnostics.core import Diagnostic

__all__ = [
    "AugmentationNotTrainable",
    "DataDiffers",
    "DataNotTrainable",
    "DeviceMissing",
    "EvaluationNeedsWeights",
    "LossNotFinite",
    "NothingToResume",
    "OtherRecipe",
    "RunExists",
    "UnreadableRun",
    "WeightsDiffer",
]


@dataclass(frozen=True, kw_only=True)
class DataNotTrainable(Diagnostic):
    code = "E0730"
    title = "training on `{data}` isn't there yet"
    caption = "this data source is checked, but can't be read so far"
    help = "data sources that can be read: {available}"

    data: str
    available: str


@dataclass(frozen=True, kw_only=True)
class AugmentationNotTrainable(Diagnostic):
    code = "E0731"
    title = "`{augmentation}` isn't there yet for `{data}`"
    caption = "this step is checked, but can't be carried out so far"
    help = "remove it, for example with `{key}=none`"

    augmentation: str
    data: str
    key: str


@dataclass(frozen=True, kw_only=True)
class DataDiffers(Diagnostic):
    code = "E0732"
    title = "the examples of `{data}` are not the published ones"
    caption = "SHA-256 is {actual}, expected {expected}"
    help = "install the tested versions: `pip install -c constraints.txt 'netlang[data]'`"

    data: str
    expected: str
    actual: str


@dataclass(frozen=True, kw_only=True)
class NothingToResume(Diagnostic):
    code = "E0733"
    title = "there is nothing to resume in `{folder}`"
    help = "train without `--resume` first, or name the folder of a run with `--out`"

    folder: str


@dataclass(frozen=True, kw_only=True)
class RunExists(Diagnostic):
    code = "E0734"
    title = "`{folder}` already holds a run"
    help = "go on with it by `--resume`, or name another folder with `--out`"

    folder: str


@dataclass(frozen=True, kw_only=True)
class OtherRecipe(Diagnostic):
    code = "E0735"
    title = "the run in `{folder}` has another recipe: {differences}"
    help = "resume it with the recipe that it was started with, or start a new one with `--out`"

    folder: str
    differences: str


@dataclass(frozen=True, kw_only=True)
class UnreadableRun(Diagnostic):
    code = "E0736"
    title = "`{path}` can't be read as part of a run: {why}"
    help = "start a new run with `--out`"

    path: str
    why: str


@dataclass(frozen=True, kw_only=True)
class LossNotFinite(Diagnostic):
    code = "E0737"
    title = "the loss is {loss} at step {step}"
    caption = "the run stops here"
    help = (
        "lower the learning rate (`{key}=...`), or resume the last checkpoint with other settings"
    )

    loss: str
    step: int
    key: str


@dataclass(frozen=True, kw_only=True)
class WeightsDiffer(Diagnostic):
    code = "E0738"
    title = "`{path}` doesn't hold the weights of net `{net}`"
    help = "{differences}"

    path: str
    net: str
    differences: str


@dataclass(frozen=True, kw_only=True)
class EvaluationNeedsWeights(Diagnostic):
    code = "E0739"
    title = "`{path}` can't be read as weights: {why}"
    help = "give a `.safetensors` file such as `best.safetensors` of a run"

    path: str
    why: str


@dataclass(frozen=True, kw_only=True)
class DeviceMissing(Diagnostic):
    code = "E0740"
    title = "there is no device `{device}` here"
    help = "available: {available}"

    device: str
    available: str
