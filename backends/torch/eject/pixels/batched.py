"""Batch processing on the device in a script: a path's part there, and the normalization."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import final

from netlang.backends.torch.augment.path import AugmentationPath
from netlang.backends.torch.augment.stages import Change, PlacedStep, RegionCut, Stage
from netlang.backends.torch.eject.pixels.scales import way_of
from netlang.backends.torch.eject.text.inlined import inlined
from netlang.backends.torch.eject.text.sections import Section
from netlang.backends.torch.invocation import literal
from netlang.backends.torch.runtime.cutting import cut_batch, cut_masks
from netlang.backends.torch.runtime.places import mask_targets, mask_values
from netlang.backends.torch.runtime.regions import resize_shorter, whole
from netlang.records import Record, replace

__all__ = ["BatchNames", "augment_function", "batched", "moves", "prepared_lines", "sized_function"]


@final
class BatchNames(Record):
    """The names that a function has for a batch, besides `x`: its `numbers`; None in a test.

    With `masks`, masks among the `targets` move as the images do.
    """

    numbers: str | None = "numbers"
    targets: tuple[str, ...] = ()
    masks: bool = False


def augment_function(
    path: AugmentationPath, start: str, normalized: str, names: BatchNames, *, learned: bool
) -> Section:
    """`augment(x, numbers, epoch)`: a batch as the net sees it; if examples are mixed, targets too.

    `start` is the first transformation of `x`, `normalized` the returned expression.
    """
    section, together = Section(), path.mixes or names.masks
    given = ", ".join(("x", *names.targets)) if together else "x"
    returned = ", ".join((normalized, *names.targets)) if together else normalized
    rest = f"numbers, epoch{', statistics' if learned else ''}"
    section.add(
        f"def augment({given}, {rest}):", '    """A batch of training, as the net sees it."""'
    )
    if start != "x":
        section.add(f"    x = {start}")
    section.add(*prepared_lines(section, path, "    ", names))
    section.returns(returned)
    return section


def sized_function(path: AugmentationPath, *, masks: bool) -> Section | None:
    """`sized(x, numbers, epoch)`: the front of a path for one example, if sizes differ in it."""
    front = way_of(path).front
    if path.images or not any(map(_differs, front[:-1])):
        return None
    section, given = Section(), "x, masks" if masks else "x"
    section.add(f"def sized({given}, numbers, epoch):", '    """An example in its new size."""')
    for stage in front:
        section.add(*batched(section, stage, BatchNames(masks=masks)))
    section.returns(given)
    return section


def moves(path: AugmentationPath) -> bool:
    """Whether a path moves pixels of examples in memory, and masks with them."""
    way = way_of(path)
    return not path.images and any(stage.moves for stage in (*way.front, *way.back))


def _differs(stage: Stage) -> bool:
    """Whether a stage may make different sizes from examples of one size."""
    if not isinstance(stage, RegionCut):
        return False
    call = stage.steps[-1].step.call
    settings = call.settings
    return call.function is resize_shorter and settings["shortest"] != settings["longest"]


def prepared_lines(
    section: Section, path: AugmentationPath, space: str, names: BatchNames
) -> Iterator[str]:
    """Lines that apply the device's part of a path to `x`."""
    way, held, masks = way_of(path), False, names.masks
    stages = (*(() if path.images else way.front), *way.back)
    listed = ", ".join(names.targets)
    several = listed if len(names.targets) > 1 else f"({listed},)"
    back = f"    {several} = mask_targets(before, masks, {listed})"
    alone = names.numbers is not None and sized_function(path, masks=masks) is not None
    for place, stage in enumerate(stages):
        if masks and not held and (stage.moves or (alone and place == 0)):
            section.add(calls=(mask_values, mask_targets))
            yield f"{space}before, masks = x, mask_values(x, {listed})"
            held = True
        if held and isinstance(stage, Change) and stage.mixes:
            yield space[4:] + back
            held = False
        lines = batched(section, stage, replace(names, masks=held), among=stages)
        if alone and place < len(way.front):
            lines = iter(_one_by_one(masks) if place == 0 else ())
        yield from (space[4:] + line for line in lines)
    if held:
        yield space[4:] + back


