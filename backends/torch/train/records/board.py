"""TensorBoard output of a run: figures over the steps, images of a batch, the graph."""

from __future__ import annotations

import os
import socket
import struct
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from importlib.util import find_spec
from io import StringIO
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import torch
from torch import Tensor, nn

from netlang.atomic import append, make_folder
from netlang.backends.torch.train.evaluation import evaluating
from netlang.backends.torch.train.storage import Json
from netlang.processes.writing import writing
from netlang.targets import needs

if TYPE_CHECKING:
    from tensorboard.compat.proto.event_pb2 import Event

__all__ = ["Board", "require_board"]

_IMAGES = 32
_FILES = count()


def require_board() -> None:
    """Raise `NetlangError` before a run if TensorBoard isn't installed."""
    with needs("tensorboard"):
        if find_spec("tensorboard") is None:
            raise ModuleNotFoundError(name="tensorboard")


@final
class Board:
    """Event files in a folder. TensorBoard is loaded when there is something to show.

    A resumed run writes a new file, whose figures replace those of the repeated steps.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._step = 0
        self._events: _Events | None = None

    def _write(self, step: int, **what: object) -> None:
        if self._events is None:
            self._events = _Events(self._folder, self._step + 1)
        self._events.add(step, **what)

    def add(self, record: Mapping[str, Json]) -> None:
        """Write the figures of a record, `validation_loss` as `loss/validation`."""
        from torch.utils.tensorboard import summary

        scalar: Callable[..., object] = summary.scalar
        step = record["step"]
        assert isinstance(step, int)
        for name, value in record.items():
            if name != "step" and isinstance(value, int | float):
                part, _, kind = name.rpartition("_")
                of = part or ("train" if kind in ("loss", "accuracy") else "")
                tag = f"{kind}/{of}" if of else kind
                self._write(step, summary=scalar(tag, value))

    def open(self, step: int) -> None:
        """Start or continue the run after a step."""
        self._step = step

    def show_batch(self, inputs: Tensor, step: int) -> None:
        """Show images of a batch as the net sees them, each channel stretched to 0..1."""
        if inputs.dim() != 4 or inputs.shape[1] not in (1, 3):
            return
        x = inputs[:_IMAGES].detach().float()
        low, high = x.amin((0, 2, 3), keepdim=True), x.amax((0, 2, 3), keepdim=True)
        self.show_images("batch", (x - low) / (high - low).clamp_min(1e-12), step)

    def show_images(self, title: str, images: Tensor, step: int) -> None:
        """Show images ``[B, C, H, W]`` from 0 to 1."""
        from torch.utils.tensorboard import summary

        image: Callable[..., object] = summary.image
        self._write(step, summary=image(title, images.cpu().numpy(), dataformats="NCHW"))

    def show_graph(self, model: nn.Module, inputs: tuple[Tensor, ...]) -> bool:
        """Show the graph of the model in evaluation mode on one example; all modes are restored.

        Returns whether there is one, as torch can't trace every net.
        """
        try:
            with (
                evaluating(model),
                torch.no_grad(),
                warnings.catch_warnings(),
                redirect_stdout(StringIO()),
            ):
                # TensorBoard asks torch for a trace, which torch would rather have replaced.
                warnings.simplefilter("ignore")
                example = tuple(each[:1] for each in inputs)
                from torch.utils.tensorboard import _pytorch_graph

                graph: Callable[..., Any] = _pytorch_graph.graph
                nodes, _ = graph(model, example)
        except RuntimeError:
            return False
        self._write(self._step, graph_def=nodes.SerializeToString())
        return True

    def close(self) -> None:
        if self._events is not None:
            self._events.close()


@final
class _Events:
    """A file of events. System errors name it.

    TensorBoard's own writer uses a thread, which reports a full disk by a traceback. The format is
    TFRecord: https://www.tensorflow.org/tutorials/load_data/tfrecord.
    """

    def __init__(self, folder: Path, first: int) -> None:
        from tensorboard.compat.proto.event_pb2 import SessionLog

        name = f"{int(time.time()):010}.{socket.gethostname()}.{os.getpid()}.{next(_FILES)}"
        self._path = folder / f"events.out.tfevents.{name}"
        with writing(self._path):
            make_folder(folder)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._descriptor = os.open(self._path, flags, 0o666)
        self.add(0, file_version="brain.Event:2")
        # Figures from this step on in older files belong to steps that are repeated.
        self.add(first, session_log=SessionLog(status=SessionLog.START))

    def add(self, step: int, **what: object) -> None:
        """Write an event."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.tensorflow_stub import pywrap_tensorflow

        event: Event = Event(step=step, wall_time=time.time(), **what)
        content = event.SerializeToString()
        length = struct.pack("<Q", len(content))
        sums = (
            struct.pack("<I", pywrap_tensorflow.masked_crc32c(part)) for part in (length, content)
        )
        with writing(self._path):
            append(self._descriptor, b"".join((length, next(sums), content, next(sums))))

    def close(self) -> None:
        with writing(self._path):
            os.close(self._descriptor)
