"""What changed in a few lines: steps that change alike are one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from netlang.diff.difference import ArgumentChange, Difference, PortChange, StepChange
from netlang.diff.extras import extra_lines
from netlang.diff.line import ToldLine
from netlang.diff.patterns import patterns, skeleton
from netlang.diff.renamed import renamed_lines
from netlang.diff.steps import NetSteps, Parts

__all__ = ["argument_text", "lines_of"]

# Different values of an argument that are listed.
_MOST_VALUES = 4
_MOST_PATHS = 5


def lines_of(difference: Difference) -> tuple[ToldLine, ...]:
    """The differences in words, those of the text's own edits first, then their consequences."""
    return (
        *map(_port_line, difference.ports),
        *extra_lines(difference, added=False),
        *extra_lines(difference, added=True),
        *_repeated_lines(difference),
        *_edited_lines(difference),
        *renamed_lines(difference),
        *_resized_lines(difference),
    )


def _port_line(port: PortChange) -> ToldLine:
    where = f"{port.kind} {port.name}" if port.name != port.kind else port.kind
    if port.before is None:
        return ToldLine("added", where, f"{port.after}")
    if port.after is None:
        return ToldLine("removed", where, port.before)
    told = [f"{port.before} -> {port.after}"] if port.before != port.after else []
    if port.source:
        told.append(f"from {port.source[1]} instead of {port.source[0]}")
    return ToldLine("changed", where, ", ".join(told))


def _repeated_lines(difference: Difference) -> Iterator[ToldLine]:
    """A line for each repeat, in a long net, that has another number of times."""
    groups: dict[Parts, list[StepChange]] = {}
    for change in difference.changes:
        if change.repeated:
            parts = difference.after.steps[change.other].parts
            levels = [level for level, part in enumerate(parts, 1) if part.startswith("{")]
            groups.setdefault(parts[: max(levels, default=len(parts))], []).append(change)
    for parts, group in groups.items():
        before, after = difference.pair(group[0])
        steps = f"{len(group)} steps" if len(group) > 1 else "1 step"
        what = f"{steps}, {before.times:,} -> {after.times:,} times"
        yield ToldLine("repeated", ".".join(parts), what, tuple(each.other for each in group))


# --- edited steps ---------------------------------------------------------------------------------


def _edited_lines(difference: Difference) -> Iterator[ToldLine]:
    """A line for each way in which steps changed."""
    groups: dict[object, list[StepChange]] = {}
    for change in filter(lambda each: each.altered, difference.changes):
        groups.setdefault(_manner(difference, change), []).append(change)
    alike: dict[object, list[StepChange]] = {}
    for group in groups.values():
        alike.setdefault(_likeness(difference, group), []).extend(group)
    for group in alike.values():
        verb, what = _told(difference, group)
        yield ToldLine(verb, _where(difference, group), what, tuple(each.other for each in group))


def _where(difference: Difference, group: Sequence[StepChange]) -> str:
    found = patterns(difference.after.steps[change.other].parts for change in group)
    if len(found) > _MOST_PATHS:
        found = (*found[: _MOST_PATHS - 2], "...", found[-1])
    return ", ".join(found)


def _manner(difference: Difference, change: StepChange) -> object:
    """What the changes on one line have in common."""
    before, after = difference.pair(change)
    names = tuple([each.name for each in change.arguments])
    reads = tuple([(place, old is None, new is None) for place, old, new in change.reads])
    operators = before.op.name, after.op.name
    return skeleton(after.parts), operators, names, reads, change.moved, change.tied


def _likeness(difference: Difference, group: Sequence[StepChange]) -> object:
    """What changes of steps with different names have in common, to be on one line."""
    before, after = difference.pair(group[0])
    arguments = []
    for column in zip(*(change.arguments for change in group), strict=True):
        ratios = {_ratio(change) for change in column}
        texts = {change.texts for change in column}
        alike = len(ratios) == 1 and None not in ratios
        arguments.append((column[0].name, frozenset(ratios if alike else texts)))
    first = group[0]
    return (
        before.op.name, after.op.name, tuple(arguments), first.reads, first.moved, first.tied
    )  # fmt: skip


