"""Pictures are whole, valid, of a sensible shape, and safe whatever the labels say."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from netlang.backends.graphviz import draw, to_svg
from netlang.backends.graphviz.markup import TIMES
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program

DRAWN = ["resnet50", "resnet152", "googlenet", "mobilenet_v2", "unet", "se_resnet50", "cnn", "vae"]
SVG = "{http://www.w3.org/2000/svg}"


def size(svg: str) -> tuple[float, float]:
    root = ElementTree.fromstring(svg)
    return float(root.attrib["width"][:-2]), float(root.attrib["height"][:-2])


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_fits_a_page(name: str) -> None:
    width, height = size(to_svg(load_program(name)))
    assert 1 / 3 <= width / height <= 3
    assert max(width, height) <= 1400


@pytest.mark.parametrize("kind", ["svg", "png", "pdf", "dot"])
def test_every_kind_is_written_the_same_twice(kind: str, tmp_path: Path) -> None:
    program = load_program("mlp")
    one, two = tmp_path / f"one.{kind}", tmp_path / f"two.{kind}"
    draw(program, one)
    draw(program, two)
    assert one.read_bytes() == two.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [one.name, two.name]


def test_png_and_pdf_are_what_they_say(tmp_path: Path) -> None:
    program = load_program("resnet18")
    draw(program, tmp_path / "net.png")
    content = (tmp_path / "net.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n")
    width, height = struct.unpack(">II", content[16:24])
    assert 1000 <= width <= 3000
    assert 1000 <= height <= 3000
    draw(program, tmp_path / "net.PDF")
    content = (tmp_path / "net.PDF").read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")


def test_svg_has_the_words_of_the_net() -> None:
    root = ElementTree.fromstring(to_svg(load_program("resnet50")))
    found = {"".join(item.itertext()).replace(TIMES, "x") for item in root.iter(f"{SVG}text")}
    assert {"resnet50", "layer4", "bottleneck (b) 256", "x 5", "conv 7x7, 64, /2"} <= found


def test_a_deep_net_gives_graphviz_no_more_to_lay_out() -> None:
    shallow, deep = (to_svg(load_program(name)) for name in ("resnet50", "resnet152"))
    assert len(deep) < 1.01 * len(shallow)


def test_unknown_kind_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NetlangError) as caught:
        draw(load_program("mlp"), tmp_path / "net.gif")
    assert caught.value.diagnostics[0].code == "E0011"


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NetlangError) as caught:
        draw(load_program("mlp"), tmp_path / "none" / "net.dot")
    assert caught.value.diagnostics[0].code == "E0014"


def test_without_graphviz_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("netlang.backends.graphviz.render.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(NetlangError) as caught:
        draw(load_program("mlp"), tmp_path / "net.svg")
    assert caught.value.diagnostics[0].code == "E0941"
    assert "netlang[draw]" in caught.value.diagnostics[0].help_text
    draw(load_program("mlp"), tmp_path / "net.dot")
    assert [path.name for path in tmp_path.iterdir()] == ["net.dot"]


def test_a_dot_of_the_system_is_used_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "dot"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.stdout.write(' '.join(sys.argv[1:]))\n"
    )
    program.chmod(0o755)
    (tmp_path / "pygraphviz.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(
        "netlang.backends.graphviz.render.find_spec", lambda name: name == "graphviz" or None
    )
    assert to_svg(load_program("mlp")).split() == ["-Kdot", "-Tsvg"]


def test_a_graphviz_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    crash = [sys.executable, "-c", "import os; os.abort()"]
    monkeypatch.setattr("netlang.backends.graphviz.render._command", lambda picture: crash)
    with pytest.raises(NetlangError) as caught:
        to_svg(load_program("mlp"))
    assert caught.value.diagnostics[0].code == "E0942"
