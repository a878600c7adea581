"""The types of numbers that a class takes: floats where an operator takes them."""

from __future__ import annotations

from pathlib import Path

import pytest

import netlang

BLOCKS = """
block drop(width, p=0, by=1) { conv(width, 1x1) -> dropout(p) -> scale(by) }

block tower(width, p) {
    drop(width, p, by=p + 1)
    leaky_relu(p + 1)
}

block dividing(width, times=2) { conv(times * width, 1x1) -> scale(1 / times) }
"""
MIXED = f"""{BLOCKS}
net a {{
    input image: [4, H=6, W=6]
    tower(3, 0)
    tower(4, 0.5)
    dividing(3)
    dividing(4, times=3)
    for i in range(3) {{ drop(i + 1, i / 4, 2 ** -i) }}
}}
"""


def signature(text: str, name: str) -> str:
    """The arguments of a class, with their types and defaults."""
    given = text.partition(f"class {name}(")[2].partition("def __init__(")[2]
    return " ".join(given.partition(") -> None")[0].split()).rstrip(",")


@pytest.mark.parametrize(
    ("call", "name", "arguments"),
    [
        ("drop(2)", "Drop", "self, in_channels: int, width: int, p: float = 0, by: float = 1"),
        ("tower(2, 0)", "Tower", "self, in_channels: int, width: int, p: float"),
        ("dividing(2)", "Dividing", "self, in_channels: int, width: int, times: int = 2"),
    ],
)
def test_a_block_takes_floats_where_its_operators_do(
    tmp_path: Path, call: str, name: str, arguments: str
) -> None:
    path = tmp_path / "a.net"
    path.write_text(BLOCKS, encoding="utf-8")
    text = netlang.load_block(f"{path}:{call}", "[4, H=6, W=6]").source()
    assert signature(text, name) == arguments


def test_a_number_that_is_not_whole_in_one_call_is_a_float() -> None:
    text = netlang.loads(MIXED).source()
    assert signature(text, "Drop") == "self, in_channels: int, width: int, p: float, by: float"
    assert signature(text, "Dividing") == "self, in_channels: int, width: int, times: int"
