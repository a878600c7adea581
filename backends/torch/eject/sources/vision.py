"""Data sets of torchvision."""

from __future__ import annotations

from netlang.backends.torch.data.sources.vision import CALLS
from netlang.backends.torch.eject.sources.base import DataSection, data_section, wanted_parts
from netlang.backends.torch.eject.sources.images import ImageReading, images_class, skipping
from netlang.backends.torch.eject.text.sections import Section
from netlang.backends.torch.invocation import literal
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data_images import Torchvision

__all__: list[str] = []

_START = (
    "def __init__(self, found, prepare):",
    "    self.pictures, self.prepare = found, prepare",
    "    self.files = list(enumerate({labels}))",
)


@data_section.register
def _(data: Torchvision, recipe: Recipe, *, numbered: bool = True) -> DataSection:
    call, section, parts = CALLS[data.set], Section(), Section()
    each = "int(each[1])" if call.labels == "_samples" else "int(each)"
    labels = f"{each} for each in found.{call.labels}"
    start = tuple(line.format(labels=labels) for line in _START)
    opened = ("image = self.pictures[file][0]",)
    about = f"those of torchvision's {data.set}"
    images_class(section, recipe, ImageReading(about, start, opened), numbered=numbered)
    parts.imports.add("from torchvision import datasets")
    parts.add("    try:")
    there = {}
    for wanted in wanted_parts(data, recipe):
        part = next((name for name in wanted.names if name in call.parts), None)
        there[wanted.variable] = part is not None
        if part is not None:
            settings = call.parts[part]
            given = "".join(f", {name}={literal(value)}" for name, value in settings.items())
            found = f"datasets.{data.set}(args.data{given})"
            made = f"Images({found}, {wanted.prepare}){skipping(data)}"
            parts.add(f"        {wanted.variable} = {made}")
    text = f"no {data.set} in {{args.data}}, which --data names"
    parts.add("    except (RuntimeError, OSError) as error:")
    parts.add(f'        raise SystemExit(f"{text}") from error')
    return DataSection(
        section, parts, True, "folder of the data set",
        test=there.get("test", False), held=there.get("held", False),
    )  # fmt: skip
