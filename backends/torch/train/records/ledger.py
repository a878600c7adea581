"""Reports the progress of a run: to its files, to a person, and to TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from torch import Tensor, nn

from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.train.folder import RunFolder
from netlang.backends.torch.train.records.board import Board
from netlang.backends.torch.train.records.confusion import (
    confusion_of,
    draw_confusion,
    lines_of,
    write_confusion,
)
from netlang.backends.torch.train.records.curves import draw_curves
from netlang.backends.torch.train.records.metrics import Metrics
from netlang.backends.torch.train.records.progress import Progress
from netlang.backends.torch.train.state import State
from netlang.backends.torch.train.storage import Json
from netlang.diagnostics.texts import visible

__all__ = ["Ledger"]


@final
@dataclass
class Ledger:
    """The records of a run in `folder`; without a `board`, nothing goes to TensorBoard.

    `title` names the trained net in pictures; `classes` are the names of the labels, and `turns`
    those of the steps that take turns. Without
    `writes`, it belongs to a process other than the one that reports, and does nothing.
    """

    folder: RunFolder
    title: str
    classes: tuple[str, ...] | None
    progress: Progress
    board: Board | None
    writes: bool = True
    turns: tuple[str, ...] = ()
    _metrics: Metrics | None = field(init=False, default=None)

    def open(self, state: State) -> None:
        """Continue from `state`; discards what was written after it."""
        if self.writes:
            self._metrics = Metrics(self.folder.metrics, state.records, self.turns)
        if self.board is not None:
            self.board.open(state.step)

    def settled(self) -> bytes:
        """Wait until every record is on disk; returns the lines."""
        return b"" if self._metrics is None else self._metrics.settle()

    def begin(self, model: nn.Module | None, batch: Batch, step: int) -> None:
        """Show the first batch of a run or a resumed run; without a `model`, no graph is shown."""
        if self.board is not None:
            self.board.show_batch(batch.inputs[0], step)
            if model is None:
                self.progress.say("TensorBoard shows no graph of a net that processes share")
            elif not self.board.show_graph(model, batch.inputs):
                self.progress.say("TensorBoard shows no graph: torch can't follow this net")

    def add(self, record: Mapping[str, Json]) -> None:
        """Write and show a record. Test scores may be of other weights than the rest of it."""
        if self._metrics is not None:
            self._metrics.add(record)
        shown = {k: v for k, v in record.items() if not k.startswith("test_")}
        if shown.keys() != {"step"}:
            self.progress.show(shown)
        if self.board is not None:
            self.board.add(record)

    def report(self, counts: Tensor | None, part: str) -> None:
        """Report the confusion matrix of a part, if outputs are classes: true class by row."""
        if not self.writes or counts is None:
            return
        confusion = confusion_of(counts.numpy(), self.classes or ())
        for line in (f"classes of the {part} part:", *lines_of(confusion)):
            self.progress.say(visible(line))
        write_confusion(self.folder.confusion, confusion)
        draw_confusion(self.folder.confusion, confusion, f"{self.title}: {part}")

    def close(self) -> None:
        """Close all files."""
        if self._metrics is not None:
            self._metrics.close()
        if self.board is not None:
            self.board.close()

    def draw(self) -> None:
        """Draw the curves of the records so far."""
        if self._metrics is not None:
            draw_curves(self.folder.curves, self._metrics.records, self.title, self.turns)
