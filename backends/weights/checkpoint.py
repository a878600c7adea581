"""Recognizes a run's checkpoint given in place of weights, and names the file that was meant.

Both are safetensors files with netlang's facts. Weights contain a digest of themselves. That of a
checkpoint is in its name or, if several processes each wrote a part, in the manifest beside it.
"""

from __future__ import annotations

from pathlib import Path

from netlang.backends.weights.header import Header
from netlang.backends.weights.signature import DIGEST, FACTS

__all__ = ["MANIFEST", "PLACES", "is_checkpoint", "where_weights_are"]

MANIFEST = "manifest.json"
"""What is in a checkpoint that is a folder."""
PLACES = "DCP_SHARDING_INFO"
"""Where the tensors of such a folder's file lie in whole ones, as its metadata say it."""

_FILES = {"best.safetensors": "of the best validation score", "last.safetensors": "at its end"}


def is_checkpoint(header: Header) -> bool:
    """Whether a file contains the state of a run."""
    ours = FACTS in header.metadata and DIGEST not in header.metadata
    part = PLACES in header.metadata
    return ours and (part or ("records" in header.entries and "losses" in header.entries))


def where_weights_are(path: Path) -> str:
    """What to give instead: the weights of the run that wrote the checkpoint."""
    checkpoint = path.parent if (path.parent / MANIFEST).is_file() else path
    run = checkpoint.absolute().parent.parent
    found = [f"`{checkpoint.parent.parent / name}` ({what})" for name, what in _FILES.items()
             if (run / name).is_file()]  # fmt: skip
    if found:
        return f"the weights of the run are in {' and in '.join(found)}"
    return "stop the run, or go on with it to its end: then its folder has `last.safetensors`"
