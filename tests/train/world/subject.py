"""What several processes do, started by `torchrun`: ``subject FOLDER SCENARIO...``.

Every scenario is a run in the folder ``FOLDER/SCENARIO``, and ``SCENARIO+`` goes on with it. Beside
it each process notes the losses of all steps and the numbers of the examples that it saw, in
``SCENARIO.RANK.json``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

import torch

from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.train import Result, loop, train
from netlang.backends.torch.train.state import State
from netlang.backends.torch.train.steps.step import Stepper
from netlang.backends.torch.train.storage import Json
from netlang.ir.program import Program
from netlang.recipes import Recipe, load_recipe
from netlang.recipes.places import Places
from netlang.recipes.words.timing import Pace
from netlang.records import replace
from netlang.targets.options import RunOptions
from tests.train.pictures import without_pictures
from tests.train.support import sketch

__all__ = ["APART", "GIVEN", "LABELLED", "SCENARIOS", "SHARD", "Notes", "carry_out", "separate"]

# 3,200 examples are trained on: an epoch is 10 steps, and each scenario goes on into the next.
_COMMON = ("batch=320", "steps=14", "validation=0.2", "evaluate_every=7", "checkpoint_every=1000")
# The last batch of an epoch, the ninth, has 24 examples.
_UNEVEN = ("batch: 397", "accumulate: 3", "steps: 11")
_NORM = "    input x: [40]\n    linear(12) -> bn -> relu -> linear(10)"
_MAPS = (
    "    input x: [40]\n    reshape([1, 40]) -> conv(8, 5, stride=2) -> bn -> relu"
    " -> conv(8, 3) -> bn -> relu -> gap -> flatten -> linear(10)"
)
LABELLED = "    input x: [40]\n    a: linear(12) -> relu -> b: linear(12) -> relu -> c: linear(10)"
_DROPOUT = "    input x: [40]\n    linear(12) -> relu -> dropout(0.5) -> linear(10)"
# The last batch of an epoch has two examples.
_SHORT = ("batch: 1066", "steps: 8", "validation: 0.2", "evaluate_every: 4")


def _bundled(*changes: str) -> Callable[[RunOptions], Result]:
    given = {each.partition("=")[0]: each for each in (*_COMMON, *changes)}

    def run(options: RunOptions) -> Result:
        recipe, program = load_recipe("mnist1d", given.values())
        return train(recipe, program, options)

    return run


def _lines(*lines: str) -> list[str]:
    return [*(each.replace("=", ": ", 1) for each in _COMMON), *lines]


def _sketched(body: str, *lines: str) -> Callable[[RunOptions], Result]:
    def run(options: RunOptions) -> Result:
        recipe, program = sketch(body, *_lines(*lines))
        places = Places({"given": options.folder.parent / GIVEN})
        return train(recipe, program, replace(options, places=places))

    return run


# All that has a memory: scaler, averaged weights and their count, momentum, a plateau that waits,
# best scores, random streams, and the losses of a record that a signal comes into.
_REMEMBERED = (
    "precision: fp16",
    "ema: 0.9",
    "optimizer: rmsprop(lr=0.05, momentum=0.5)",
    "schedule: plateau(patience=1, threshold=0.1)",
    "evaluate_every: 2",
    "steps: 14",
)


def separate() -> tuple[Recipe, Program]:
    """The recipe and net of the scenario with a batch norm in each process."""
    return sketch(_MAPS, *_lines("steps: 1"))


SCENARIOS: Mapping[str, Callable[[RunOptions], Result]] = {
    "plain": _bundled("arch=mlp", "steps=24", "swa=1"),
    "synchronized": _sketched(_MAPS, "sync_batch_norm: true"),
    "short": _sketched(_NORM.replace("bn -> ", ""), *_SHORT),
    "short_synchronized": _sketched(_NORM, *_SHORT, "sync_batch_norm: true"),
    "mixed": _sketched(
        _MAPS.replace("bn -> ", ""), "augment: noise(0.1) -> mixup(0.4)"
    ),
    "accumulated": _bundled("arch=cnn", "accumulate=3", "steps=11", "clip_norm=0.5"),
    "accumulated_synchronized": _sketched(
        _NORM, *_UNEVEN, "sync_batch_norm: true", "swa: 1"
    ),
    "watching": _sketched(
        _NORM.replace("bn -> ", ""), "ema: 0.9", "schedule: plateau(patience=0, threshold=0.5)",
        "evaluate_every: 3", "early_stopping: 3",
    ),
    "mixed_twice": _sketched(
        _MAPS.replace("bn -> ", ""), "augment: mixup(0.4) -> cutmix(1.0)", "steps: 30"
    ),
    "all_of_it": _sketched(
        LABELLED, *_UNEVEN, "ema: 0.9", "clip_norm: 0.5", "clip_value: 0.1",
        "optimizer: adamw(lr=0.01)", "no_decay: [biases]", 'rates: [("c", 0.5)]',
        "init: xavier_normal", 'weights: pretrained("given", skip=["a", "b"])', 'freeze: ["b"]',
    ),
    "muon": _sketched(LABELLED, "optimizer: muon(lr=0.02)"),
    "halves": _sketched(LABELLED, "precision: bf16", "steps: 11"),
    "scaled": _sketched(LABELLED, "precision: fp16"),
    "recurrent": _sketched(
        "    input x: [40]\n    reshape([10, 4]) -> lstm(8) -> r: linear(8)\n    reuse r -> mul {"
        "\n identity\n parameter([8])\n } -> flatten -> fc: linear(10)", "steps: 11"
    ),
    "compiled": _sketched(LABELLED, "compile: true", "steps: 10"),
    "doubled": _sketched(
        LABELLED.replace("[40]", "float64[40]"), "loss: cross_entropy + 0.01*l2_penalty",
        "optimizer: adam(lr=0.01)", "steps: 11",
    ),
    "resumed": _sketched(
        LABELLED, "ema: 0.9", "optimizer: adamw(lr=0.01)", "checkpoint_every: 4", "steps: 12"
    ),
    "remembering": _sketched(_DROPOUT, *_REMEMBERED),
    "stopped_remembering": _sketched(_DROPOUT, *_REMEMBERED),
    "killed": _sketched(
        LABELLED, "ema: 0.9", "optimizer: adamw(lr=0.01)", "checkpoint_every: 4", "steps: 12"
    ),
    "penalized": _bundled(
        "arch=mlp", "loss=cross_entropy + 0.01*l2_penalty", "optimizer=sgd(lr=0.1)", "steps=11"
    ),
    "separate": _sketched(_MAPS, "steps: 1"),
    "dropout": _sketched(_DROPOUT, "steps: 13", "evaluate_every: 50"),
    "stopped": _bundled("arch=mlp", "checkpoint_every=9", "steps=24"),
    "stopped_dropout": _sketched(_DROPOUT, "steps: 13", "evaluate_every: 50"),
    "stopped_hundred": _bundled("arch=mlp", "steps=100"),
    "stopped_hundred_synchronized": _sketched(_MAPS, "sync_batch_norm: true", "steps: 100"),
}  # fmt: skip
_STOPPED_AFTER = 6
SHARD = "--shard"
# Each process has a folder of its own, as on hosts that share no file system.
APART = "--apart"
# Weights that a scenario starts from: `give` writes them.
GIVEN = "given.safetensors"


@final
@dataclass
class Notes:
    """What a process saw: the losses of all steps, and the examples of each batch."""

    losses: list[float] = field(default_factory=list)
    records: list[dict[str, Json]] = field(default_factory=list)
    numbers: list[list[int]] = field(default_factory=list)
    steps: int = 0
    signal: int | None = None
    elements: dict[str, int] = field(default_factory=dict)


def carry_out(
    name: str,
    folder: Path,
    stop: int | None = None,
    *,
    resume: bool = False,
    shard: bool = False,
    apart: str = "",
) -> Notes:
    """Do a scenario; `stop` is the process that gets a signal after some steps."""
    notes = Notes()
    out = folder / f"{name}{apart}"
    often = 5 if "remembering" in name else 1
    with _each_step(notes, stop, often, deadly=name == "killed"), without_pictures():
        result = SCENARIOS[name](RunOptions(out, resume=resume, device="cpu", shard=shard))
    notes.steps, notes.signal = result.steps, result.signal
    lines = (folder / name / "metrics.jsonl").read_text().splitlines()
    notes.records = [json.loads(line) for line in lines]
    notes.losses = [float(each["loss"]) for each in notes.records if "loss" in each]  # type: ignore[arg-type]  # a loss is a number
    return notes


@contextmanager
def _each_step(notes: Notes, stop: int | None, often: int, *, deadly: bool) -> Iterator[None]:
    """Inside, every step is noted, and each `often` has a record."""
    original, usual = Stepper.__call__, loop._RECORD_EVERY

    def noted(self: Stepper, batch: Batch, whole: int, pace: Pace) -> None:
        original(self, batch, whole, pace)
        assert batch.numbers is not None
        notes.numbers.append(batch.numbers.tolist())
        notes.elements = _elements(self.state)
        if len(notes.numbers) == _STOPPED_AFTER and stop == int(os.environ.get("RANK", "0")):
            os.kill(os.getpid(), signal.SIGKILL if deadly else signal.SIGUSR1)

    Stepper.__call__, loop._RECORD_EVERY = noted, often  # type: ignore[method-assign]  # patched
    try:
        yield
    finally:
        Stepper.__call__, loop._RECORD_EVERY = original, usual  # type: ignore[method-assign]  # restored


def _elements(state: State) -> dict[str, int]:
    """How much of what grows with the net lies in the memory of this process."""
    weights, layout = list(state.model.parameters()), state.layout
    memory = [value for kept in state.optimizer.state.values() for value in kept.values()]
    averaged = [] if state.averaged is None else list(state.averaged.parameters())
    gradients = [each.grad for each in weights if each.grad is not None]
    return {
        "weights": sum(layout.own(each).numel() for each in weights),
        "gradients": sum(layout.own(each).numel() for each in gradients),
        "memory": sum(value.numel() for value in memory if value.dim()),
        "averaged": sum(layout.own(each).numel() for each in averaged),
    }


def main(folder: Path, *names: str) -> None:
    torch.set_num_threads(1)
    rank = os.environ["RANK"]
    shard = SHARD in names
    apart = f".of.{rank}" if APART in names and rank != "0" else ""
    for given in (each for each in names if each not in (SHARD, APART)):
        name, resume = given.removesuffix("+"), given.endswith("+")
        stop = 1 if name.startswith(("stopped", "killed")) and not resume else None
        notes = carry_out(name, folder, stop, resume=resume, shard=shard, apart=apart)
        (folder / f"{name}.{rank}.json").write_text(json.dumps(vars(notes)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
