"""Comments that silence a warning stay with what they are about, in any layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.examine import examine, examine_module
from netlang.modules.library import Library
from netlang.source import Source
from netlang.syntax.format import format_source
from tests.lint.planted import RIGHT, image
from tests.support import check_source
from tests.syntax.scramble import scrambled

ALLOWED = [text for text in RIGHT if "allow" in text]


def codes(text: str) -> list[str]:
    return [each.code for each in check_source(Source("main.net", text))]


@pytest.mark.parametrize("text", ALLOWED)
def test_survives_the_formatter(text: str) -> None:
    assert codes(format_source(text, "main.net")) == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("text", ALLOWED)
def test_survives_any_layout(text: str, seed: int) -> None:
    assert codes(format_source(scrambled(text, seed), "main.net")) == []


LONG = " -> ".join(["relu"] * 20)


@pytest.mark.parametrize(
    "text",
    [
        image(f"conv(3, 6, 5) -> {LONG}  # allow W0202"),
        image(f"# allow W0202\n    {LONG} -> conv(3, 6, 5)"),
        image(f"add {{ conv(3, 6, 5) -> {LONG}; conv(3, 6, 5) -> {LONG} }}  # allow W0202"),
        image(f"for i in range(2) {{ {LONG} -> conv(3, i + 6, 5) }}  # allow W0202", "[3, 99, 99]"),
    ],
)
def test_survives_lines_that_break(text: str) -> None:
    assert codes(text) == []
    assert format_source(text, "main.net") != text
    assert codes(format_source(text, "main.net")) == []


def test_holds_for_its_own_statement_only() -> None:
    twice = image("conv(3, 6, 5)  # allow W0202\n    x: conv(3, 1x1) -> conv(3, 6, 5)")
    assert codes(twice) == ["W0202"]
    inside = image(
        "outer: {\n        conv(3, 1x1)  # allow W0202\n        conv(3, 6, 5)\n    }\n    relu"
    )
    assert codes(inside) == ["W0202", "W0106"]
    definition = "# allow W0202\n" + image("conv(3, 6, 5)")
    assert codes(definition) == ["W0202", "W0106"]


def test_in_an_imported_file_and_at_the_call(tmp_path: Path) -> None:
    (tmp_path / "lib.net").write_text("block b {\n    conv(3, 6, 5)  # allow W0202\n}\n")
    (tmp_path / "bare.net").write_text("block b { conv(3, 6, 5) }\n")
    for name, step in (("lib", "b"), ("bare", "b  # allow W0202")):
        text = image(step, head=f"from {name} import b\n")
        (tmp_path / "main.net").write_text(text)
        found = examine_module(Library().open(tmp_path / "main.net"))
        assert [each.code for each in found.warnings] == []
    (tmp_path / "main.net").write_text(image("b", head="from bare import b\n"))
    (warning,) = examine_module(Library().open(tmp_path / "main.net")).warnings
    assert warning.code == "W0202"
    assert warning.chain


TWICE = "block head { linear(32) }\n"
BRANCHES = (
    "conv(3, 1x1) -> x: relu\n    x -> {}\n    output a: relu\n    x -> {}\n    output b: relu"
)


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        (("head", "head"), ["W0201"]),
        (("head  # allow W0201", "head"), ["W0201"]),
        (("head", "head  # allow W0201"), ["W0201"]),
        (("head  # allow W0201", "head  # allow W0201"), []),
    ],
)
def test_each_call_has_its_own_comment(calls: tuple[str, str], found: list[str]) -> None:
    """A comment silences what is reached through its call, and does so though more is reached."""
    text = image(BRANCHES.format(*calls), head=TWICE)
    assert codes(text) == found
    for warning in check_source(Source("main.net", text)):
        ((link,), call) = warning.chain, text.splitlines()
        line = call[link.span.location.line - 1]
        assert "head" in line
        assert "allow" not in line


def test_calls_of_calls() -> None:
    """Through 20 blocks that each apply the one before twice there are a million ways."""
    body = "{{\n    input x\n    x -> y: b{0}\n    x -> z: b{0}\n    (y, z) -> add\n}}\n"
    blocks = [f"block b{i + 1} {body.format(i)}" for i in range(20)]
    head = "block b0 { linear(32) }\n" + "".join(blocks)
    assert codes(image("conv(3, 1x1) -> b20", head=head)) == ["W0201"]
    assert codes(image("conv(3, 1x1) -> b20  # allow W0201", head=head)) == []
    silent = head.replace("y: b9", "y: b9  # allow W0201")
    assert codes(image("conv(3, 1x1) -> b20", head=silent)) == ["W0201"]
    silent = silent.replace("z: b9", "z: b9  # allow W0201")
    assert codes(image("conv(3, 1x1) -> b20", head=silent)) == []


def test_unused_comments_are_told_of_whole_files_only(tmp_path: Path) -> None:
    path = tmp_path / "main.net"
    path.write_text(image("relu  # allow W0201") + image("relu").replace("net a", "net b"))
    assert [each.code for each in examine(str(path)).warnings] == ["W0106"]
    assert examine(f"{path}:b").warnings == ()


def test_words_and_strings_are_no_comments() -> None:
    for text in (
        image("relu  # allow larger images here"),
        image('assert true, "# allow W9999"; relu'),
        image("relu  # see # allow W9999"),
        '"""# allow W9999"""\n\n' + image("relu"),
    ):
        assert codes(text) == []
