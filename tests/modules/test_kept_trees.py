"""Syntax trees kept between loads: the same text gives the same tree, a new one another."""

from __future__ import annotations

from pathlib import Path

from netlang.elaborate import load_program
from netlang.modules.files import forget_parsed, parsed, read

NET = "net a {{\n    input x: [8]\n    linear({width})\n}}\n"


def _written(path: Path, width: int) -> None:
    path.write_text(NET.format(width=width), encoding="utf-8")


def test_a_file_that_changes_is_parsed_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    for width in (4, 5, 4):
        _written(path, width)
        (output,) = load_program(str(path)).net.output_types
        assert output.shape == (width,)


def test_an_import_that_changes_is_parsed_anew(tmp_path: Path) -> None:
    main, part = tmp_path / "main.net", tmp_path / "part.net"
    main.write_text(
        "from part import width\n\nnet a {\n    input x: [8]\n    linear(width)\n}\n",
        encoding="utf-8",
    )
    for width in (4, 5):
        part.write_text(f"width = {width}\n", encoding="utf-8")
        (output,) = load_program(str(main)).net.output_types
        assert output.shape == (width,)


def test_the_same_text_gives_the_same_tree(tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    _written(path, 4)
    tree = parsed(read(path))
    assert parsed(read(path)) is tree
    assert tree.span.source is read(path)
    assert parsed(read(path, "another name")) is not tree
    forget_parsed()
    assert parsed(read(path)) is not tree
