"""The run that nobody disturbed, and what must hold in a folder at any moment."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from netlang.backends.torch.train.files.checkpoints import digits_of, opened_checkpoint
from netlang.backends.torch.train.files.reader import opened, parsed_json
from tests.train.faults.attempt import AtEvent, Report, attempt
from tests.train.faults.subject import ended, warm

__all__ = ["Whole", "damaged", "newest", "whole"]


@dataclass(frozen=True)
class Whole:
    """What is left of an undisturbed run, and what it did on the way."""

    files: dict[str, bytes]
    report: Report


@cache
def whole() -> Whole:
    """The same for every trial in this process."""
    with tempfile.TemporaryDirectory() as folder:
        warm(Path(folder, "warm"))
        out = Path(folder, "whole")
        report = attempt(out, AtEvent(-1))
        assert report.ended, report
        return Whole(ended(out), report)


def newest(out: Path) -> int:
    """The step of the newest checkpoint that is whole; -1 where there is none."""
    steps = [int(p.name.split("-")[0]) for p in _checkpoints(out) if not _wrong_checkpoint(p)]
    return max(steps, default=-1)


def _checkpoints(out: Path) -> list[Path]:
    """Files, and folders of several processes' files."""
    return [*out.glob("checkpoints/0*-*")]


def damaged(out: Path) -> list[str]:
    """What any reader of the folder could stumble over: each file is whole or not there.

    Metrics grow, so their end may be missing, and the lock is nobody's to read.
    """
    files = [
        path
        for path in out.rglob("*")
        if path.is_file()
        and path.name != "lock"
        and path.relative_to(out).parts[0] != "checkpoints"
    ]
    found = [(path, _wrong(path)) for path in files if path.suffix != ".tmp"]
    found += [(path, _wrong_checkpoint(path)) for path in _checkpoints(out)]
    return sorted(f"{path.relative_to(out)}: {why}" for path, why in found if why)


def _wrong_checkpoint(path: Path) -> str:
    try:
        with opened_checkpoint(path) as source:
            source.check(digits_of(path))
    except (ValueError, OSError) as error:
        return str(error)
    return ""


def _wrong(path: Path) -> str:
    try:
        if path.suffix == ".safetensors":
            with opened(path) as file:
                file.check_signature()
        elif path.suffix == ".json":
            parsed_json(path.read_text())
        elif path.suffix == ".svg" and not path.read_text().endswith("</svg>"):
            return "it is cut off"
    except ValueError as error:
        return str(error)
    return ""
