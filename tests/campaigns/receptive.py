"""Receptive fields by gradients: ``python -m tests.campaigns.receptive --count 5000 --seed 1``.

For each element of a random net's output the places that it is said to read hold those that its
gradient reaches; the figures are what the widest element reads, or more where they say "at most".
"""

from __future__ import annotations

import random
import re
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import torch
from torch import Tensor

from netlang.analysis.fields.elements.figures import Elements
from netlang.analysis.fields.figure import AxisField
from netlang.analysis.fields.largest import Source
from netlang.analysis.fields.net import axis_fields, receptive_field
from netlang.analysis.fields.reads import Interval
from netlang.analysis.fields.walk import Fields
from netlang.backends.torch import build
from netlang.ir.program import Program
from tests.campaigns.fields.drawing import drawn
from tests.campaigns.fields.gradients import Element, influence, intervals
from tests.campaigns.fields.smooth import positive
from tests.campaigns.fields.told import told
from tests.campaigns.fields.windows import OF_A_WINDOW
from tests.campaigns.of_specs import failure_of, smaller
from tests.campaigns.running import Campaign, Failure, Summary, Verdict, command
from tests.campaigns.subject import Spec, load

__all__ = ["CAMPAIGN", "examined", "judged", "shrink", "trial"]

# Elements that are looked at: drawn ones, and of those that are said to read most along each axis.
DRAWN, WIDEST = 40, 20

# Operators that take statistics, as they are written: with identities for them, windows alone read.
# A norm of the places of a window is a window, and stays.
_STATISTICS = re.compile(
    r"\b(group_norm|instance_norm|layer_norm|rms_norm|softmax|log_softmax|l2_normalize)"
    rf"(?!\(axis={OF_A_WINDOW}\))(\([^()]*\))?(?=[;\n ])"
)


def trial(number: int) -> Verdict:
    """The receptive field of the net of a number."""
    failure, counts = _judged(drawn(number), number)
    return Verdict((failure,) if failure else (), counts)


def judged(spec: Spec, number: int) -> Failure | None:
    """What is wrong with the receptive field of a net."""
    return _judged(spec, number)[0]


def _judged(spec: Spec, number: int) -> tuple[Failure | None, dict[str, int]]:
    found, counts = examined(load(spec), number)
    plain = replace(spec, text=_STATISTICS.sub("identity", spec.text))
    if plain != spec and not found:
        found = list(examined(load(plain), number)[0])
        found += _by_windows(load(spec), load(plain))
    if not found:
        return None, counts
    return failure_of(spec, number, " ".join(found[0].split()[:3]), "\n".join(found[:8])), counts


def _by_windows(program: Program, plain: Program) -> Iterator[str]:
    """The figure is that of windows alone, statistics left out."""
    with_statistics, without = receptive_field(program), receptive_field(plain)
    if without is None or with_statistics is None:
        return
    for one, two in zip(with_statistics.along, without.along, strict=False):
        if one.size < two.size and not one.unknown and not two.bound:
            yield f"by windows {one.size}, without statistics {two.size}"


def shrink(failure: Failure) -> Failure:
    """The same fault in a shorter spec."""
    return smaller(failure, judged)


def examined(program: Program, seed: int) -> tuple[list[str], dict[str, int]]:
    """What is wrong with the field of a net's last output, and what was looked at."""
    counts: Counter[str] = Counter(nets=1)
    axes = list(_Subject.of(program, seed).axes())
    for each in axes:
        counts += each.counts()
    if all(each.is_exact for each in axes):
        counts["exact nets"] += 1
    return [fault for each in axes for fault in each.wrong()], dict(counts)


@dataclass(frozen=True)
class _Axis:
    """One input axis: what is told of it, and what gradients say for each element.

    `told` are intervals and phases, with joined values as one and told apart; `counted` is what is
    told element by element, if it is.
    """

    name: str
    figures: AxisField
    told: Sequence[Sequence[Interval | None]]
    counted: Sequence[Interval | None] | None
    read: Sequence[Interval | None]

    def wrong(self) -> Iterator[str]:
        """Where less is told than read, or more where that is said to be exact."""
        for each in (*self.told, self.counted or self.read):
            for said, read in zip(each, self.read, strict=True):
                if not _holds(said, read):
                    yield f"{self.name}: too small: told {said}, read {read}"
        most, figures = _widest(self.read), self.figures
        if most > figures.seen:
            yield f"{self.name}: seen {figures.seen}, read {most}"
        if most < figures.seen and not figures.seen_bound:
            yield f"{self.name}: seen just {figures.seen}, read {most}"
        if not figures.besides and not figures.unknown and min(figures.size, figures.extent) < most:
            yield f"{self.name}: figure {figures.size}, read {most}"

    @property
    def seen_exactly(self) -> bool:
        return not self.figures.seen_bound and self.figures.seen == _widest(self.read)

    @property
    def is_exact(self) -> bool:
        return self.seen_exactly and not self.figures.bound

    def counts(self) -> Counter[str]:
        """Axes, and elements, of which all is told exactly."""
        told = self.counted or self.told[-1]
        pairs = list(zip(told, self.read, strict=True))
        return Counter(
            {
                "axes": 1,
                "axes seen exactly": int(self.seen_exactly),
                "axes whose figure an element reads": int(self.figures.size == _widest(self.read)),
                "axes told as at most": int(self.figures.bound or self.figures.seen_bound),
                "elements": len(pairs),
                "elements exactly": sum(said == read for said, read in pairs),
            }
        )


