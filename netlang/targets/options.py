"""How to carry out a recipe: the options of training, scoring, predicting and taking examples.

The command line and `netlang.train` make one of these records, and everything below reads it. An
option that is left out has the same meaning in all of them: without a `device`, the best one is
used; without a number of `workers`, the processes that prepare images in files, there is one for
each core but one. `quiet` shows nothing on the way, and `shard` divides the weights among the
processes that work together.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import final

from netlang.build import WHOLE, Fit
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.recipes.places import Places
from netlang.records import Record

__all__ = ["PredictOptions", "RunOptions", "SampleOptions", "ScoreOptions"]

_ANYWHERE = Places()


@final
class RunOptions(Record):
    """Where and how to train.

    All results go into `folder`; `resume` continues what is there. `places` has the locations of
    data. `tensorboard` writes events for it. `again` is the command that continues a stopped run.
    After a `share` below 1 of its steps, up to the next evaluation, a run pauses as if it had been
    stopped. The `trial` of a search leaves the test part alone and draws nothing; resumed as a run
    of its own, it does both.
    """

    folder: Path
    places: Places = _ANYWHERE
    resume: bool = False
    device: str | None = None
    workers: int | None = None
    quiet: bool = False
    tensorboard: bool = False
    shard: bool = False
    again: str = ""
    share: float = 1.0
    trial: bool = False


@final
class FeatureDistance(Record):
    """Measures how far what an `output` shows is from the data, by the net `judge`.

    The `weights` are the judge's, and `features` is the output of it that is compared.
    """

    output: str
    judge: Program
    weights: Path
    features: str


@final
class ScoreOptions(Record):
    """What to score weights on, and how: `split` is `train`, `validation` or `test`.

    `fit` says how the weights of the file map to the net's. `ensemble` are files of further weights
    of the net: the mean of what all of them say is scored. With a `distance` nothing else is.
    """

    places: Places = _ANYWHERE
    split: str = "test"
    device: str | None = None
    workers: int | None = None
    quiet: bool = False
    shard: bool = False
    fit: Fit = WHOLE
    ensemble: tuple[Path, ...] = ()
    distance: FeatureDistance | None = None


@final
class PredictOptions(Record):
    """How to predict. `fit` says how the weights of the file map to the net's.

    `damaged` is called for each image that can't be read; without it, the first such image raises.
    """

    device: str | None = None
    quiet: bool = False
    fit: Fit = WHOLE
    damaged: Callable[[NetlangError], None] | None = None


@final
class SampleOptions(Record):
    """Which examples to take, and how they are normalized: as in the training of the `weights`.

    Up to `count` are taken of the part `split`: `train`, `validation` or `test`.
    """

    places: Places = _ANYWHERE
    split: str = "train"
    count: int = 128
    weights: Path | None = None
    workers: int | None = None
    quiet: bool = False
