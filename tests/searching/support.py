"""Lines of text in place of the pictures of a search."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from unittest.mock import patch

from netlang.backends.torch.compare import trials

__all__ = ["without_search_pictures"]


def _plain(folder: Path, name: str, size: object, fill: object) -> tuple[Path, ...]:
    files = (folder / f"{name}.svg", folder / f"{name}.png")
    for path in files:
        path.write_text(f"<svg>{size}</svg>", encoding="utf-8")
    return files


def without_search_pictures() -> AbstractContextManager[object]:
    """Inside, a picture is a line of text: Matplotlib takes a second for two."""
    return patch.object(trials, "draw_into", _plain)
