"""The confusion matrix: `confusion.csv`, a picture of it, and lines for a person."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

import numpy as np
from numpy.typing import NDArray

from netlang.backends.torch.train.records.drawing import PALE, draw
from netlang.backends.torch.train.storage import write_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Confusion", "confusion_of", "draw_confusion", "lines_of", "write_confusion"]

_LONGEST = 24
_FEW = 12
# What the rows' names and the columns of a table of few classes have room for.
_COLUMNS = 90
_SHORTEST = 4
_NAMED = 40
_SHOWN = 10


@final
@dataclass(frozen=True, eq=False)
class Confusion:
    """`counts[i, j]` examples of class `i` were classified as `j`."""

    counts: NDArray[np.int64]
    classes: tuple[str, ...]

    @property
    def examples(self) -> NDArray[np.int64]:
        """The number of examples of each class."""
        found: NDArray[np.int64] = self.counts.sum(1)
        return found

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """The share of each class that is classified correctly; NaN without examples."""
        with np.errstate(invalid="ignore"):
            return np.diagonal(self.counts) / self.examples


def confusion_of(counts: NDArray[np.int64], names: Sequence[str]) -> Confusion:
    """The counts with the names of their classes; a class without a name has its number.

    Outputs may have more channels than there are classes: those that no example was taken for are
    left out.
    """
    used = np.array(
        [
            index
            for index in range(len(counts))
            if index < len(names) or not names or counts[:, index].any()
        ]
    )
    shown = tuple(names[index] if index < len(names) else str(index) for index in used.tolist())
    return Confusion(counts[np.ix_(used, used)], shown)


def write_confusion(path: Path, found: Confusion) -> None:
    """Write one row per class: its name, examples, accuracy, and counts by predicted class."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["class", "examples", "accuracy", *found.classes])
    for name, count, share, row in zip(
        found.classes, found.examples, found.accuracy, found.counts, strict=True
    ):
        shown = "" if np.isnan(share) else repr(float(share))
        table.writerow([name, int(count), shown, *map(int, row)])
    write_text(path, text.getvalue())


def draw_confusion(path: Path, found: Confusion, title: str) -> None:
    """The share of each class (row) that was classified as each class (column).

    Bars beside the rows are the accuracy of each class.
    """
    many = len(found.classes)
    names = [_cut(name, _LONGEST) for name in found.classes]
    side = min(2.4 + 0.3 * many + 0.07 * max(map(len, names)), 12.0)

    def fill(figure: Figure) -> None:
        axes, beside = figure.subplots(1, 2, width_ratios=(side, 1.0))
        shares = found.counts / np.maximum(found.examples, 1)[:, None]
        axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
        axes.set(xlabel="classified as", ylabel="class", title=title)
        if many <= _NAMED:
            axes.set_xticks(range(many), names, rotation=90)
            axes.set_yticks(range(many), names)
            for (row, column), count in np.ndenumerate(found.counts):
                if count:
                    color = "white" if shares[row, column] > 0.5 else "black"
                    axes.text(
                        column, row, str(count), ha="center", va="center", color=color, fontsize=7
                    )
        _draw_accuracy(beside, found)

    draw(path, (side + 1.0, side), fill)


def _draw_accuracy(axes: Axes, found: Confusion) -> None:
    """A bar for each row of the matrix, to its right; with a number if there are few."""
    shares, many = np.nan_to_num(100.0 * found.accuracy), len(found.classes)
    axes.barh(range(many), shares, height=0.8 if many <= _NAMED else 1.0, color=PALE)
    axes.set(xlim=(0.0, 100.0), xticks=(0, 50, 100), ylim=(many - 0.5, -0.5))
    axes.set_xlabel("right in %")
    axes.tick_params(left=False, labelleft=False)
    if many <= _NAMED:
        for row, share in enumerate(found.accuracy):
            if not np.isnan(share):
                axes.text(3.0, row, f"{100.0 * share:.1f}", va="center", fontsize=7)


def lines_of(found: Confusion) -> list[str]:
    """The whole table if there are few classes, else the most confused classes."""
    if len(found.classes) <= _FEW:
        return _table(found)
    order = np.argsort(np.where(np.isnan(found.accuracy), 2.0, found.accuracy), kind="stable")
    worst = [int(each) for each in order[:_SHOWN] if found.examples[each]]
    names = _padded([found.classes[each] for each in worst])
    lines = [f"the {len(worst)} classes of lowest accuracy:"]
    for name, each in zip(names, worst, strict=True):
        others = found.counts[each].copy()
        others[each] = -1
        taken, times = found.classes[int(others.argmax())], int(others.max())
        most = f", most often taken for {taken} ({times})" if times > 0 else ""
        lines.append(f"  {name}  {found.accuracy[each]:6.1%} of {found.examples[each]}{most}")
    return lines


def _table(found: Confusion) -> list[str]:
    """Columns with the names of their classes, or with numbers where the names don't fit."""
    names = _padded(found.classes)
    room = (_COLUMNS - len(names[0])) // len(found.classes) - 1
    longest = max(map(len, found.classes))
    digits = max(len(str(found.counts.max())), len(str(len(found.classes) - 1)))
    width = max(digits, min(longest, max(room, _SHORTEST)))
    heads = [_cut(name, width) for name in found.classes]
    if len({*heads}) < len(heads):
        heads, width = [str(number) for number in range(len(heads))], digits
        names = _padded([f"{head} {name}" for head, name in zip(heads, found.classes, strict=True)])
    shown = " ".join(head.rjust(width) for head in heads)
    lines = [f"{'':{len(names[0])}}  {shown}   right"]
    for name, row, share in zip(names, found.counts, found.accuracy, strict=True):
        cells = " ".join((str(each) if each else ".").rjust(width) for each in row)
        right = "      -" if np.isnan(share) else f"{share:7.1%}"
        lines.append(f"{name}  {cells} {right}")
    return lines


def _padded(names: Sequence[str]) -> list[str]:
    longest = min(max(map(len, names), default=0), _LONGEST)
    return [_cut(name, longest).ljust(longest) for name in names]


def _cut(name: str, length: int) -> str:
    """A name of at most this length."""
    return name if len(name) <= length else f"{name[: length - 1]}…"
