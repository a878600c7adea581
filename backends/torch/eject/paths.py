"""A path as functions of a script: what a worker does with an image, what the device does with a
batch."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.backends.torch.augment.path import Path, Way
from netlang.backends.torch.augment.stages import Cut, Placed, Stage
from netlang.backends.torch.eject.sections import Section
from netlang.backends.torch.runtime.cutting import cut_batch, cut_image
from netlang.backends.torch.runtime.random import uniform
from netlang.backends.torch.runtime.regions import whole
from netlang.diagnostics.core import InternalError

__all__ = ["device_function", "host_function"]


def host_function(path: Path, name: str, about: str, seed: str, *, drawn: bool) -> Section:
    """`name(image, number, epoch)`: the front for one image, uint8 `[C, H, W]`.

    `seed` is what the script calls the seed; without `drawn`, in tests, every number is 0.
    """
    section = Section()
    section.add(f"def {name}(image, number, epoch):", f'    """{about}"""')
    numbers = "np.array([number])"
    first, *stages = _only(path).front or (Cut(()),)
    if not isinstance(first, Cut):
        first, stages = Cut(()), [first, *stages]
    section.add(*_cut(section, first, "image.height, image.width", "1", seed, numbers, drawn))
    section.add("    x = cut_image(image, region)", calls=(cut_image, whole))
    if stages:
        section.add("    x = x / 255.0")
        for stage in stages:
            section.add(*_step(section, stage, seed, numbers, drawn))
        section.add("    x = (255.0 * x).round().to(torch.uint8)")
    # Pixels travel with their channels last, as images are stored.
    section.add(f"    return x{'' if path.views > 1 else '[0]'}.movedim(-3, -1)")
    return section


def device_function(
    path: Path, name: str, about: str, seed: str, normalize: str | None, *, drawn: bool
) -> Section:
    """`name(x, label, numbers, epoch)`: the rest for a batch, and its normalisation."""
    section = Section()
    way = _only(path)
    section.add(f"def {name}(x, label, numbers, epoch):", f'    """{about}"""')
    if path.images:
        section.add("    x = x.movedim(-1, -3) / 255.0")
    else:
        section.add("    x = x / 255.0 if x.dtype == torch.uint8 else x")
    if path.images and path.views > 1:
        section.add("    x = x.flatten(0, 1)")
    for stage in (*(() if path.images else way.front), *way.back):
        section.add(*_step(section, stage, seed, "numbers", drawn))
    result = "x" if normalize is None else normalize
    section.add(f"    return {result}, label")
    return section


def _only(path: Path) -> Way:
    if len(path.ways) != 1:
        raise InternalError("a script of several scales")
    return path.ways[0]


def _step(section: Section, stage: Stage, seed: str, numbers: str, drawn: bool) -> Iterator[str]:
    if isinstance(stage, Cut):
        yield from _cut(section, stage, "*x.shape[2:]", "len(x)", seed, numbers, drawn)
        section.add(calls=(cut_batch,))
        yield "    x = cut_batch(x, region)"
        return
    section.add(calls=(stage.placed.step.call.function,))
    count = "len(x)"
    if stage.mixes:
        yield "    numbers = numbers[1:]"
        count = "len(x) - 1"
    drawing = _drawing(section, stage.placed, count, seed, numbers, drawn)
    given = (f"torch.from_numpy({drawing})",) if drawing else ()
    if stage.mixes:
        call = stage.placed.step.call.source("x", '{"label": label}', *given)
        yield f"    x, targets = {call}"
        yield '    label = targets["label"]'
    else:
        yield f"    x = {stage.placed.step.call.source('x', *given)}"


def _cut(
    section: Section, stage: Cut, size: str, count: str, seed: str, numbers: str, drawn: bool
) -> Iterator[str]:
    section.add(calls=(whole,))
    yield f"    region = whole({size}{'' if count == '1' else f', {count}'})"
    for placed in stage.steps:
        section.add(calls=(placed.step.call.function,))
        drawing = _drawing(section, placed, count, seed, numbers, drawn)
        given = (drawing,) if drawing else ()
        yield f"    region = {placed.step.call.source('region', *given)}"


def _drawing(
    section: Section, placed: Placed, count: str, seed: str, numbers: str, drawn: bool
) -> str:
    """The uniform numbers of a step; nothing if it takes none."""
    wanted = placed.step.numbers
    if not wanted:
        return ""
    if not drawn:
        return f"np.zeros(({count}, {wanted}))"
    section.add(calls=(uniform,))
    return f"uniform({seed}, epoch, {numbers}, {placed.place}, {wanted})"
