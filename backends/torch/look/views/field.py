"""The receptive field of an element of some steps, drawn on the image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, final

from netlang.analysis.fields.reads import Interval
from netlang.backends.pictures import draw_into
from netlang.backends.torch.look.choice import MapStep, map_steps
from netlang.backends.torch.look.drawing import draw_input, mark, titled
from netlang.backends.torch.look.subject import LeftOut, Subject
from netlang.backends.torch.look.views.view import NetView
from netlang.targets.looking import ViewSeen

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FieldDrawn", "window"]

_STEPS = 6
_COLORS = ("#b3261e", "#e08a00", "#2e7d32", "#0277bd", "#6a1b9a", "#37474f")


@final
class FieldDrawn(NetView):
    name: ClassVar[str] = "field"
    title: ClassVar[str] = "Receptive fields"
    about: ClassVar[str] = (
        "What the middle element of a step's output sees of the input, within its borders: the "
        "frame is computed from kernels, strides and pads, as in `netlang summary`. What a step "
        "reads of a whole axis, as a mean over all places does, isn't in the frame. Araujo, "
        "Norris, Sim 2019, doi:10.23915/distill.00021."
    )

    def look(self, subject: Subject) -> ViewSeen:
        rows = [("step", "element", "reads", "places")]
        frames: list[tuple[str, list[Interval]]] = []
        for step in map_steps(subject, _STEPS):
            middle = [size // 2 for size in step.sizes]
            windows = window(step, middle)
            if windows is None:
                continue
            frames.append((step.title, windows))
            reads = " x ".join(f"{low}..{high}" for low, high in windows)
            sides = " x ".join(str(high - low + 1) for low, high in windows)
            limit = "at most " if any(own.bound for own in step.map.along) else ""
            beyond = " and all by other ways" if any(own.besides for own in step.map.along) else ""
            element = ", ".join(map(str, middle))
            rows.append((step.title, element, reads, f"{limit}{sides}{beyond}"))
        if not frames:
            raise LeftOut("the middle elements read nothing through windows")
        count = "1 step" if len(frames) == 1 else f"{len(frames)} steps"
        measured = f"the middle element of {count}"
        return self.seen(measured, _drawn(subject, frames), tuple(rows))


def window(step: MapStep, place: Sequence[int]) -> list[Interval] | None:
    """What an element of a step reads along each axis of the input; None if it reads nothing."""
    found = step.map.read_at(place)
    known = [each for each in found if each is not None]
    return known if len(known) == len(found) else None


def _drawn(subject: Subject, frames: Sequence[tuple[str, list[Interval]]]) -> tuple[Path, ...]:
    shown = subject.example.shown

    def fill(figure: Figure) -> None:
        from matplotlib.patches import Patch

        axes = figure.subplots()
        draw_input(axes, shown)
        titled(axes, subject.example.name)
        # The widest first, so that no band hides a narrower one.
        for number, (_, windows) in reversed(list(enumerate(frames))):
            mark(axes, windows, _COLORS[number % len(_COLORS)])
        labels = [
            Patch(color=_COLORS[number % len(_COLORS)], label=title)
            for number, (title, _) in enumerate(frames)
        ]
        figure.legend(handles=labels, loc="outside right upper", frameon=False, fontsize=8.0)

    size = (6.4, 4.0) if shown.dim() == 3 else (8.0, 3.0)
    return draw_into(subject.options.folder, "field", size, fill)
