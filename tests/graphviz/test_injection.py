"""Names, labels and texts of a spec are shown as text, whatever they say."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygraphviz import AGraph

from netlang.backends.graphviz import draw, to_dot, to_svg
from netlang.backends.graphviz.markup import clean, html, quoted
from netlang.elaborate import load_program
from netlang.ir.program import Function, Node, Program
from netlang.records import replace

HOSTILE = [
    "<script>alert(1)</script>",
    '</text><a href="javascript:alert(1)">x</a>',
    "a</TD></TR></TABLE>>, URL=evil",
    '"]; evil [URL="javascript:alert(1)',
    "&lt;&#0;&amp;&unknown;",
    "]]><![CDATA[<x/>",
    "\\N \\G \\L \\E \\",
    "\u202egnp\u202c\u200b\ufeff\ud800\uffff",
    "<IMG SRC=/etc/passwd/>",
    "{ [dpi=9999] }",
    "long " * 100,
    "a\nb\r\tc\0d\x1b[31m",
    "*/ } digraph evil { /*",
    "",
]
SVG = "{http://www.w3.org/2000/svg}"
PLAIN = {"svg", "g", "polygon", "text", "title", "path", "ellipse", "polyline"}


def renamed(program: Program, text: str) -> Program:
    """The program with `text` for every name in it."""
    return replace(program, name=text, net=_renamed(program.net, text, {}))


def _renamed(function: Function, text: str, done: dict[Function, Function]) -> Function:
    if function not in done:
        items = []
        for index, item in enumerate(function.nodes):
            callee = item.callee
            if isinstance(callee, Function):
                callee = _renamed(callee, text, done)
            items.append(_node(item, replace(item, callee=callee).callee, f"{text} {index}"))
        done[function] = replace(
            function,
            name=text,
            arguments={text: text},
            inputs=tuple(replace(port, name=text) for port in function.inputs),
            items=tuple(items),
            outputs=tuple(replace(output, name=text) for output in function.outputs),
        )
    return done[function]


def _node(item: Node, callee: object, label: str) -> Node:
    assert isinstance(callee, type(item.callee))
    return replace(item, callee=callee, path=label, module=f"{label} owner")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["resnet18", "vae", "googlenet"])
def test_a_picture_holds_nothing_but_shapes_and_text(name: str, text: str) -> None:
    plain, hostile = load_program(name), renamed(load_program(name), text)
    svg = to_svg(hostile)
    root = ElementTree.fromstring(svg)
    assert {item.tag.removeprefix(SVG) for item in root.iter()} <= PLAIN
    for item in root.iter():
        for attribute, value in item.attrib.items():
            assert "href" not in attribute
            assert not attribute.startswith("on")
            assert "javascript" not in value
    assert len(svg) < 10 * len(to_svg(plain))


@pytest.mark.parametrize("text", HOSTILE)
def test_every_name_can_be_a_png(text: str, tmp_path: Path) -> None:
    path = tmp_path / "net.png"
    draw(renamed(load_program("mlp"), text), path)
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    assert max(width, height) < 3000


@pytest.mark.parametrize("text", HOSTILE[:-1])  # calls of a block without a name aren't alike
@pytest.mark.parametrize("depth", [0, None])
def test_no_name_changes_the_structure(text: str, depth: int | None) -> None:
    plain = AGraph(string=to_dot(renamed(load_program("googlenet"), "x"), depth=depth))
    hostile = AGraph(string=to_dot(renamed(load_program("googlenet"), text), depth=depth))
    assert plain.number_of_nodes() == hostile.number_of_nodes()
    assert plain.number_of_edges() == hostile.number_of_edges()
    assert not any(node.attr["URL"] for node in hostile.nodes())


@settings(max_examples=200)
@given(st.text())
def test_text_comes_back_from_graphviz_as_it_went_in(text: str) -> None:
    label = html(text)
    assert "<" not in label
    assert ">" not in label
    graph = AGraph(string=f"digraph {quoted(text)} {{ {quoted('n' + text)} [label=<{label}>]; }}")
    assert [str(node) for node in graph.nodes()] == [quoted("n" + text)[1:-1]]


@given(st.text())
def test_text_is_one_line_of_printable_characters(text: str) -> None:
    line = clean(text)
    assert len(line) <= 64
    assert line == clean(line)
    assert all(char.isprintable() for char in line)
