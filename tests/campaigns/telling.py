"""What a campaign says: a line of progress while it runs, a report as text and JSON at its end."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import final

from tests.campaigns.campaign import Campaign, Failure, Summary
from tests.campaigns.files import replace_text, save_case
from tests.campaigns.state import State

__all__ = ["Progress", "report", "told"]


@final
class Progress:
    """A line that says how far a run has come: redrawn on a terminal, now and then in a log."""

    def __init__(self, name: str, count: int, finished: int) -> None:
        self.name, self.count, self.first = name, count, finished
        self.started = self.shown = time.monotonic()
        self.redraws = sys.stderr.isatty()

    def show(self, state: State) -> None:
        """Say it, unless that was done a moment ago."""
        now = time.monotonic()
        if now - self.shown < (0.5 if self.redraws else 30) and state.pending:
            return
        self.shown = now
        finished = state.finished
        left = (now - self.started) / max(1, finished - self.first) * (self.count - finished)
        text = f"{self.name}: {finished:,} of {self.count:,}, {len(state.failures)} failed"
        text += f", {left:.0f} s left" if state.pending else f", {state.seconds:.0f} s"
        print(f"\r{text}   " if self.redraws else text, end="", file=sys.stderr, flush=True)
        if not self.redraws:
            print(file=sys.stderr)

    def end(self) -> None:
        """Leave the line."""
        if self.redraws:
            print(file=sys.stderr)


def report(campaign: Campaign, state: State, into: Path, *, save: bool) -> bool:
    """Print what a run found and write it to a JSON file; returns whether something failed.

    Failures are told once for each kind, and with `save` made small and kept as cases.
    """
    kinds: dict[str, tuple[int, Failure]] = {}
    for number, fields in state.failures:
        failure = Failure(**fields)  # type: ignore[arg-type]  # JSON that it wrote
        kinds.setdefault(failure.what, (number, failure))
    for number, failure in kinds.values():
        print(told(number, failure))
        if save and failure.files:
            small = campaign.shrink(failure) if campaign.shrink else failure
            print(f"kept as {save_case(campaign.name, number, small.files)}")
    summary = campaign.summary(state.counts) if campaign.summary else _table(state.counts)
    for line in summary.lines:
        print(line)
    replace_text(into, json.dumps(_as_json(campaign, state, summary), indent=1))
    verdict = f"{len(state.failures)} failures of {len(kinds)} kinds" if kinds else "0 failures"
    print(f"{campaign.name}: {state.finished:,} trials, seed {state.seed}: {verdict},", end=" ")
    print(f"{state.seconds:.0f} s")
    return bool(kinds)


def _as_json(campaign: Campaign, state: State, summary: Summary) -> dict[str, object]:
    return {
        "campaign": campaign.name,
        "seed": state.seed,
        "trials": state.finished,
        "seconds": round(state.seconds, 1),
        "failures": [{"number": number, **failure} for number, failure in state.failures],
        "summary": dict(summary.data),
        "counts": state.counts,
    }


def told(number: int, failure: Failure) -> str:
    """A failure with its details."""
    return f"{number}: {failure.what}\n{failure.details}"


def _table(counts: Mapping[str, int]) -> Summary:
    return Summary(tuple(f"{count:>9,}  {name}" for name, count in sorted(counts.items())))
