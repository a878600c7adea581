"""How far a run of a campaign has come: a JSON file that is replaced after every chunk."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import final

from tests.campaigns.campaign import MOST, Verdict
from tests.campaigns.files import replace_text

__all__ = ["State"]


@final
@dataclass
class State:
    """Chunks done, counts so far, failures by trial; `option` is the campaign's own option."""

    seed: int
    count: int
    chunk: int
    option: int = 0
    done: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[int, dict[str, object]]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def settings(self) -> tuple[int, int, int]:
        """What a run that goes on from this state must have been started with."""
        return self.seed, self.count, self.option

    @property
    def pending(self) -> list[int]:
        """The numbers of the chunks that are still to do."""
        done = set(self.done)
        return [n for n in range(-(-self.count // self.chunk)) if n not in done]

    @property
    def finished(self) -> int:
        """How many trials are done."""
        return sum(len(self.numbers(number)) for number in self.done)

    def numbers(self, chunk: int) -> range:
        """The trials of a chunk."""
        first = self.seed * MOST
        last = min((chunk + 1) * self.chunk, self.count)
        return range(first + chunk * self.chunk, first + last)

    def add(self, number: int, verdict: Verdict) -> None:
        """Take a verdict into the counts and the failures."""
        for name, count in verdict.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        self.failures += [(number, asdict(failure)) for failure in verdict.failures]

    def write(self, path: Path) -> None:
        """Put the state in a file in one go."""
        replace_text(path, json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> State:
        """What `write` wrote."""
        data = json.loads(path.read_text(encoding="utf-8"))
        data["failures"] = [(number, failure) for number, failure in data["failures"]]
        return cls(**data)
