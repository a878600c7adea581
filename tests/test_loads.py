"""`netlang.loads`: nets from texts that no file has."""

from __future__ import annotations

from pathlib import Path

import pytest

import netlang
from netlang.syntax.limits import MAX_CHARACTERS

NET = """\
net tiny(classes=10) {
    input x: [4]
    linear(classes)
}
"""
WIDE = "net wide {\n    input x: [4]\n    linear(8)\n}\n"
RECIPE = """\
train lessons {
    model: wide()
    data: mnist1d
    loss: cross_entropy
    optimizer: sgd(lr=0.1)
    batch: 8
    epochs: 1
}
"""


def test_a_text_is_a_net_with_arguments() -> None:
    net = netlang.loads(NET, classes=3)
    assert (net.name, net.params) == ("tiny", 4 * 3 + 3)
    assert netlang.loads(NET.replace("\n", "\r\n")).params == 4 * 10 + 10


def test_one_of_several_nets_is_named() -> None:
    assert netlang.loads(NET + WIDE, "wide").params == 4 * 8 + 8
    with pytest.raises(netlang.NetlangError, match="several nets: `tiny`, `wide`"):
        netlang.loads(NET + WIDE)
    with pytest.raises(netlang.NetlangError, match="E0007"):
        netlang.loads(NET + WIDE, "absent")


def test_a_recipe_stands_for_its_net() -> None:
    text = WIDE.replace("[4]", "[40]").replace("8", "10") + RECIPE.replace("batch: 10", "batch: 8")
    assert netlang.loads(text, "lessons").params == netlang.loads(text).params == 410


def test_imports_are_of_the_bundled_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "from {} import basic\n\nnet a {{\n    input x: [4, 8, 8]\n    basic(4)\n}}\n"
    assert netlang.loads(text.format("resnet")).params == 2 * (4 * 4 * 9 + 8)
    monkeypatch.chdir(tmp_path)
    Path("beside.net").write_text("from resnet import basic\n", encoding="utf-8")
    with pytest.raises(netlang.NetlangError, match=r"E0212(.|\n)*<string>:1:6(.|\n)*beside a text"):
        netlang.loads(text.format("beside"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "E0009"),
        ("net a {", "E0102"),
        ("a\0", "E0004"),
        ("\ud800", "E0004"),
        (" " * (MAX_CHARACTERS + 1), "E0018"),
    ],
)
def test_what_is_no_spec_is_refused(text: str, code: str) -> None:
    with pytest.raises(netlang.NetlangError, match=code):
        netlang.loads(text)