def _one_by_one(masks: bool) -> Iterator[str]:
    """The lines that call `sized` for each example."""
    yield "    ones = [slice(n, n + 1) for n in range(len(x))]"
    if masks:
        yield "    found = [sized(x[one], masks[one], numbers[one], epoch) for one in ones]"
        yield "    x, masks = map(torch.cat, zip(*found, strict=True))"
    else:
        yield "    x = torch.cat([sized(x[one], numbers[one], epoch) for one in ones])"


def batched(
    section: Section,
    stage: Stage,
    names: BatchNames,
    size: str = "*x.shape[2:]",
    among: Iterable[Stage] = (),
) -> Iterator[str]:
    """The lines of one stage of a function, for `x` or for the region of an image of a given size.

    `among` are the stages of the function: a stage that is the only one is written out.
    """
    if isinstance(stage, RegionCut):
        yield from _cut(section, stage, names, size)
        return
    given = list(_drawing(stage.placed, names.numbers))
    if stage.mixes:
        yield from _mixed(section, stage, names.targets, given)
    elif names.masks and stage.moves:
        yield from _moved(section, stage, given)
    else:
        yield from (f"    {line}" for line in _changed(section, stage, given, among))


def _mixed(
    section: Section, stage: Change, targets: tuple[str, ...], given: list[str]
) -> Iterator[str]:
    """The lines that mix each example with the one before."""
    call = stage.placed.step.call
    section.add(calls=(call.function,))
    named = ", ".join(f'"{name}": {name}' for name in targets)
    yield "    numbers = numbers[1:]"
    yield f"    x, targets = {call.source('x', f'{{{named}}}', *given)}"
    for name in targets:
        yield f'    {name} = targets["{name}"]'


def _moved(section: Section, stage: Change, given: list[str]) -> Iterator[str]:
    """The lines that move examples, and masks with the same numbers."""
    step = stage.placed.step
    section.add(calls=(step.call.function,))
    if given:
        yield f"    u = {given[0]}"
    u = ("u",) if given else ()
    yield f"    x = {step.call.source('x', *u)}"
    if step.masks is not None:
        yield f"    masks = {step.masks.source('masks', *u)}"


def _changed(
    section: Section, stage: Change, given: list[str], among: Iterable[Stage]
) -> list[str]:
    """The lines that change examples: a call, or the function's body if it is the only one."""
    call = stage.placed.step.call
    same = [each for each in among if not isinstance(each, RegionCut)]
    alone = [each.placed.step.call.function for each in same].count(call.function) == 1
    operands = dict(zip(("x", "u"), ("x", *given), strict=False))
    settings = {name: literal(value) for name, value in call.settings.items()}
    lines = inlined(call.function, "x", operands | settings, 4) if alone else None
    if lines is not None:
        return lines
    section.add(calls=(call.function,))
    return [f"x = {call.source('x', *given)}"]


def _cut(section: Section, cut: RegionCut, names: BatchNames, size: str) -> Iterator[str]:
    one = size != "*x.shape[2:]"
    section.add(calls=(whole,))
    yield f"    region = whole({size}{'' if one else ', len(x)'})"
    for placed in cut.steps:
        section.add(calls=(placed.step.call.function,))
        drawn = _drawing(placed, names.numbers, "1" if one else "len(x)")
        given = (f"{each}.numpy()" for each in drawn)
        yield f"    region = {placed.step.call.source('region', *given)}"
    if not one:
        section.add(calls=(cut_batch, *((cut_masks,) if names.masks else ())))
        more = ", masks", ", cut_masks(masks, region)"
        left, right = more if names.masks else ("", "")
        yield f"    x{left} = cut_batch(x, region){right}"


def _drawing(placed: PlacedStep, numbers: str | None, count: str = "len(x)") -> Iterator[str]:
    """The uniform numbers of a step, `[B, k]`, or 0 in a test; nothing if it takes none."""
    wanted = placed.step.numbers
    if wanted and numbers is None:
        yield f"torch.zeros({count}, {wanted}, dtype=torch.float64)"
    elif wanted:
        yield f"chances(epoch, {numbers}, {placed.place}, {wanted})"
