"""Diagrams of differences: what is drawn how, and that it is one drawing that Graphviz takes."""

from __future__ import annotations

from pathlib import Path

import netlang
from netlang.backends.graphviz.differences import difference_dot
from netlang.backends.graphviz.palette import ADDED, CHANGED, REMOVED
from netlang.diff import compare
from netlang.targets.drawing import draw_difference

BEFORE = """\
net n {
    input image: [3, 32, 32]
    stem: { conv(16, 3x3, pad=1) -> norm: bn -> relu }
    head: { conv(16, 3x3, pad=1) -> relu }
    (stem, head) -> add -> gap -> flatten -> fc: linear(10)
}
"""
AFTER = """\
net n {
    input image: [3, 32, 32]
    stem: { conv(16, 5x5, pad=2) -> gelu }
    body: { conv(16, 3x3, pad=1) -> bn -> relu }
    head: { conv(16, 3x3, pad=1) -> relu }
    (stem, head) -> add -> gap -> flatten -> fc: linear(10)
}
"""


def drawn(before: str, after: str) -> str:
    return difference_dot(compare(*(netlang.loads(text).program for text in (before, after))))


def test_every_kind_of_difference_has_its_colour_and_sign() -> None:
    text = drawn(BEFORE, AFTER)
    for colour, told in (
        (ADDED, "+ conv"),
        (REMOVED, "\N{MINUS SIGN} batch_norm"),
        (CHANGED, "\N{PLUS-MINUS SIGN} relu → gelu"),
        (CHANGED, "kernel 3x3 -&gt; 5x5"),
    ):
        assert colour in text
        assert told in text
    assert text.count("as before") == 1


def test_what_is_the_same_many_times_is_drawn_once() -> None:
    """The blocks of all stages are two frames, and what nothing happens to is closed."""
    found = compare(*(netlang.load(name).program for name in ("se_resnet50", "resnet50")))
    text = difference_dot(found)
    assert text.count("squeeze_excite") == 2
    assert "12 in all" in text
    assert text.count("subgraph") == 5


def test_it_is_written_as_a_picture(tmp_path: Path) -> None:
    found = compare(*(netlang.loads(text).program for text in (BEFORE, AFTER)))
    path = draw_difference(found, tmp_path / "n.svg").path
    assert "<svg" in path.read_text(encoding="utf-8")
