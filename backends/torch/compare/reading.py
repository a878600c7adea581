"""Reads what is compared of a run: its recipe, its seed and its records."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from netlang.backends.torch.train.files.reader import parsed_json, read_small
from netlang.backends.torch.train.records.metrics import read_metrics
from netlang.backends.torch.train.storage import Json
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.running import UnreadableRun
from netlang.targets.comparing import RunFigures

__all__ = ["RunRead", "read_runs"]

_RECORD, _METRICS = "run.json", "metrics.jsonl"
_BEST = {"validation_accuracy": max, "validation_loss": min}


@final
@dataclass(frozen=True)
class RunRead:
    """A run: its recipe without the seed, the fingerprint of its net, its records and figures."""

    name: str
    keys: Mapping[str, str]
    fingerprint: str
    records: tuple[Mapping[str, Json], ...]
    figures: RunFigures

    @property
    def identity(self) -> str:
        """A text that runs of one recipe and net share."""
        return json.dumps([self.name, dict(self.keys), self.fingerprint], sort_keys=True)

    def curve(self, column: str) -> dict[int, float]:
        """The numbers that a column has, by step."""
        return _curve(self.records, column)


def read_runs(folders: Sequence[Path]) -> list[RunRead]:
    """The runs in folders, or in the folders in them, in their order, each once."""
    found: dict[Path, RunRead] = {}
    for folder in folders:
        inside = [folder] if (folder / _RECORD).is_file() else _below(folder)
        if not inside:
            why, advice = "it has no run", "name folders that `netlang train --out` wrote into"
            raise NetlangError(UnreadableRun(span=None, path=str(folder), why=why, advice=advice))
        found |= {path.resolve(): _read(path) for path in inside}
    return list(found.values())


def _below(folder: Path) -> list[Path]:
    """The runs in a folder, and those of the seeds of one recipe in a folder there."""
    records = (*folder.glob(f"*/{_RECORD}"), *folder.glob(f"*/*/{_RECORD}"))
    return sorted(path.parent for path in records if path.is_file())


def _read(folder: Path) -> RunRead:
    path = folder / _RECORD
    try:
        record = parsed_json(read_small(path))
        if not isinstance(record, dict) or not isinstance(keys := record.get("keys"), dict):
            raise ValueError("it isn't the record of a run")
        texts = {name: str(value) for name, value in keys.items()}
        seed = int(texts.pop("seed", "0"))
        path = folder / _METRICS
        records = tuple(read_metrics(path))
    except (OSError, ValueError) as error:
        raise NetlangError(UnreadableRun(span=None, path=str(path), why=str(error))) from None
    steps = max(_curve(records, "loss"), default=0)
    return RunRead(
        str(record.get("recipe", "")),
        texts,
        str(record.get("fingerprint", "")),
        records,
        RunFigures(folder, seed, steps, _scores(records)),
    )


def _curve(records: Sequence[Mapping[str, Json]], column: str) -> dict[int, float]:
    found = {}
    for record in records:
        step, value = record.get("step"), record.get(column)
        if isinstance(step, int) and isinstance(value, int | float):
            found[step] = float(value)
    return found


def _scores(records: Sequence[Mapping[str, Json]]) -> dict[str, float]:
    """The best scores on the validation part, and those on the test part."""
    found = {}
    for column in ("test_accuracy", "test_loss", *_BEST):
        values = [*_curve(records, column).values()]
        if values:
            best = _BEST[column](values) if column in _BEST else values[-1]
            found[f"{'best ' if column in _BEST else ''}{column.replace('_', ' ')}"] = best
    return found