def _told(difference: Difference, group: Sequence[StepChange]) -> tuple[str, str]:
    """The verb of a group of changes, and what it says of them."""
    before, after = difference.pair(group[0])
    parts = []
    if group[0].operator:
        parts.append(f"{before.op.name} -> {after.op.name}")
    columns = zip(*(change.arguments for change in group), strict=True)
    parts += [argument_text(column) for column in columns]
    parts += _reads(difference, group)
    if group[0].tied:
        parts.append("now shares weights" if after.tied or not after.owns else "has own weights")
    if group[0].moved:
        place = _neighbour(difference.after, group[0].other)
        parts.append(f"moved, now after {place}" if len(group) == 1 else "moved")
    only_moved = group[0].moved and len(parts) == 1
    many = f"{len(group)} x " if len(group) > 1 else ""
    name = "" if group[0].operator else f"{after.op.name}: "
    text = parts[0].removeprefix("moved, ") if only_moved else ", ".join(parts)
    return "moved" if only_moved else "changed", f"{many}{name}{text}"


def argument_text(column: Sequence[ArgumentChange]) -> str:
    """How one argument changed in many steps."""
    name = column[0].name
    texts = list(dict.fromkeys(change.texts for change in column))
    if len(texts) == 1:
        before, after = texts[0]
        return f"{name} {before} -> {after}{_doubled(column[0])}"
    ratios = {_ratio(change) for change in column}
    examples = [f"{before} -> {after}" for before, after in texts]
    if len(ratios) == 1 and (ratio := ratios.pop()) is not None:
        ordered = sorted(column, key=lambda each: int(str(each.before)))
        examples = [" -> ".join(ordered[place].texts) for place in (0, -1)]
        dots = ", ..., " if len(texts) > 2 else ", "
        return f"{name} {_factor(ratio)} ({dots.join(examples)})"
    if len(examples) > _MOST_VALUES:
        examples = [*examples[: _MOST_VALUES - 2], "...", examples[-1]]
    return f"{name} {', '.join(examples)}"


def _doubled(change: ArgumentChange) -> str:
    """A remark on the factor of a large number."""
    ratio = _ratio(change)
    large = isinstance(change.before, int) and change.before >= 16
    return f" ({_factor(ratio)})" if large and ratio and ratio.denominator == 1 else ""


def _ratio(change: ArgumentChange) -> Fraction | None:
    before, after = change.before, change.after
    whole = (int,) if not isinstance(before, bool) else ()
    if not isinstance(before, whole) or not isinstance(after, whole) or not before or not after:
        return None
    return Fraction(after, before)


def _factor(ratio: Fraction) -> str:
    if ratio.numerator == 1:
        return f"/ {ratio.denominator}"
    return f"x {float(ratio):.4g}"


def _reads(difference: Difference, group: Sequence[StepChange]) -> Iterator[str]:
    if len(group) > 1:
        if group[0].reads:
            yield "other inputs"
        return
    for _, old, new in group[0].reads:
        was = "" if old is None else difference.before.path_of(old)
        now = "" if new is None else difference.after.path_of(new)
        if not was:
            yield f"reads {now} too"
        elif not now:
            yield f"no longer reads {was}"
        else:
            yield f"reads {now} instead of {was}"


def _neighbour(steps: NetSteps, number: int) -> str:
    sources = steps.steps[number].sources
    return steps.path_of(sources[0]) if sources else "the start"


# --- consequences ---------------------------------------------------------------------------------


def _resized_lines(difference: Difference) -> Iterable[ToldLine]:
    """One line on the steps whose sizes follow from changes elsewhere."""
    found = [each for each in difference.changes if each.resized and not each.edited]
    if not found:
        return
    weighted = 0
    for change in found:
        before, after = difference.pair(change)
        weighted += before.op.weights(before.inputs) != after.op.weights(after.inputs)
    steps = f"{len(found)} further steps have" if len(found) > 1 else "1 further step has"
    weights = f", {weighted} of them weights of other shapes" if weighted else ""
    text = f"{steps} other sizes{weights}"
    yield ToldLine("follow", "", text, tuple(each.other for each in found))
