"""Another way to ONNX: what `torch.onnx.export` makes of the emitted module, run beside ours."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from netlang.ir.types import DType
from tests.campaigns.exemptions import unexported
from tests.campaigns.failure import Failure, of_exception
from tests.campaigns.subject import Spec, inputs_of, load, subject
from tests.campaigns.values import compared
from tests.onnx.support import run

__all__ = ["export_differs"]


def export_differs(spec: Spec, seed: int) -> tuple[Failure | None, str | None]:
    """The failure, if there is one, or why there is nothing to compare with.

    An error for a reason that isn't known is a failure.
    """
    made = subject(load(spec), seed)
    if (floats := made.program.floats) is not DType.FLOAT32:
        return None, f"{floats.value}: only nets in float32 are exported"
    feeds = inputs_of(made.program, seed)
    wanted = [each.numpy() for each in made.outputs(feeds)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "exported.onnx"
        try:
            _export(made.module, tuple(torch.tensor(each) for each in feeds.values()), path)
        except Exception as error:
            reason = unexported(error)
            return None if reason else of_exception(_first(error), "exporter"), reason
        try:
            found = run(path, dict(zip(_names(path), feeds.values(), strict=True)))
        except Exception as error:
            return of_exception(error, "exported file"), None
    return compared(made, feeds, found, wanted, "exporter").failure, None


def _first(error: Exception) -> Exception:
    """What an error comes from, in the end."""
    while isinstance(cause := error.__cause__ or error.__context__, Exception):
        error = cause
    return error


def _names(path: Path) -> list[str]:
    import onnx

    return [each.name for each in onnx.load(path).graph.input]


def _export(module: torch.nn.Module, inputs: tuple[torch.Tensor, ...], path: Path) -> None:
    """Quietly: the exporter talks a lot."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, inputs, str(path), dynamo=True, verbose=False)
