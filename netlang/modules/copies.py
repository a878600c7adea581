"""The files that something was read from, as copies beside each other."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from netlang.modules.files import bundled_folder
from netlang.source import Source

__all__ = ["copies_of"]


def copies_of(files: Sequence[tuple[Path, Source]]) -> Sequence[tuple[Path, Source]]:
    """Each file with its relative place among the others, so that imports still work.

    Library files are placed where an import looks before it searches the library.
    """
    bundled = bundled_folder().resolve()
    own = [path for path, _ in files if not path.is_relative_to(bundled)]
    root = Path(os.path.commonpath([path.parent for path in own])) if own else bundled
    names = [path.relative_to(root if path.is_relative_to(root) else bundled) for path, _ in files]
    return [(name, source) for name, (_, source) in zip(names, files, strict=True)]
