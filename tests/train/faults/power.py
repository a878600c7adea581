"""What a machine that loses its power may find on its disk afterwards."""

from __future__ import annotations

import random
from pathlib import Path

from tests.train.faults.attempt import Report

__all__ = ["cut_power"]


def cut_power(out: Path, report: Report, generator: random.Random) -> None:
    """Bring a folder to a state that a power cut at the end of `report`'s process may leave.

    Each name is as it surely was or as it was last; content that wasn't settled may be torn.
    """
    for name, (durable, settled) in sorted(report.standing.items()):
        path = out / name
        if settled:
            continue
        choices = ["before", "after"] if name in report.synced else ["before", "after", "torn"]
        match generator.choice(choices):
            case "before" if durable is None:
                path.unlink(missing_ok=True)
            case "before" if durable is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(bytes.fromhex(durable))
            case "torn" if path.exists():
                path.write_bytes(_torn(path.read_bytes(), generator))


def _torn(content: bytes, generator: random.Random) -> bytes:
    """Cut off, or with zeros from some place on, as a file system that kept the size alone."""
    kept = content[: generator.randrange(len(content) + 1)]
    return kept if generator.random() < 0.5 else kept.ljust(len(content), b"\0")
