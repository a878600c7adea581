"""What a script does with batches on the device: a path's part there, and the normalisation."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.backends.torch.augment.path import Path, Way
from netlang.backends.torch.augment.stages import Cut, Placed, Stage
from netlang.backends.torch.eject.sections import Section
from netlang.backends.torch.runtime.cutting import cut_batch
from netlang.backends.torch.runtime.random import uniform
from netlang.backends.torch.runtime.regions import whole
from netlang.diagnostics.core import InternalError

__all__ = ["augment_function", "batched", "only_way", "prepared_lines"]


def only_way(path: Path) -> Way:
    """The way of a path that has one."""
    if len(path.ways) != 1:
        raise InternalError("a script of several scales")
    return path.ways[0]


def augment_function(path: Path, normalize: str | None) -> Section:
    """`augment(x, numbers, epoch)`: a batch as the net sees it; with mixing, of labels too."""
    section = Section()
    given, returned = ("x, label", ", label") if path.mixes else ("x", "")
    section.add(f"def augment({given}, numbers, epoch):")
    section.add('    """A batch of training, as the net sees it."""')
    section.add(*prepared_lines(section, path, "    "))
    section.add(f"    return {normalize or 'x'}{returned}")
    return section


def prepared_lines(
    section: Section, path: Path, space: str, numbers: str | None = "numbers"
) -> Iterator[str]:
    """Lines that change `x` as the device's part of a path does; without `numbers`, for a test."""
    way = only_way(path)
    if path.images:
        flat = ".flatten(0, 1)" if path.views > 1 else ""
        yield f"{space}x = x{flat}.movedim(-1, -3) / 255.0"
    for stage in (*(() if path.images else way.front), *way.back):
        for line in batched(section, stage, numbers):
            yield space[4:] + line


def batched(
    section: Section, stage: Stage, numbers: str | None, size: str = "*x.shape[2:]"
) -> Iterator[str]:
    """The lines of a stage of a function: `x`, or the region of an image of that size."""
    one = size != "*x.shape[2:]"
    if isinstance(stage, Cut):
        section.add(calls=(whole,))
        yield f"    region = whole({size}{'' if one else ', len(x)'})"
        for placed in stage.steps:
            section.add(calls=(placed.step.call.function,))
            given = _drawing(section, placed, numbers)
            yield f"    region = {placed.step.call.source('region', *given)}"
        if not one:
            section.add(calls=(cut_batch,))
            yield "    x = cut_batch(x, region)"
        return
    call = stage.placed.step.call
    section.add(calls=(call.function,))
    given = [f"torch.from_numpy({each})" for each in _drawing(section, stage.placed, numbers)]
    if stage.mixes:
        yield "    numbers = numbers[1:]"
        operands = "x", '{"label": label}', *given
        yield f"    x, targets = {call.source(*operands)}"
        yield '    label = targets["label"]'
    else:
        yield f"    x = {call.source('x', *given)}"


def _drawing(section: Section, placed: Placed, numbers: str | None) -> list[str]:
    """The uniform numbers of a step, `[B, k]`, in a test 0; nothing if it takes none."""
    wanted = placed.step.numbers
    if not wanted:
        return []
    if numbers is None:
        return [f"np.zeros((1, {wanted}))"]
    section.add(calls=(uniform,))
    return [f"uniform(AUGMENT, epoch, {numbers}, {placed.place}, {wanted})"]
