"""The run that everything happens to: small, and with all that has a memory of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from netlang.backends.torch.train import Result, train
from netlang.backends.torch.train.storage import Json
from netlang.targets.options import RunOptions
from tests.train.pictures import without_pictures
from tests.train.support import sketch

__all__ = ["STEPS", "Listener", "ended", "other_files", "run", "run_sharded", "warm"]

STEPS = 24

_BODY = "    input x: [40]\n    linear(12) -> relu -> dropout(0.5) -> linear(10)"
# Momentum, a plateau that counts, averaged weights, dropout, best weights that aren't the last.
_KEYS = (
    f"steps: {STEPS}", "batch: 64", "optimizer: rmsprop(lr=0.05, momentum=0.5)",
    "schedule: plateau(patience=0, threshold=0.1)", "ema: 0.5", "validation: 0.2",
    "evaluate_every: 4", "checkpoint_every: 6",
)  # fmt: skip
# Each step of several processes takes as long as many of one.
_FEWER = ("steps: 12", "evaluate_every: 4", "checkpoint_every: 3")


class Listener:
    """Notes what a run says; `each` is told of every step that is done."""

    def __init__(self, each: Callable[[int], None] = lambda done: None) -> None:
        self.said: list[str] = []
        self._each = each

    def begin(self, done: int, total: int, batch: int) -> None:
        """Nothing."""

    def advance(self, done: int) -> None:
        self._each(done)

    def show(self, record: Mapping[str, Json]) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        self.said.append(text)

    def end(self) -> None:
        """Nothing."""


def run(out: Path, listener: Listener | None = None) -> Result:
    """Begin the run in a folder, or go on with what is there."""
    recipe, program = sketch(_BODY, *_KEYS)
    return train(recipe, program, RunOptions(out, resume=True, device="cpu"), listener)


def run_sharded(out: Path, listener: Listener | None = None) -> Result:
    """As one of several processes that share out the weights."""
    recipe, program = sketch(_BODY, *_KEYS, *_FEWER)
    return train(recipe, program, RunOptions(out, resume=True, device="cpu", shard=True), listener)


def ended(out: Path) -> dict[str, bytes]:
    """All that a run left by the names of the files, and the newest checkpoint.

    The one before that may be another than that of a run without a break: a signal adds some.
    """
    newest = max(path.name for path in (out / "checkpoints").iterdir())
    files = {path.relative_to(out): path for path in sorted(out.rglob("*")) if path.is_file()}
    return {
        str(name): path.read_bytes()
        for name, path in files.items()
        if name.parts[0] not in ("checkpoints", "lock") or newest in name.parts
    }


def other_files(expected: Mapping[str, bytes], found: Mapping[str, bytes]) -> str:
    """Which files aren't those of the undisturbed run; "" if all are."""
    names = sorted(n for n in expected.keys() | found.keys() if expected.get(n) != found.get(n))
    return f"other files than without: {', '.join(names)}" if names else ""


def warm(out: Path) -> Result:
    """A first run, in a process whose children would each load the same again."""
    torch.set_num_threads(1)
    with without_pictures():
        return run(out)