def _holds(said: Interval | None, read: Interval | None) -> bool:
    return read is None or (said is not None and said[0] <= read[0] and read[1] <= said[1])


def _widest(intervals: Sequence[Interval | None]) -> int:
    return max((high - low + 1 for low, high in filter(None, intervals)), default=0)


@dataclass(frozen=True)
class _Subject:
    """A net, and the gradients of its last output's elements."""

    program: Program
    elements: tuple[Element, ...]
    gradients: list[Tensor]

    @classmethod
    def of(cls, program: Program, seed: int) -> _Subject:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = positive(build(program), seed)
            sizes = Fields(program).number
            generator = torch.Generator().manual_seed(seed)
            inputs = [
                torch.rand(
                    (1, *map(sizes, port.type.shape)), generator=generator, dtype=torch.float64
                )
                for port in program.net.inputs
            ]
            shape = program.net.output_types[-1].shape
            elements = _picked(
                program, list(product(*(range(sizes(size)) for size in shape))), seed
            )
            output = len(program.net.outputs) - 1
            gradients = influence(module, inputs, output, elements)
        return cls(program, elements, gradients)

    def axes(self) -> Iterator[_Axis]:
        """Every axis that a field is told along."""
        figures, _ = axis_fields(self.program, borders=True)
        ways = [Fields(self.program, fine=fine) for fine in (False, True)]
        counted = _counted(self.program)
        for number, source in enumerate(ways[0].sources.axes):
            port, axis = source
            said = [
                [_said(fields, number, element) for element in self.elements] for fields in ways
            ]
            yield _Axis(
                f"{self.program.net.inputs[port].name} axis {axis}",
                figures.get(source, _NOTHING),
                said,
                [counted[source](each) for each in self.elements] if source in counted else None,
                intervals(self.gradients[port], axis),
            )


def _said(fields: Fields, number: int, element: Element) -> Interval | None:
    """What an element of the last output is said to read by intervals and phases."""
    (state,) = fields.states()[-1:]
    return fields.context.clipped(told(state, number, element, fields.number), number)


def _counted(program: Program) -> dict[Source, Callable[[Element], Interval | None]]:
    """For each source what an element of the last output reads, as told element by element."""
    fields = Fields(program)
    elements = Elements(program.net, fields.number, [len(program.net.outputs) - 1])
    tables = elements.tables(fields.sources.axes, borders=True)
    return {source: table.at if table else _none for source, (table,) in tables.items()}


def _none(element: Element) -> None:
    """What is read by an element that isn't made from the input."""


def _picked(program: Program, elements: list[Element], seed: int) -> tuple[Element, ...]:
    """Those said to read most along each axis, all corners, and some that are drawn.

    A recurrence lets those at one end read most, which its field doesn't tell: at the last place
    if it runs forwards, at the first if it runs backwards, each in channels of its own.
    """
    fields = Fields(program, fine=True)
    counted = _counted(program)
    ends = ({first, last} for first, last in zip(elements[0], elements[-1], strict=True))
    found = set(product(*ends))
    found.update(random.Random(seed).sample(elements, min(DRAWN, len(elements))))
    for number, source in enumerate(fields.sources.axes):
        said = counted.get(source) or partial(_said, fields, number)
        widths = [_widest([said(each)]) for each in elements]
        order = sorted(range(len(elements)), key=lambda place: (-widths[place], place))
        middle = order[: len([w for w in widths if w == widths[order[0]]])]
        found.update(elements[place] for place in middle[:: max(1, len(middle) // WIDEST)])
    return tuple(sorted(found))


_NOTHING = AxisField(0, 0, 0, bound=False, seen_bound=False, besides=False)


def summary(counts: Mapping[str, int]) -> Summary:
    """How much was told exactly."""
    lines = [f"{name}: {count}" for name, count in counts.items()]
    nets = counts.get("nets", 0)
    if nets:
        lines.append(f"exact nets: {100 * counts.get('exact nets', 0) / nets:.1f} %")
    return Summary(tuple(lines), dict(counts))


CAMPAIGN = Campaign("receptive", __doc__ or "", trial, shrink, summary)

if __name__ == "__main__":
    from tests.campaigns import receptive

    sys.exit(command(receptive.CAMPAIGN))
