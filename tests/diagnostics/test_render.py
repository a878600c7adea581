"""The layout of a message: the example of the language page, chains, other files, odd text."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import ChainLink, Diagnostic, Edit, Fix, Note
from netlang.diagnostics.render.text import render_text
from netlang.source import Source, Span


class Example(Diagnostic):
    code: ClassVar[str] = "E0412"
    title: ClassVar[str] = "{text}"
    caption: ClassVar[str] = "{beside}"
    help: ClassVar[str] = "{advice}"

    text: str = "the branches of `add` differ in shape"
    beside: str = ""
    advice: str = ""


LINES = {
    23: "    add {",
    24: "        conv1: conv1x1(width) -> ... -> conv3: conv1x1(out) -> bn3: bn",
    27: "        identity",
    43: "    unit(64)",
}
RESNET = Source("resnet.net", "\n".join(LINES.get(number, "") for number in range(1, 50)))


def at(line: int, text: str, source: Source = RESNET) -> Span:
    start = source.text.index(text, source.line_start(line))
    return Span(source, start, start + len(text))


def frame(path: str | None = "layer1.0", line: int = 43) -> ChainLink:
    return ChainLink(Span(RESNET, RESNET.line_start(line), RESNET.line_start(line) + 4),
                 "bottleneck(64)", path, "net `resnet50`")  # fmt: skip


def test_the_example_of_the_language_page() -> None:
    diagnostic = Example(
        span=at(23, "add"),
        beside="branch 1 is [256, 56, 56], branch 2 is [64, 56, 56]",
        notes=(
            Note(at(27, "identity"), "64 channels come from here: the input of `bottleneck`"),
            Note(at(24, "conv1x1(out)"), "256 channels come from here"),
        ),
        chain=(frame(),),
        advice="project the shortcut: `downsample: { conv(out, 1x1, stride=stride) -> bn }`",
    )
    expected = """\
error[E0412]: the branches of `add` differ in shape
  --> resnet.net:23:5
   |
23 |     add {
   |     ^^^ branch 1 is [256, 56, 56], branch 2 is [64, 56, 56]
24 |         conv1: conv1x1(width) -> ... -> conv3: conv1x1(out) -> bn3: bn
   |                                                ------------ 256 channels come from here
27 |         identity
   |         -------- 64 channels come from here: the input of `bottleneck`
   = in `layer1.0`: bottleneck(64), from resnet.net:43 in net `resnet50`
   = help: project the shortcut: `downsample: { conv(out, 1x1, stride=stride) -> bn }`"""
    assert render_text(diagnostic) == expected


def test_without_a_span_there_is_only_header_and_help() -> None:
    assert render_text(Example(span=None, text="no file", advice="name one")) == (
        "error[E0412]: no file\n  = help: name one"
    )
    assert render_text(Example(span=None, text="no file")) == "error[E0412]: no file"


def test_a_span_of_another_file_has_a_section_of_its_own() -> None:
    other = Source("blocks/residual.net", "block basic(width) {\n}\n")
    note = Note(Span(other, 6, 11), "declared here")
    text = render_text(Example(span=at(27, "identity"), notes=(note,), beside="here"))
    assert text.splitlines()[1:] == [
        "  --> resnet.net:27:9",
        "   |",
        "27 |         identity",
        "   |         ^^^^^^^^ here",
        "  --> blocks/residual.net:1:7",
        "   |",
        " 1 | block basic(width) {",
        "   |       ----- declared here",
    ]


def test_imports_are_links_of_the_chain() -> None:
    text = render_text(Example(span=at(23, "add"), chain=(frame(None, 3),)))
    assert text.splitlines()[-1] == "   = imported from resnet.net:3"


def test_a_long_chain_is_cut_in_the_middle() -> None:
    chain = tuple(frame(f"l{i}") for i in range(20))
    lines = render_text(Example(span=at(23, "add"), chain=chain)).splitlines()
    links = [line for line in lines if line.startswith("   = ")]
    assert [line[5:12] for line in links] == [
        "in `l0`", "in `l1`", "in `l2`", "... and", "in `l17", "in `l18", "in `l19",
    ]  # fmt: skip
    assert "14 more" in links[3]


def test_the_fix_takes_the_place_of_the_advice() -> None:
    fix = Fix("did you mean `conv`?", (Edit(at(23, "add"), "conv"),))
    text = render_text(Example(span=at(23, "add"), advice="look it up", fix=fix))
    assert text.endswith("= help: did you mean `conv`?")


def test_nothing_that_a_terminal_acts_on_gets_through() -> None:
    source = Source("a\x1b]0;x\x07.net", 'k = "\x1b[31m\u202e\x00"\ty\n')
    text = render_text(Example(span=Span(source, 12, 13), text="\x1b[2J\r\n", beside="\x9b"))
    assert all(char.isprintable() for line in text.split("\n") for char in line)
    assert "\\x1b[31m\\u202e\\x00" in text


def marked(line: str, start: int, end: int) -> tuple[str, str]:
    """The line of source and the line of carets as printed, behind the gutter."""
    source = Source("x.net", line)
    lines = render_text(Example(span=Span(source, start, end))).splitlines()
    return lines[3][4:], lines[4][4:]


def test_a_caret_stands_under_its_text_behind_tabs_and_wide_characters() -> None:
    assert marked("\tab", 1, 3) == ("    ab", "    ^^")
    assert marked("a\tb", 2, 3) == ("a   b", "    ^")
    assert marked("\u5e45\u5e45 x", 3, 4) == ("\u5e45\u5e45 x", "     ^")
    assert marked("\u5e45x", 0, 1) == ("\u5e45x", "^^")
    assert marked("e\u0301x", 2, 3) == ("e\u0301x", " ^")


def test_a_long_line_is_clipped_around_the_caret() -> None:
    for start in (0, 5_000, 9_990):
        line, carets = marked("x" * start + "HERE" + "y" * (10_000 - start), start, start + 4)
        assert len(line) <= 106
        where = carets.index("^")
        assert line[where : where + 4] == "HERE"
        assert carets.strip() == "^^^^"


def test_a_span_over_several_lines_and_an_empty_one_are_marked() -> None:
    assert marked("ab {\n}", 3, 6) == ("ab {", "   ^")
    assert marked("ab", 2, 2) == ("ab", "  ^")


def test_color_adds_nothing_but_color() -> None:
    import re

    diagnostic = Example(span=at(23, "add"), beside="x", chain=(frame(),), advice="y")
    colored = render_text(diagnostic, color=True)
    assert "\x1b[" in colored
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == render_text(diagnostic)
