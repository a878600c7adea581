"""How many times an import holds the weights of a program."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from tests.importing.peak import peak_bytes
from tests.importing.programs.support import exported

SIZE, LAYERS = 2_500, 8
ONCE = 4 * SIZE**2 * LAYERS


def test_weights_are_held_once(tmp_path: Path) -> None:
    """As they were read; the rest is one of them that is read, and what computing takes."""
    small, large = (
        exported(
            nn.Sequential(*(nn.Linear(size, size) for _ in range(LAYERS))),
            (size,),
            tmp_path / f"{size}.pt2",
            any_size=True,
        )
        for size in (200, SIZE)
    )
    assert peak_bytes(small, large) / ONCE < 1.5
