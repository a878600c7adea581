"""The state of a run: everything that the rest of it depends on, as tensors and plain facts.

After `take`, the model, optimizer, random streams and everything else equal, bit for bit, those
whose `tensors` and `facts` were written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from netlang.backends.torch.train.files.memory import memory_in
from netlang.backends.torch.train.files.part import (
    CheckpointPart,
    mapping_of,
    number_of,
    plain_number,
    whole_of,
)
from netlang.backends.torch.train.files.reader import TensorSource
from netlang.backends.torch.train.processes.layout import WeightLayout, Whole, optimized, untied
from netlang.backends.torch.train.processes.rows import Kept, like, on_cpu, own_of
from netlang.backends.torch.train.processes.streams import restore_streams, streams_of
from netlang.backends.torch.train.records.metrics import parsed_records
from netlang.backends.torch.train.records.scores import Scores, Since
from netlang.backends.torch.train.storage import Json, facts_of
from netlang.backends.torch.train.world import World
from netlang.recipes.words.timing import Watch

__all__ = ["LONGEST_RECORDS", "MOST_CLASSES", "Scores", "Since", "State", "remembered"]

# Elements of a random stream's state: that of PyTorch on the CPU has 5,056.
_LARGEST_STREAM = 1 << 16
# Of a confusion matrix that is kept: 32 MB.
MOST_CLASSES = 1 << 11
# Bytes: some millions of records.
LONGEST_RECORDS = 1 << 30


@final
@dataclass
class State:
    """A run after `step` steps.

    `averaged` is the model with averaged weights, updated `averages` times. `best` and `last` are
    scores on the validation part, `test` is the one on the test part, when the run is over.
    `confusion` ``[classes, classes]`` is then that of a classifier on the test part, or else on the
    validation part, on the CPU (kept for at most 2,048 classes).
    `others` are the optimizers of a recipe's further steps, and `turns` the sums of the losses of
    each, ``[steps]``.
    `losses` is this process's sum, on the device, of the losses of the `loss_steps` steps since the
    last record; `since` holds those between the last evaluation and that record. `right` is how
    many examples this process classified correctly in those of these steps that are counted.
    `settled` is the last step whose record and evaluation, if due, were made: a signal may come in
    between.
    `best_weights` are those of the best score, on the CPU, and `records` the lines of the metrics,
    so that a run needs nothing but the checkpoint. In `world` each process has a state of its own;
    `layout` says which part of the weights it has.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    device: torch.device
    others: tuple[torch.optim.Optimizer, ...] = ()
    scaler: torch.amp.GradScaler | None = None
    averaged: nn.Module | None = None
    averages: int = 0
    step: int = 0
    best: Scores | None = None
    last: Scores | None = None
    test: Scores | None = None
    confusion: Tensor | None = None
    watch: Watch = field(default_factory=Watch)
    losses: Tensor = field(default_factory=lambda: torch.zeros(()))
    turns: Tensor = field(default_factory=lambda: torch.zeros(0))
    loss_steps: int = 0
    right: Tensor = field(init=False)
    since: Since = field(default_factory=Since)
    settled: int = 0
    best_weights: dict[str, Kept] = field(default_factory=dict)
    records: bytes = b""
    world: World = field(default_factory=World)
    layout: WeightLayout = field(default_factory=Whole)

    def __post_init__(self) -> None:
        self.right = torch.zeros_like(self.losses)

    @property
    def optimizers(self) -> tuple[torch.optim.Optimizer, ...]:
        """All optimizers: that of the first step, then the others."""
        return (self.optimizer, *self.others)

    @property
    def sums(self) -> Tensor:
        """`losses`, `right` and `turns`, ``[2 + steps]``."""
        return torch.cat((torch.stack((self.losses, self.right)), self.turns))

    @property
    def scored(self) -> nn.Module:
        """The model that is evaluated and saved: the averaged one, once it has an average."""
        return self.averaged if self.averaged is not None and self.averages else self.model

    def keep_best(self, scores: Scores) -> None:
        """Remember the current weights as the best so far."""
        self.best = scores
        self.best_weights = {key: on_cpu(kept) for key, kept in self.kept(self.scored).items()}

    @contextmanager
    def at_best(self) -> Iterator[nn.Module]:
        """Inside, the scored model has the best weights; afterwards its own again."""
        own = {key: self.layout.own(value) for key, value in self.scored.state_dict().items()}
        before = {key: value.to("cpu", copy=True) for key, value in own.items()}
        _fill(own, {key: own_of(kept) for key, kept in self.best_weights.items()})
        try:
            yield self.scored
        finally:
            _fill(own, before)

    def kept(self, model: nn.Module) -> dict[str, Kept]:
        """This process's part of the weights of a model, by key."""
        return {key: self.layout.kept(value) for key, value in untied(model).items()}

    def tensors(self) -> dict[str, Kept]:
        """Every tensor of the state under a unique name. All processes must call it together."""
        tensors = {f"model/{key}": kept for key, kept in self.kept(self.model).items()}
        if self.averaged is not None:
            averaged = self.kept(self.averaged)
            tensors |= {f"averaged/{key}": kept for key, kept in averaged.items()}
        for place, optimizer in enumerate(self.optimizers):
            weights = optimized(optimizer)
            for index, entries in optimizer.state_dict()["state"].items():
                for name, value in entries.items():
                    assert isinstance(value, Tensor), f"the optimizer's {name} is {value!r}"
                    key = f"{remembered(place)}{index}/{name}"
                    tensors[key] = self.layout.beside(weights[index], value)
        tensors |= streams_of(self.world, self.device)
        tensors |= {f"best/{key}": value for key, value in self.best_weights.items()}
        for rank, sums in enumerate(self.world.gathered(self.sums.cpu())):
            tensors[_losses_of(rank)] = sums
        if self.confusion is not None and len(self.confusion) <= MOST_CLASSES:
            tensors["confusion"] = self.confusion
        tensors["records"] = torch.from_numpy(np.frombuffer(self.records, np.uint8).copy())
        return tensors

    def facts(self) -> dict[str, Json]:
        """Everything else, as plain facts."""
        scores = {"best": self.best, "last": self.last, "test": self.test}
        shown: dict[str, Json] = {
            name: None if each is None else each.facts() for name, each in scores.items()
        }
        return shown | {
            "step": self.step,
            "settled": self.settled,
            "averages": self.averages,
            "scaler": None if self.scaler is None else self.scaler.state_dict(),
            "watch": {
                "best": plain_number(self.watch.best),
                "waited": self.watch.waited,
                "reductions": self.watch.reductions,
            },
            "loss_steps": self.loss_steps,
            "since": {"total": plain_number(self.since.total), "steps": self.since.steps},
        }

    def take(self, file: TensorSource) -> None:
        """Load a saved state. Raises `ValueError` if the file is of another run.

        An error leaves a mixture, which a further call replaces.
        """
        part, facts = CheckpointPart(file, ""), facts_of(file)
        try:
            self._take_tensors(part)
            self._take_facts(facts)
            wanted = {} if self.best is None else self.kept(self.scored)
            found = part.within("best/").like(wanted)
            self.best_weights = {key: like(wanted[key], value) for key, value in found.items()}
            file.check_all_read()
        except (KeyError, IndexError, TypeError, RuntimeError) as error:
            raise ValueError(f"it is not of this run ({error})") from None

    def _take_tensors(self, part: CheckpointPart) -> None:
        models = {"model/": self.model, "averaged/": self.averaged}
        for prefix, model in models.items():
            if model is not None:
                kept = self.kept(model)
                own = {key: own_of(each) for key, each in kept.items()}
                _fill(own, part.within(prefix).like(kept))
        for place, optimizer in enumerate(self.optimizers):
            memory = memory_in(part.within(remembered(place)), optimizer, self.layout)
            groups = optimizer.state_dict()["param_groups"]
            optimizer.load_state_dict({"state": memory, "param_groups": groups})
        random = part.within("random/")
        streams = {name: random.at_most(name, _LARGEST_STREAM) for name in random.names}
        restore_streams(streams, self.world, self.device)
        self._take_losses(part)
        self.confusion = _confusion(part)
        self.records = part.text("records", LONGEST_RECORDS)
        parsed_records(self.records)

    def _take_losses(self, part: CheckpointPart) -> None:
        """Each process continues its own sums; of another number, the first gets the totals."""
        names = {_losses_of(0), *(name for name in part.names if name.startswith("losses/"))}
        expected = self.sums
        found = {name: part.one(name, expected).to(self.device) for name in sorted(names)}
        if found.keys() == {_losses_of(rank) for rank in range(self.world.size)}:
            sums = found[_losses_of(self.world.rank)]
        else:
            total = torch.stack([*found.values()]).sum(0)
            sums = total if self.world.writes else torch.zeros_like(total)
        self.losses, self.right, self.turns = sums[0].clone(), sums[1].clone(), sums[2:].clone()

    def _take_facts(self, facts: Mapping[str, Json]) -> None:
        if self.scaler is not None:
            self.scaler.load_state_dict(mapping_of(facts["scaler"]))
        since = mapping_of(facts["since"])
        self.since = Since(number_of(since["total"]), whole_of(since["steps"]))
        self.loss_steps, self.averages = whole_of(facts["loss_steps"]), whole_of(facts["averages"])
        self.best, self.last = _scores(facts["best"]), _scores(facts["last"])
        self.test, self.watch = _scores(facts["test"]), _watch(facts["watch"])
        self.step, self.settled = whole_of(facts["step"]), whole_of(facts["settled"])


def remembered(place: int) -> str:
    """What the names of an optimizer's tensors begin with; `place` is that of its step."""
    return f"optimizer{place or ''}/"


def _losses_of(rank: int) -> str:
    return f"losses/{rank}" if rank else "losses"


def _confusion(part: CheckpointPart) -> Tensor | None:
    if "confusion" not in part.names:
        return None
    found = part.at_most("confusion", MOST_CLASSES**2)
    if found.dtype != torch.int64 or found.dim() != 2 or len(found) != found.shape[1]:
        raise ValueError("its confusion matrix is none")
    return found


@torch.no_grad()
def _fill(own: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> None:
    for key, value in own.items():
        value.copy_(found[key])


def _scores(given: Json) -> Scores | None:
    if given is None:
        return None
    fact = mapping_of(given)
    accuracy = fact["accuracy"]
    return Scores(
        whole_of(fact["step"]),
        number_of(fact["loss"]),
        None if accuracy is None else number_of(accuracy),
    )


def _watch(given: Json) -> Watch:
    fact = mapping_of(given)
    return Watch(number_of(fact["best"]), whole_of(fact["waited"]), whole_of(fact["reductions"]))
