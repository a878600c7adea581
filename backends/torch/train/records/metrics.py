"""`metrics.jsonl` and `metrics.csv`: one line per record of a run, in order of the steps.

A record has `step`, `loss` (mean since the previous record), for classifiers `accuracy` and `lr`;
after an evaluation also `validation_loss` and, for classifiers, `validation_accuracy`. The last
record of a run has `test_loss` and `test_accuracy`. Where steps take turns, it has the loss of each
that was made since the previous record, by its name: `critic_loss`. The same run gives the same
bytes. `accuracy` is that of the step's batch as it was trained on, at the end of an epoch with the
one before; where an epoch has fewer than ten batches, of all since the previous record.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import final

from netlang.atomic import append
from netlang.backends.torch.train.files.reader import parsed_json, plain_file
from netlang.backends.torch.train.storage import Json, write_parts
from netlang.processes.writing import writing

__all__ = ["COLUMNS", "Metrics", "parsed_records", "read_metrics"]

COLUMNS = (
    "step", "loss", "accuracy", "lr", "validation_loss", "validation_accuracy", "test_loss",
    "test_accuracy",
)  # fmt: skip


def read_metrics(path: Path) -> list[dict[str, Json]]:
    """The complete records of a file, whose last line may be cut off.

    Raises `OSError` or `ValueError` if it isn't an ordinary file, or a line before is damaged.
    """
    records: list[dict[str, Json]] = []
    if path.exists():
        with plain_file(path) as file:
            lines = file.read().split(b"\n")
        for number, line in enumerate(lines, 1):
            try:
                records += parsed_records(line)
            except ValueError:
                if number < len(lines):
                    raise ValueError(f"its line {number:,} is damaged") from None
    return records


def parsed_records(lines: bytes) -> list[dict[str, Json]]:
    """The records in `lines`. Raises `ValueError` if they aren't records."""
    records: list[dict[str, Json]] = []
    for line in lines.decode().splitlines():
        record = parsed_json(line)
        if not isinstance(record, dict):
            raise ValueError("its records are none")
        records.append(record)
    return records


@final
class Metrics:
    """Both files, open for appending."""

    def __init__(self, path: Path, lines: bytes, turns: Iterable[str] = ()) -> None:
        """Continue after `lines`: both files are cut back to these.

        The table has a last column for the loss of each of the `turns`.
        """
        self.records = parsed_records(lines)
        self._all = bytearray(lines)
        self._columns = (*COLUMNS, *(f"{name}_loss" for name in turns))
        table = ",".join(self._columns) + "\n" + "".join(map(self._row, self.records))
        self._lines = _Growing(path, lines)
        self._rows = _Growing(path.with_suffix(".csv"), table.encode())

    def add(self, record: Mapping[str, Json]) -> None:
        line = _line(record).encode()
        self.records.append(dict(record))
        self._all += line
        self._lines.add(line)
        self._rows.add(self._row(record).encode())

    def _row(self, record: Mapping[str, Json]) -> str:
        return ",".join(str(record.get(column, "")) for column in self._columns) + "\n"

    def settle(self) -> bytes:
        """Wait until every record is on disk; returns the lines."""
        self._lines.settle()
        return bytes(self._all)

    def close(self) -> None:
        self._lines.close()
        self._rows.close()


@final
class _Growing:
    """A file that is replaced and then appended to. System errors name it."""

    def __init__(self, path: Path, content: bytes) -> None:
        self._path = path
        write_parts(path, [memoryview(content)])
        with writing(path):
            self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0))

    def add(self, content: bytes) -> None:
        with writing(self._path):
            append(self._descriptor, content)

    def settle(self) -> None:
        with writing(self._path):
            os.fsync(self._descriptor)

    def close(self) -> None:
        with writing(self._path):
            os.close(self._descriptor)


def _line(record: Mapping[str, Json]) -> str:
    return json.dumps(record, allow_nan=False) + "\n"
