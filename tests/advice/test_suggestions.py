"""What an error suggests leads to the spec that was meant: the fix is applied, both are compared.

The two are the same net where they have the same steps, shapes and figures.
"""

from __future__ import annotations

import pytest

from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.edits import apply_edits, fits
from netlang.elaborate.check import check_definitions
from netlang.ir.program import Program
from netlang.modules.library import Library
from netlang.source import Source
from tests.support import check_source

HEAD = "net a {\n    input image: [3, 32, 32]\n"
C = "conv(8, 3x3, pad=1)"


def net(*lines: str) -> str:
    return HEAD + "".join(f"    {line}\n" for line in lines) + "}\n"


# What was written, and what was meant by it.
MEANT = {
    "parentheses": (
        net(C).replace("[3, 32, 32]", "(3, 32, 32)"),
        net(C),
    ),
    "square merge": (
        net("add [", "    conv(3, 1x1)", "    identity", "]"),
        net("add {", "    conv(3, 1x1)", "    identity", "}"),
    ),
    "square merge, one line": (
        net("concat[conv(3, 1x1), identity]"),
        net("concat { conv(3, 1x1); identity }"),
    ),
    "fat arrow": (net("image => relu", C), net("image -> relu", C)),
    "fat arrow behind a step": (net(f"{C} => relu"), net(f"{C} -> relu")),
    "greater": (net(f"{C} > relu"), net(f"{C} -> relu")),
    "pipe": (net(f"{C} | relu"), net(f"{C} -> relu")),
    "a block of the library": (
        net("transpose([1, 2, 0]) -> window_attention(heads=1, window=4, shift=2)"),
        "from swin import window_attention\n\n"
        + net("transpose([1, 2, 0]) -> window_attention(heads=1, window=4, shift=2)"),
    ),
    "label of a block": (
        f"block stem {{ first: {C}; relu }}\n" + net("s: stem", f"t: {C}", "(s.first, t) -> add"),
        net(f"s: {{ first: {C}; relu }}", f"t: {C}", "(s.first, t) -> add"),
    ),
    "channels of the value before": (
        net("conv(16, 3x3)", "conv(in.channels // 4, 1x1)"),
        net("v: conv(16, 3x3)", "conv(v.channels // 4, 1x1)"),
    ),
    "channels within a path": (
        net("conv(16, 3x3) -> relu -> conv(in.channels // 4, 1x1)"),
        net("conv(16, 3x3) -> v: relu -> conv(v.channels // 4, 1x1)"),
    ),
    "channels of the input": (
        net("conv(in.channels * 4, 1x1)"),
        net("conv(image.channels * 4, 1x1)"),
    ),
    "a layer for a value": (
        net(f"x = {C}", "y: relu", "(x, y) -> concat"),
        net(f"x: {C}", "y: relu", "(x, y) -> concat"),
    ),
    "padding": (
        net("concat { conv(4, 1x1); conv(4, 5x5, pad=1) }"),
        net("concat { conv(4, 1x1); conv(4, 5x5, pad=2) }"),
    ),
    "padding, any size": (
        net("concat { avgpool(2); conv(4, 3x3, stride=2, pad=1) -> conv(4, 3x3) }")
        .replace("32, 32", "H=32, W=32"),
        net("concat { avgpool(2); conv(4, 3x3, stride=2, pad=1) -> conv(4, 3x3, pad=1) }")
        .replace("32, 32", "H=32, W=32"),
    ),
    "projection by a parameter": (
        "block unit(width) { add { conv(width * 2, 3x3, pad=1) -> bn; identity } }\n"
        + net("unit(8)", "unit(4)"),
        "block unit(width) { add { conv(width * 2, 3x3, pad=1) -> bn; conv(width * 2, 1x1) } }\n"
        + net("unit(8)", "unit(4)"),
    ),
    "layers of PyTorch": (net("Conv2d(3, 8, 3) -> BatchNorm2d(8)"), net("conv(8, 3) -> bn")),
    "closed too early": (net(f"{C} }}", "relu"), net(C, "relu")),
    "Python's colon": (
        "net a:\n    input image: [3, 32, 32]\n    repeat 2:\n        relu\n    bn\n",
        net("repeat 2 { relu }", "bn"),
    ),
    "capital x": (net("conv(8, 3X3)"), net("conv(8, 3x3)")),
}  # fmt: skip


def mended(text: str) -> str:
    """The text after its fixes, the first that there is, one after the other."""
    source = Source("a.net", text)
    for _ in range(5):
        found: list[Diagnostic] = check_source(source)
        fix = next((each.fix for each in found if fits(each.fix, source)), None)
        if fix is None:
            return source.text
        source = Source(source.name, apply_edits(source.text, fix.edits))
    return source.text


