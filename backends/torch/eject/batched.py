"""What a script does with batches on the device: a path's part there, and the normalisation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netlang.backends.torch.augment.path import Path, Way
from netlang.backends.torch.augment.stages import Cut, Placed, Stage
from netlang.backends.torch.eject.inlined import inlined
from netlang.backends.torch.eject.sections import Section
from netlang.backends.torch.invocation import literal
from netlang.backends.torch.runtime.cutting import cut_batch
from netlang.backends.torch.runtime.regions import whole
from netlang.diagnostics.errors import InternalError

__all__ = ["augment_function", "batched", "only_way", "prepared_lines"]


def only_way(path: Path) -> Way:
    """The way of a path that has one."""
    if len(path.ways) != 1:
        raise InternalError("a script of several scales")
    return path.ways[0]


def augment_function(
    path: Path, start: str, normalized: str, targets: tuple[str, ...], learned: bool
) -> Section:
    """`augment(x, numbers, epoch)`: a batch as the net sees it; with mixing, of targets too.

    `start` is what `x` becomes first, `normalized` what is returned of it.
    """
    section = Section()
    mixed = ", ".join(("x", *targets)) if path.mixes else "x"
    returned = ", ".join((normalized, *targets)) if path.mixes else normalized
    given = f"{mixed}, numbers, epoch{', statistics' if learned else ''}"
    section.add(f"def augment({given}):", '    """A batch of training, as the net sees it."""')
    if start != "x":
        section.add(f"    x = {start}")
    section.add(*prepared_lines(section, path, "    ", targets=targets))
    section.returns(returned)
    return section


def prepared_lines(
    section: Section,
    path: Path,
    space: str,
    numbers: str | None = "numbers",
    targets: tuple[str, ...] = (),
) -> Iterator[str]:
    """Lines that change `x` as the device's part of a path does; without `numbers`, for a test."""
    way = only_way(path)
    stages = (*(() if path.images else way.front), *way.back)
    for stage in stages:
        for line in batched(section, stage, numbers, targets=targets, among=stages):
            yield space[4:] + line


def batched(
    section: Section,
    stage: Stage,
    numbers: str | None,
    size: str = "*x.shape[2:]",
    targets: tuple[str, ...] = (),
    among: Iterable[Stage] = (),
) -> Iterator[str]:
    """The lines of a stage of a function: `x`, or the region of an image of that size.

    `among` are the stages of the function: what stands in one of them alone is written out.
    """
    if isinstance(stage, Cut):
        yield from _cut(section, stage, numbers, size)
        return
    call = stage.placed.step.call
    given = list(_drawing(section, stage.placed, numbers))
    if stage.mixes:
        section.add(calls=(call.function,))
        named = ", ".join(f'"{name}": {name}' for name in targets)
        yield "    numbers = numbers[1:]"
        yield f"    x, targets = {call.source('x', f'{{{named}}}', *given)}"
        for name in targets:
            yield f'    {name} = targets["{name}"]'
        return
    same = [each for each in among if not isinstance(each, Cut)]
    alone = [each.placed.step.call.function for each in same].count(call.function) == 1
    operands = dict(zip(("x", "u"), ("x", *given), strict=False))
    settings = {name: literal(value) for name, value in call.settings.items()}
    lines = inlined(call.function, "x", operands | settings, 4) if alone else None
    if lines is None:
        section.add(calls=(call.function,))
        lines = [f"x = {call.source('x', *given)}"]
    yield from (f"    {line}" for line in lines)


def _cut(section: Section, cut: Cut, numbers: str | None, size: str) -> Iterator[str]:
    one = size != "*x.shape[2:]"
    section.add(calls=(whole,))
    yield f"    region = whole({size}{'' if one else ', len(x)'})"
    for placed in cut.steps:
        section.add(calls=(placed.step.call.function,))
        given = (f"{each}.numpy()" for each in _drawing(section, placed, numbers))
        yield f"    region = {placed.step.call.source('region', *given)}"
    if not one:
        section.add(calls=(cut_batch,))
        yield "    x = cut_batch(x, region)"


def _drawing(section: Section, placed: Placed, numbers: str | None) -> Iterator[str]:
    """The uniform numbers of a step, `[B, k]`, in a test 0; nothing if it takes none."""
    wanted = placed.step.numbers
    if wanted and numbers is None:
        yield f"torch.zeros(len(x), {wanted}, dtype=torch.float64)"
    elif wanted:
        yield f"uniform(epoch, {numbers}, {placed.place}, {wanted})"
