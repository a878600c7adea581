"""What TensorBoard shows of a run: figures over the steps, images of a batch, the graph."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor, nn

from netlang.backends.torch.train.storage import Json
from netlang.targets import needs

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

__all__ = ["Board", "require_board"]

_IMAGES = 32


def require_board() -> None:
    """Raise `NetlangError` before a run where TensorBoard isn't installed."""
    with needs("tensorboard"):
        if find_spec("tensorboard") is None:
            raise ModuleNotFoundError(name="tensorboard")


@final
class Board:
    """Event files in a folder; TensorBoard is loaded with the first thing to show.

    A resumed run writes a further file, whose figures stand in place of those of steps that were
    made again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._step = 0
        self._made: SummaryWriter | None = None

    @property
    def _writer(self) -> SummaryWriter:
        if self._made is None:
            from torch.utils.tensorboard import SummaryWriter

            self._made = SummaryWriter(str(self._folder), purge_step=self._step + 1)
        return self._made

    def add(self, record: Mapping[str, Json]) -> None:
        """The figures of a record, `validation_loss` as `loss/validation`."""
        step = record["step"]
        for name, value in record.items():
            if name != "step" and isinstance(value, int | float):
                part, _, kind = name.rpartition("_")
                tag = f"{kind}/{part}" if part else f"{kind}/train" if kind == "loss" else kind
                self._writer.add_scalar(tag, value, step)

    def open(self, step: int) -> None:
        """The run starts, or goes on, after a step."""
        self._step = step

    def show_batch(self, inputs: Tensor, step: int) -> None:
        """Images of a batch as the net sees them, each channel of the batch stretched to 0..1."""
        if inputs.dim() != 4 or inputs.shape[1] not in (1, 3):
            return
        x = inputs[:_IMAGES].detach().float()
        low, high = x.amin((0, 2, 3), keepdim=True), x.amax((0, 2, 3), keepdim=True)
        x = (x - low) / (high - low).clamp_min(1e-12)
        self._writer.add_images("batch", x.cpu(), step)

    def show_graph(self, model: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        """The graph of the model in evaluation mode on one example; its mode is kept."""
        before = model.training
        model.eval()
        try:
            with torch.no_grad(), warnings.catch_warnings():
                # TensorBoard asks torch for a trace, which torch would rather have replaced.
                warnings.simplefilter("ignore")
                example = tuple(each[:1] for each in inputs)
                self._writer.add_graph(model, example)
        finally:
            model.train(before)

    def close(self) -> None:
        if self._made is not None:
            self._made.close()
