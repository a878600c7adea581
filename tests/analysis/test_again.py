"""Calls and repeats that are walked again: exact while that is little work, else not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.analysis.fields import again
from netlang.analysis.summary import summarize
from netlang.elaborate import load_program
from netlang.source import Source
from tests.support import check_source
from tests.work import counted

NET = "net a {\n input x: [8, H=64, W=64]\n "


def nested(depth: int, times: int = 9) -> str:
    return NET + f"repeat {times} {{\n" * depth + "conv(8, 3x3, pad=1)\n" + "}\n" * depth + "}\n"


def doubling(depth: int) -> str:
    first = "block b0 { conv(8, 3x3, pad=1) -> maxpool(2x2) -> upsample(2) }\n"
    blocks = "".join(f"block b{i + 1} {{ b{i} -> b{i} }}\n" for i in range(depth))
    return first + blocks + NET + f"b{depth}\n}}\n"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "MOST_AGAIN", 100)


def field_of(tmp_path: Path, text: str) -> str:
    file = tmp_path / "a.net"
    file.write_text(text, encoding="utf-8")
    return str(summarize(load_program(f"{file}:a")).receptive_field)


@pytest.mark.parametrize("depth", [1, 3, 4])
def test_nested_repeats_are_exact(depth: int, tmp_path: Path) -> None:
    assert field_of(tmp_path, nested(depth)) == str(1 + 2 * 9**depth)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("text", [nested(40), nested(10, 3), doubling(60)])
def test_what_is_too_much_work_is_not_known(text: str, tmp_path: Path) -> None:
    with counted(2_000_000):
        assert field_of(tmp_path, text) == "?"


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("claim", ["== 64", "== 4_375", "<= 100_000"])
@pytest.mark.parametrize("text", [nested(7, 3), doubling(9)])
def test_nothing_is_claimed_of_it(text: str, claim: str) -> None:
    source = Source("a.net", f"{text}assert a.receptive_field {claim}\n")
    assert [each.code for each in check_source(source)] == ["E0527"]


@pytest.mark.usefixtures("few")
def test_a_long_net_is_walked_once(tmp_path: Path) -> None:
    text = NET + "conv(8, 3x3, pad=1)\n" * 300 + "}\n"
    assert field_of(tmp_path, text) == "601"
