"""What a campaign has seen so far, as something to add up, save and go on from."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Found", "Report", "read_state", "write_atomically", "write_state"]


@dataclass(frozen=True)
class Found:
    """A failure: the seed of the spec, its kind, and what was seen."""

    seed: int
    kind: str
    detail: str


@dataclass
class Report:
    """How many specs were examined, what failed, and how often each thing was seen.

    `counts` has one counter for each heading (``operators``, ``constructs``); counters add up.
    """

    examined: int = 0
    failures: list[Found] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def count(self, heading: str, items: Iterable[str]) -> None:
        self.counts.setdefault(heading, Counter()).update(items)

    def of(self, heading: str) -> Counter[str]:
        return self.counts.get(heading, Counter())

    def add(self, other: Report) -> None:
        self.examined += other.examined
        self.failures += other.failures
        for heading, counter in other.counts.items():
            self.counts.setdefault(heading, Counter()).update(counter)

    def as_json(self) -> dict[str, object]:
        return {
            "examined": self.examined,
            "failures": [[each.seed, each.kind, each.detail] for each in self.failures],
            "counts": {name: dict(counter) for name, counter in self.counts.items()},
        }

    @classmethod
    def of_json(cls, data: dict[str, object]) -> Report:
        examined, failures, counts = data["examined"], data["failures"], data["counts"]
        assert isinstance(examined, int)
        assert isinstance(failures, list)
        assert isinstance(counts, dict)
        return cls(
            examined,
            [Found(*each) for each in failures],
            {name: Counter(counter) for name, counter in counts.items()},
        )


def write_atomically(path: Path, text: str) -> None:
    """The file is the old one or the new one, never half of either."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def write_state(path: Path, settings: dict[str, object], done: set[int], report: Report) -> None:
    """The chunks that are done and the sum of what they saw."""
    state = {"settings": settings, "done": sorted(done), "report": report.as_json()}
    write_atomically(path, json.dumps(state))


def read_state(path: Path, settings: dict[str, object]) -> tuple[set[int], Report] | None:
    """What `write_state` wrote for these settings, or None."""
    if not path.is_file():
        return None
    state = json.loads(path.read_text(encoding="utf-8"))
    if state["settings"] != settings:
        return None
    return set(state["done"]), Report.of_json(state["report"])
