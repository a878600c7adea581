"""The state of a run: all that the rest of it depends on, as tensors and plain facts.

Holds on exit of `restore`: the model, optimizer and random streams are bit for bit those that
`capture` saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

import torch
from torch import Tensor, nn

from netlang.backends.torch.train.devices import random_state, restore_random_state
from netlang.backends.torch.train.storage import Json, load_tensors, save_tensors
from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.training import UnreadableRun
from netlang.recipes.words.schedules import Watch

__all__ = ["Scores", "State"]


@final
@dataclass(frozen=True)
class Scores:
    """An evaluation after `step` steps; `accuracy` is a share of 1, None without classes."""

    step: int
    loss: float
    accuracy: float | None

    @property
    def error(self) -> float:
        """What is to be small: 1 - accuracy, or the loss."""
        return self.loss if self.accuracy is None else 1.0 - self.accuracy

    def figures(self) -> dict[str, float]:
        """The scores by name."""
        scores = {"loss": self.loss}
        return scores if self.accuracy is None else {"accuracy": self.accuracy, **scores}

    def facts(self) -> dict[str, Json]:
        return {"step": self.step, "loss": self.loss, "accuracy": self.accuracy}


@final
@dataclass
class State:
    """A run after `step` steps."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    device: torch.device
    step: int = 0
    best: Scores | None = None
    last: Scores | None = None
    watch: Watch = field(default_factory=Watch)
    # Since the last record: the sum of the losses, and of how many steps.
    loss_sum: Tensor = field(default_factory=lambda: torch.zeros(()))
    loss_count: int = 0

    def save(self, path: Path) -> None:
        """Write the checkpoint, whole or not at all."""
        save_tensors(path, self._tensors(), self._facts())

    def _tensors(self) -> dict[str, Tensor]:
        tensors = {f"model/{key}": value for key, value in self.model.state_dict().items()}
        for index, entries in self.optimizer.state_dict()["state"].items():
            for name, value in entries.items():
                if isinstance(value, Tensor):
                    tensors[f"optimizer/{index}/{name}"] = value
        for name, value in random_state(self.device).items():
            tensors[f"random/{name}"] = value
        tensors["loss_sum"] = self.loss_sum
        return tensors

    def _facts(self) -> dict[str, Json]:
        return {
            "step": self.step,
            "best": None if self.best is None else self.best.facts(),
            "last": None if self.last is None else self.last.facts(),
            "watch": {
                "best": None if self.watch.best == float("inf") else self.watch.best,
                "waited": self.watch.waited,
                "reductions": self.watch.reductions,
            },
            "loss_count": self.loss_count,
        }

    def restore(self, path: Path) -> None:
        """Become the state that was saved; raises `NetlangError` where the file is none."""
        tensors, facts = load_tensors(path)
        try:
            self._take(tensors, facts)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise NetlangError(UnreadableRun(span=None, path=str(path), why=str(error))) from None

    def _take(self, tensors: dict[str, Tensor], facts: Mapping[str, Json]) -> None:
        self.model.load_state_dict(_part(tensors, "model/"))
        states: dict[int, dict[str, Tensor]] = {}
        for key, value in _part(tensors, "optimizer/").items():
            index, _, name = key.partition("/")
            states.setdefault(int(index), {})[name] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": states, "param_groups": groups})
        restore_random_state(_part(tensors, "random/"), self.device)
        self.loss_sum = tensors["loss_sum"].to(self.device)
        self.loss_count = _whole(facts["loss_count"])
        self.best, self.last = _scores(facts["best"]), _scores(facts["last"])
        self.watch = _watch(facts["watch"])
        self.step = _whole(facts["step"])


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}


def _whole(fact: Json) -> int:
    if not isinstance(fact, int):
        raise ValueError(f"{fact!r} is no whole number")
    return fact


def _number(fact: Json) -> float:
    if not isinstance(fact, int | float):
        raise ValueError(f"{fact!r} is no number")
    return float(fact)


def _scores(fact: Json) -> Scores | None:
    if not isinstance(fact, dict):
        return None
    accuracy = fact["accuracy"]
    return Scores(
        _whole(fact["step"]),
        _number(fact["loss"]),
        None if accuracy is None else _number(accuracy),
    )


def _watch(fact: Json) -> Watch:
    if not isinstance(fact, dict):
        raise ValueError("no schedule state")
    best = float("inf") if fact["best"] is None else _number(fact["best"])
    return Watch(best, _whole(fact["waited"]), _whole(fact["reductions"]))
