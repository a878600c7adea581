"""Errors about the location and contents of data (E0318, E0759, E0773, E078x, E0797)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "BadSettings",
    "ClassNotInTraining",
    "DataNotPlaced",
    "DataNotThere",
    "DataUnfit",
    "DataUnreadable",
    "ImageOfOtherSize",
    "ImageSmallerThanCrop",
    "ImageUnreadable",
    "LabelsDiffer",
    "NoImage",
    "UnusedPlace",
]


class UnusedPlace(Diagnostic):
    code = "E0759"
    title = "recipe `{recipe}` needs no `{name}`"
    help = "it needs {available}"

    name: str
    recipe: str
    available: str


class DataNotPlaced(Diagnostic):
    code = "E0780"
    title = "nothing says where `{name}` lies on this machine"
    caption = "neither `--data`, nor `{variable}`, nor {settings}"
    help = "say it by `--data {name}=PATH`"

    name: str
    variable: str
    settings: str


class DataNotThere(Diagnostic):
    """`where` is the place that was searched, with its contents, or empty."""

    code = "E0781"
    title = "there is no {what}{where}"
    caption = "needed here"
    help = "{advice}"

    what: str
    where: str
    advice: str


class ClassNotInTraining(Diagnostic):
    code = "E0782"
    title = "part `{part}` has {count} that the training part lacks: {names}"
    caption = "classes are those of the training part"
    help = "remove it from `{part}`, or give it to `{train}`"

    part: str
    train: str
    count: str
    names: str


class ImageUnreadable(Diagnostic):
    code = "E0783"
    title = "image `{path}` can't be read: {why}"
    help = "{advice}"

    path: str
    why: str
    advice: str = "repair or remove it; a recipe goes on without such files by `corrupt=skip`"


class NoImage(Diagnostic):
    code = "E0773"
    title = "there is no image at `{path}`: {why}"
    help = "{advice}"

    path: str
    why: str
    advice: str


class ImageSmallerThanCrop(Diagnostic):
    code = "E0797"
    title = "image `{path}` is smaller than what is to be cut out of it: {sizes}"
    help = "resize before: `resize_shorter(256) -> random_crop(224)`; or remove the image"

    path: str
    sizes: str


class ImageOfOtherSize(Diagnostic):
    code = "E0318"
    title = "image `{path}` has another size than the images that the net was trained on: {sizes}"
    help = "add `test: resize({wanted})` to the recipe, or say it: `'test=resize({wanted})'`"

    path: str
    sizes: str
    wanted: str


class DataUnreadable(Diagnostic):
    code = "E0784"
    title = "`{path}` can't be read: {why}"
    caption = "data of this source"
    help = "{advice}"

    path: str
    why: str
    advice: str = "it may be cut off or of another kind: get it anew"


class LabelsDiffer(Diagnostic):
    code = "E0785"
    title = "{what}, but `{output}` of net `{net}` has {outputs:channel/channels}"
    caption = "each class needs one channel"
    help = "give the net {classes}"

    what: str
    output: str
    net: str
    outputs: str
    classes: str


class DataUnfit(Diagnostic):
    code = "E0786"
    title = "{what}"
    caption = "this data"
    help = "{advice}"

    what: str
    advice: str


class BadSettings(Diagnostic):
    code = "E0787"
    title = "`{path}`, which says where data lie, can't be read: {why}"
    help = 'its lines are `name = "path"`'

    path: str
    why: str
