"""Numbers that are made of so many others that nobody could read where they came from."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import netlang

DOUBLED = "\n".join(f"    m{i + 1} = m{i} + m{i}" for i in range(9))
SPEC = f"""\
block twice(m0) {{
{DOUBLED}
    conv(m9 % 7 + 1, 1x1)
}}

net sums {{
    input x: [3, 4, 4]
    twice(1) -> twice(3)
}}
"""


@pytest.fixture
def net(tmp_path: Path) -> netlang.Net:
    path = tmp_path / "sums.net"
    path.write_text(SPEC, encoding="utf-8")
    return netlang.load(path)


def test_a_number_of_hundreds_of_operators_is_what_it_comes_to(net: netlang.Net) -> None:
    """512 % 7 + 1 is 2 and 1536 % 7 + 1 is 4: 3 * 2 + 2 weights, then 2 * 4 + 4."""
    assert net.params == (3 * 2 + 2) + (2 * 4 + 4)
    assert net.torch()(torch.zeros(1, 3, 4, 4)).shape == (1, 4, 4, 4)


def test_each_argument_that_it_is_made_of_has_a_class_of_its_own(net: netlang.Net) -> None:
    shapes = [tuple(weight.shape) for weight in net.torch().parameters() if weight.dim() == 4]
    assert shapes == [(2, 3, 1, 1), (4, 2, 1, 1)]
    assert "m0 + m0" not in net.source()


def test_a_list_of_lists_ends_where_nobody_could_walk_through_it(tmp_path: Path) -> None:
    lines = "".join(f"l{i + 1} = [l{i}, l{i}]\n" for i in range(60))
    path = tmp_path / "lists.net"
    path.write_text(
        f"l0 = [1]\n{lines}net a {{\n    input x: [3, 4, 4]\n    conv(len(l60), 1x1)\n}}\n",
        encoding="utf-8",
    )
    with pytest.raises(netlang.NetlangError, match="E0316"):
        netlang.load(path)
