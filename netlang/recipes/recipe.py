"""A recipe: how a net is trained, with every choice resolved.

Built by `netlang.recipes.read`, checked against a net by `netlang.recipes.check`, and carried out
by a backend.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, final

from netlang.evaluate.values import Layer
from netlang.recipes.counterpart import counterpart
from netlang.recipes.sections.turn import Draw, Turn
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.data import Data
from netlang.recipes.words.losses import LABEL, Comparison
from netlang.recipes.words.normalizations import Normalization
from netlang.recipes.words.operands import NamedValue
from netlang.recipes.words.optimizers import Optimizer
from netlang.recipes.words.samples import Grid
from netlang.recipes.words.schedules import ConstantRate
from netlang.recipes.words.terms import Loss
from netlang.recipes.words.timing import Schedule
from netlang.records import ComparedInPart, Record, field, replace
from netlang.source import Source, Span

if TYPE_CHECKING:
    from netlang.recipes.words.initializations import Initialization
    from netlang.recipes.words.pretrained import Pretrained

__all__ = ["Epochs", "Precision", "Recipe", "Steps"]


class Precision(Enum):
    """The number format of the forward pass; weights and optimizer state are always float32.

    `TF32` multiplies float32 matrices with ten bits of mantissa on GPUs that support it. `FP16`
    scales the loss, so that small gradients don't vanish.
    """

    FP32 = "fp32"
    TF32 = "tf32"
    BF16 = "bf16"
    FP16 = "fp16"


@final
class Steps(Record):
    """The length of a run in optimizer steps."""

    count: int

    def __str__(self) -> str:
        return f"{self.count} steps"


@final
class Epochs(Record):
    """The length of a run in passes over the training data."""

    count: int

    def __str__(self) -> str:
        return f"{self.count} epochs"


@final
class Recipe(ComparedInPart, kw_only=True):
    """What a `train` definition says.

    `model` is a net with its arguments. `validation` is the share of the training examples that is
    held out. Without `shuffle` each epoch has the training examples in their own order.
    `no_decay` names kinds of weights (`norms`, `biases`) without weight decay, `rates` are factors
    on the learning rate by label, and `freeze` are labels that aren't trained.
    `clip_norm` and `clip_value` bound the gradient, `accumulate` is the number of parts in which a
    batch is computed, `ema` is the decay of averaged weights, `swa` the epoch after which equal
    averages begin; `snapshots` keeps the weights after each cosine wave. `early_stopping` is the
    number of evaluations that may pass without improvement.
    `seeds` is the number of runs, one for each seed from `seed` on. `evaluate_every` and
    `checkpoint_every` are in steps; None means after every epoch or, if an epoch has fewer than 200
    steps, after as many epochs as have that many. `turns` are the steps that take turns on each
    batch; `loss` has then the terms of all of them and `optimizer` is the first one's. `turn` is
    the one that a recipe of `played` is for. `draws` are inputs that aren't in the data, and
    `samples` says which images are shown while it trains.
    `overrides` are the texts that replaced parameters and keys, and `files` those from which the
    recipe and its net were read. `places` says where each key was written, for messages.
    """

    aside: ClassVar[tuple[str, ...]] = ("model", "overrides", "files", "span", "places")

    name: str
    model: Layer
    data: Data
    loss: Loss
    optimizer: Optimizer
    batch: int
    length: Steps | Epochs
    validation: float | None = None
    augment: tuple[Augmentation, ...] = ()
    normalize: Normalization | None = None
    init: tuple[Initialization, ...] = ()
    shuffle: bool = True
    weights: Pretrained | None = None
    freeze: tuple[str, ...] = ()
    rates: tuple[tuple[str, float], ...] = ()
    no_decay: tuple[str, ...] = ()
    schedule: Schedule = field(default_factory=ConstantRate)
    clip_norm: float | None = None
    clip_value: float | None = None
    accumulate: int = 1
    ema: float | None = None
    swa: int | None = None
    snapshots: bool = False
    early_stopping: int | None = None
    precision: Precision = Precision.FP32
    channels_last: bool = False
    compile: bool = False
    sync_batch_norm: bool = False
    seed: int = 0
    seeds: int = 1
    test: tuple[Augmentation, ...] = ()
    evaluate_every: int | None = None
    checkpoint_every: int | None = None
    turns: tuple[Turn, ...] = ()
    turn: Turn | None = None
    draws: tuple[Draw, ...] = ()
    samples: Grid | None = None
    doc: str | None = None
    overrides: tuple[str, ...] = ()
    files: tuple[tuple[Path, Source], ...] = ()
    span: Span
    places: Mapping[str, Span] = field(default_factory=dict)

    @property
    def averages(self) -> bool:
        """Whether a model of averaged weights is evaluated and saved."""
        return self.ema is not None or self.swa is not None

    @property
    def played(self) -> tuple[Recipe, ...]:
        """A recipe for each of its turns, with its loss and optimizer; itself if it has none."""
        if not self.turns:
            return (self,)
        return tuple(
            replace(
                self,
                turns=(),
                turn=turn,
                loss=turn.loss,
                optimizer=turn.optimizer,
                places={**self.places, **turn.places},
            )
            for turn in self.turns
        )

    @property
    def test_path(self) -> tuple[Augmentation, ...]:
        """How test examples are prepared: as `test` says, else as `counterpart` does."""
        return self.test or counterpart(self.augment, self.data)

    @property
    def class_target(self) -> str | None:
        """The target that says which class an example is of: what a loss over classes compares.

        Among several of these it is `label`, else the first. Without any, `label` if there is one.
        """
        targets = self.data.targets
        terms = [term for term in self.loss.terms if term.function.comparison is Comparison.CLASSES]
        compared = [term.operands[1] for term in terms if len(term.operands) == 2]
        found = [value.name for value in compared if isinstance(value, NamedValue)]
        found = [name for name in found if name in targets]
        if len(targets) == 1 and any(not term.operands for term in terms):
            found.append(targets[0])
        if found and LABEL not in found:
            return found[0]
        return LABEL if LABEL in targets else None

    def describe(self) -> dict[str, str]:
        """Every key with its value as text, which a run records and a resumed run compares.

        `seeds` isn't among them: each run has one seed.
        """
        return {
            "model": str(self.model),
            "data": str(self.data),
            "validation": _or(self.validation, "none"),
            "augment": _path(self.augment),
            "normalize": _or(self.normalize, "none"),
            "loss": str(self.loss),
            "init": _path(self.init) if self.init else "as the operators state",
            "weights": _or(self.weights, "none"),
            "freeze": _list(self.freeze),
            "optimizer": str(self.optimizer),
            "rates": _list(f"{label} x {factor!r}" for label, factor in self.rates),
            "no_decay": _list(self.no_decay),
            "schedule": str(self.schedule),
            "clip_norm": _or(self.clip_norm, "none"),
            "clip_value": _or(self.clip_value, "none"),
            "accumulate": str(self.accumulate),
            "ema": _or(self.ema, "none"),
            "swa": _or(self.swa, "none"),
            "snapshots": str(self.snapshots).lower(),
            "early_stopping": _or(self.early_stopping, "none"),
            "batch": str(self.batch),
            "shuffle": str(self.shuffle).lower(),
            "length": str(self.length),
            "precision": self.precision.value,
            "channels_last": str(self.channels_last).lower(),
            "compile": str(self.compile).lower(),
            "sync_batch_norm": str(self.sync_batch_norm).lower(),
            "seed": str(self.seed),
            "test": _path(self.test_path),
            "evaluate_every": _or(self.evaluate_every, "epoch"),
            "checkpoint_every": _or(self.checkpoint_every, "epoch"),
            **self._sections(),
        }

    def _sections(self) -> dict[str, str]:
        turns = {f"step {turn.name}": str(turn) for turn in self.turns}
        order = {"turns": _list(turn.name for turn in self.turns)} if turns else {}
        return turns | order | ({"draw": _list(map(str, self.draws))} if self.draws else {})


def _or(value: object, absent: str) -> str:
    return absent if value is None else str(value)


def _list(items: Iterable[str]) -> str:
    return ", ".join(items) or "none"


def _path(steps: Iterable[object]) -> str:
    return " -> ".join(map(str, steps)) or "none"
