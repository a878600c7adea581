"""`metrics.jsonl` and `metrics.csv`: one line for each record of a run, in order of the steps.

A record has `step`, `loss` (mean since the record before) and `lr`; after an evaluation also
`validation_loss` and, for classifiers, `validation_accuracy`. The last record of a run has
`test_loss` and `test_accuracy`. The same run gives the same bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import final

from netlang.backends.torch.train.storage import Json, write_text

__all__ = ["COLUMNS", "Metrics", "read_metrics"]

COLUMNS = (
    "step", "loss", "lr", "validation_loss", "validation_accuracy", "test_loss", "test_accuracy",
)  # fmt: skip


def read_metrics(path: Path) -> list[dict[str, Json]]:
    """The whole records of a file; a line that was cut short ends it."""
    if not path.exists():
        return []
    records = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:
            break
    return records


@final
class Metrics:
    """Both files, open for new records; the JSON lines are what a resumed run goes on from."""

    def __init__(self, path: Path, count: int) -> None:
        """Go on after `count` records: later ones, of a run that was cut off, are removed."""
        self.records = read_metrics(path)[:count]
        table = path.with_suffix(".csv")
        write_text(path, "".join(map(_line, self.records)))
        write_text(table, ",".join(COLUMNS) + "\n" + "".join(map(_row, self.records)))
        self._file = path.open("a", encoding="utf-8", newline="\n")
        self._table = table.open("a", encoding="utf-8", newline="\n")

    def add(self, record: Mapping[str, Json]) -> None:
        self.records.append(dict(record))
        self._file.write(_line(record))
        self._table.write(_row(record))
        self._file.flush()
        self._table.flush()

    def settle(self) -> int:
        """Wait until every record is on the disk; how many there are."""
        os.fsync(self._file.fileno())
        return len(self.records)

    def close(self) -> None:
        self._file.close()
        self._table.close()


def _line(record: Mapping[str, Json]) -> str:
    return json.dumps(record, allow_nan=False) + "\n"


def _row(record: Mapping[str, Json]) -> str:
    return ",".join(str(record.get(column, "")) for column in COLUMNS) + "\n"
