"""Cases on disk: inputs that a campaign failed on, kept as files that a test replays.

A case is a folder ``cases/<campaign>/<name>`` of the texts that show the failure.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = ["CASES", "cases", "replace_text", "save_case"]

CASES = Path(__file__).parent / "cases"


def replace_text(path: Path, text: str) -> None:
    """Write a file in one go: a reader finds the old text or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(text.encode("utf-8", "surrogateescape"))
    beside.replace(path)


def save_case(campaign: str, number: int, files: Mapping[str, str]) -> Path:
    """Keep the texts of a failure; returns their folder."""
    folder = CASES / campaign / f"case_{number}"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, text)
    return folder


def cases(campaign: str) -> Iterator[Path]:
    """The folders of a campaign's cases."""
    folder = CASES / campaign
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.is_dir())