def built(text: str) -> Program:
    checked = check_definitions(Library().module(Source("a.net", text), None))
    assert not checked.diagnostics, text
    return checked.programs["a"]


def shape(program: Program) -> list[object]:
    """What a net is, without its names and places."""

    def steps(function: object) -> list[object]:
        found: list[object] = []
        for item in getattr(function, "items", ()):
            inside = getattr(item, "callee", item)
            found.append(steps(inside) if hasattr(inside, "items") else repr(inside))
        return found

    return [str(program.net.output_types), steps(program.net)]


@pytest.mark.parametrize("name", MEANT)
def test_what_is_suggested_is_what_was_meant(name: str) -> None:
    written, meant = MEANT[name]
    assert check_source(Source("a.net", written))
    assert shape(built(mended(written))) == shape(built(meant))


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("from ../blocks import unit\n", "from its own folder"),
        (net("(3, image) -> add"), "the number `3` can't stand here"),
        (net("c = nn.Conv2d(3, 8, 3)", "c"), "no module in front of them"),
    ],
)
def test_what_has_no_fix_is_explained(written: str, advice: str) -> None:
    (found,) = check_source(Source("a.net", written))
    assert advice in f"{found.message} {found.help_text}"


# Paths that end in a name, and whether it can label the step before.
ENDS = {
    "relu -> z: here": True,
    "{ relu } -> z: here": True,
    "relu -> z.a": True,
    "relu -> z{0}": True,
    "output p: relu -> z.a": True,
    "add { relu -> z: here; identity }": True,
    "for i in [1, 2] { relu -> z{i}: here }": True,
    "for i in [1, 2] { for j in [1, 2] { relu -> z{i}{j} } }": True,
    "for i, (j, k) in [(1, (2, 3)), (4, (5, 6))] { relu -> z{k} }": True,
    "for i in [1, 2] { s{i}: { relu -> z: here } }": True,
    "relu -> y: here": False,
    "relu -> image: here": False,
    "relu -> y.out": False,
    "relu -> y.0": False,
    "relu -> y.z: here": False,
    "z.a: tanh; relu -> z: here": False,
    "relu -> z: here; z.a: tanh": False,
    "relu -> z.a; z: tanh": False,
    "relu -> z.a; z.a.b: tanh": False,
    "z: { tanh }; relu -> z: here": False,
    "z: { tanh }; { relu } -> z: here": False,
    "z0: tanh; relu -> z{0}: here": False,
    "relu -> z{unknown}": False,
    "repeat 2 { relu -> z: here }": False,
    "for i in [1, 2] { repeat 2 { relu -> z{i} } }": False,
    "for i in [1, 2] { relu -> z: here }": False,
    "for i in [1, 2] { for j in [1, 2] { relu -> z{i} } }": False,
    "s: { for i in [1, 2] { relu -> z: here } }": False,
}


@pytest.mark.parametrize("path", ENDS)
def test_a_label_is_moved_just_where_it_can_stand(path: str) -> None:
    """The fix that puts it in front of the step leaves nothing to mend, or there is none."""
    source = Source("a.net", net("y: conv(3, 1x1)", path))
    (error, *_) = (each for each in check_source(source) if each.code == "E0521")
    assert (error.fix is not None and bool(error.fix.edits)) == ENDS[path], error.fix
    if ENDS[path]:
        built(mended(source.text))
    else:
        assert "in front of its step" not in str(error.help_text)


# Texts with a comment of another language, and whether a statement may end or go on behind it.
COMMENTED = {
    net("relu  // c"): True,
    net("// c", "relu"): True,
    net("relu; // c"): True,
    net("relu -> // c", "tanh"): True,
    net("add { // c", "relu; identity }"): True,
    net("relu") + "// c\n": True,
    "from blocks.residual import basic // c\n" + net("basic(8)"): True,
    "from blocks // c\n" + net("relu"): False,
    "from blocks.residual // import basic\n" + net("relu"): False,
    "from blocks/*c*/residual import basic\n" + net("relu"): False,
    net("k = // c", "relu"): False,
    net("y: // c", "relu"): False,
    net("if // c", "true { relu }"): False,
    net("repeat /* c", "2 { relu }"): False,
}


@pytest.mark.parametrize("text", COMMENTED)
def test_a_comment_that_cuts_a_statement_off_has_no_fix(text: str) -> None:
    """Where `#` would leave the rest of the statement out, it isn't put there."""
    error, *_ = check_source(Source("a.net", text))
    assert error.code == "E0119"
    assert (error.fix is not None) == COMMENTED[text], error.fix
    if error.fix is not None:
        built(apply_edits(text, error.fix.edits))
