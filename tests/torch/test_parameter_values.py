"""Parameters that start with whole numbers, given or handed on: PyTorch trains floats alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import netlang

NET = """\
block unit(start) {{
    s: parameter([3], init=start)
    (in, s) -> mul
}}
net a {{
    input x: [3]
    u: unit({0})
    v: unit({1})
}}
"""


@pytest.mark.parametrize(("one", "two"), [(1, 1), (2, 3), (0.5, 2), (0, 4), (-1, 1)])
def test_whole_numbers_are_floats(one: float, two: float, tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(NET.format(one, two), encoding="utf-8")
    state = netlang.load(str(path)).torch().state_dict()
    for key, value in (("u.s", one), ("v.s", two)):
        wanted = torch.full((3,), float(value))
        torch.testing.assert_close(state[key], wanted, rtol=0, atol=0)
