"""The state of a run: all that the rest of it depends on, as tensors and plain facts.

Holds on exit of `restore`: the model, optimizer and random streams are bit for bit those that
`capture` saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isfinite
from pathlib import Path
from typing import final

import torch
from torch import Tensor, nn

from netlang.backends.torch.train.devices import random_state, restore_random_state
from netlang.backends.torch.train.storage import Json, load_tensors, save_tensors
from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.training import UnreadableRun
from netlang.recipes.words.schedules import Watch

__all__ = ["Scores", "Since", "State"]


@final
@dataclass(frozen=True)
class Scores:
    """An evaluation after `step` steps; `accuracy` is a share of 1, None without classes."""

    step: int
    loss: float
    accuracy: float | None

    @property
    def error(self) -> float:
        """What is to be small: 1 - accuracy, or the loss; infinite for no number."""
        if self.accuracy is not None:
            return 1.0 - self.accuracy
        return self.loss if isfinite(self.loss) else inf

    def figures(self) -> dict[str, float]:
        """The scores by name."""
        scores = {"loss": self.loss}
        return scores if self.accuracy is None else {"accuracy": self.accuracy, **scores}

    def facts(self) -> dict[str, Json]:
        """All of it as JSON, which has no infinite numbers: null stands for those."""
        loss = self.loss if isfinite(self.loss) else None
        return {"step": self.step, "loss": loss, "accuracy": self.accuracy}


@final
@dataclass
class Since:
    """Losses since a moment: their sum, and of how many steps."""

    total: float = 0.0
    steps: int = 0

    @property
    def mean(self) -> float:
        return self.total / max(1, self.steps)


@final
@dataclass
class State:
    """A run after `step` steps.

    `averaged` is the model with averaged weights, updated `averages` times. `best` and `last` are
    scores on the validation part, `test` is the one on the test part, when the run is over.
    `losses` is the sum on the device of the losses since the last record, of `loss_steps` steps;
    `since` holds those between the last evaluation and that record. `records` are the lines of the
    metrics that belong to the state.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    device: torch.device
    scaler: torch.amp.GradScaler | None = None
    averaged: nn.Module | None = None
    averages: int = 0
    step: int = 0
    best: Scores | None = None
    last: Scores | None = None
    test: Scores | None = None
    watch: Watch = field(default_factory=Watch)
    losses: Tensor = field(default_factory=lambda: torch.zeros(()))
    loss_steps: int = 0
    since: Since = field(default_factory=Since)
    records: int = 0

    @property
    def scored(self) -> nn.Module:
        """The model that is evaluated and kept: the averaged one, where there is one."""
        return self.model if self.averaged is None else self.averaged

    def save(self, path: Path) -> None:
        """Write the checkpoint, whole or not at all."""
        save_tensors(path, self.tensors(), self.facts())

    def restore(self, path: Path) -> None:
        """Become the state that was saved; raises `NetlangError` where the file is none."""
        tensors, facts = load_tensors(path)
        try:
            self.take(tensors, facts)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise NetlangError(UnreadableRun(span=None, path=str(path), why=str(error))) from None

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor of the state by a name of its own."""
        tensors = {f"model/{key}": value for key, value in self.model.state_dict().items()}
        if self.averaged is not None:
            kept = self.averaged.state_dict()
            tensors |= {f"averaged/{key}": value for key, value in kept.items()}
        for index, entries in self.optimizer.state_dict()["state"].items():
            for name, value in entries.items():
                if isinstance(value, Tensor):
                    tensors[f"optimizer/{index}/{name}"] = value
        for name, value in random_state(self.device).items():
            tensors[f"random/{name}"] = value
        tensors["losses"] = self.losses
        return tensors

    def facts(self) -> dict[str, Json]:
        """Everything else, as plain facts."""
        scores = {"best": self.best, "last": self.last, "test": self.test}
        shown: dict[str, Json] = {
            name: None if each is None else each.facts() for name, each in scores.items()
        }
        return shown | {
            "step": self.step,
            "averages": self.averages,
            "scaler": None if self.scaler is None else self.scaler.state_dict(),
            "watch": {
                "best": None if self.watch.best == float("inf") else self.watch.best,
                "waited": self.watch.waited,
                "reductions": self.watch.reductions,
            },
            "loss_steps": self.loss_steps,
            "records": self.records,
            "since": {"total": self.since.total, "steps": self.since.steps},
        }

    def take(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Json]) -> None:
        """Become the state that `tensors` and `facts` were taken of.

        Raises `KeyError`, `TypeError`, `ValueError` or `RuntimeError` where they are of none.
        """
        self.model.load_state_dict(_part(tensors, "model/"))
        if self.averaged is not None:
            self.averaged.load_state_dict(_part(tensors, "averaged/"))
        states: dict[int, dict[str, Tensor]] = {}
        for key, value in _part(tensors, "optimizer/").items():
            index, _, name = key.partition("/")
            states.setdefault(int(index), {})[name] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": states, "param_groups": groups})
        if self.scaler is not None:
            self.scaler.load_state_dict(_mapping(facts["scaler"]))
        restore_random_state(_part(tensors, "random/"), self.device)
        self.losses = tensors["losses"].to(self.device)
        self.loss_steps, self.records = _whole(facts["loss_steps"]), _whole(facts["records"])
        since = _mapping(facts["since"])
        self.since = Since(_number(since["total"]), _whole(since["steps"]))
        self.averages = _whole(facts["averages"])
        self.best, self.last = _scores(facts["best"]), _scores(facts["last"])
        self.test, self.watch = _scores(facts["test"]), _watch(facts["watch"])
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


def _mapping(fact: Json) -> dict[str, Json]:
    if not isinstance(fact, dict):
        raise ValueError(f"{fact!r} is no mapping")
    return fact


def _scores(given: Json) -> Scores | None:
    if given is None:
        return None
    fact = _mapping(given)
    loss, accuracy = fact["loss"], fact["accuracy"]
    return Scores(
        _whole(fact["step"]),
        inf if loss is None else _number(loss),
        None if accuracy is None else _number(accuracy),
    )


def _watch(given: Json) -> Watch:
    fact = _mapping(given)
    best = float("inf") if fact["best"] is None else _number(fact["best"])
    return Watch(best, _whole(fact["waited"]), _whole(fact["reductions"]))
