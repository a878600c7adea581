"""Labels of a part of a path: what is refused, and that a fix leaves the net as it was written."""

from __future__ import annotations

import pytest

from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.edits import apply_edits
from netlang.elaborate.program import elaborate
from netlang.ir.program import Ref
from netlang.modules.library import Library
from netlang.modules.nets import net_layer
from netlang.source import Source, Span
from tests.support import check_source


def found(body: str) -> list[Diagnostic]:
    return check_source(Source("main.net", text_of(body)))


def text_of(body: str) -> str:
    return f"net main {{\n    input x: [8]\n    {body}\n}}\n"


def codes(body: str) -> list[str]:
    return [each.code for each in found(body)]


@pytest.mark.parametrize("label", ["5", "05", '"\N{ARABIC-INDIC DIGIT FIVE}"', '"²"'])
def test_only_a_number_as_steps_have_it_is_one(label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`f.05` was taken for step 5 of the repeat; the verifier took other digits for its number."""
    monkeypatch.setenv("NETLANG_VERIFY", "1")
    folded = "f: { repeat 10 { linear(8) } }"
    refused = ["E0501"] if label == "5" else []
    for text in (f"f.{label}: linear(8)\n    {folded}", f"{folded}\n    f.{label}: linear(8)"):
        assert codes(text) == refused
        written = codes(text.replace("repeat 10 {", "for i in range(10) {"))
        assert [code for code in written if code[0] == "E"] == refused


# A text, and the text after the fix of its first error.
FIXED = {
    "add { a: linear(8) -> relu; identity }\n    reuse a": (
        "add { { a: linear(8); relu }; identity }\n    reuse a"
    ),
    "add {\n        a: linear(8) -> relu\n        identity\n    }\n    reuse a": (
        "add {\n        { a: linear(8); relu }\n        identity\n    }\n    reuse a"
    ),
    "add { if true { a: linear(8) -> relu }; identity }\n    reuse a": (
        "add { if true { { a: linear(8); relu } }; identity }\n    reuse a"
    ),
    "add { for i in range(2) { a{i}: linear(8) -> relu } }\n    reuse a{1}": (
        "add { for i in range(2) { { a{i}: linear(8); relu } } }\n    reuse a{1}"
    ),
    "add { x -> a: linear(8) -> relu -> b: tanh; identity }\n    (a, b) -> mul": (
        "add { { x -> a: linear(8); relu -> b: tanh }; identity }\n    (a, b) -> mul"
    ),
    "add { a: linear(8) -> relu; identity }\n    (a, x) -> mul": (
        "add { a: { linear(8) -> relu }; identity }\n    (a, x) -> mul"
    ),
    "add { s: x -> t: linear(8); identity }\n    (s, t) -> mul": (
        "add { { s: x; x -> t: linear(8) }; identity }\n    (s, t) -> mul"
    ),
    "add { s: x -> linear(8); identity }\n    (s, x) -> mul": (
        "add { x -> s: linear(8); identity }\n    (s, x) -> mul"
    ),
    "add { { a: linear(8) -> relu }; identity }\n    reuse a": (
        "add { { a: linear(8); relu }; identity }\n    reuse a"
    ),
    "a: linear(8) -> relu\n    reuse a": "a: linear(8)\n    relu\n    reuse a",
    "a: linear(8) -> relu\n    (a, x) -> add\n    reuse a": (
        "a: linear(8)\n    relu\n    (a, x) -> add\n    reuse a"
    ),
    "s: x -> t: linear(8)\n    (s, t) -> add": "s: x\n    x -> t: linear(8)\n    (s, t) -> add",
    "output y: a: linear(8) -> relu\n    (a, x) -> add": (
        "output y: a: { linear(8) -> relu }\n    (a, x) -> add"
    ),
    "output y: s: x -> linear(8)\n    (s, x) -> add": (
        "output y: x -> s: linear(8)\n    (s, x) -> add"
    ),
    "trunk: linear(8) -> relu\n    output trunk": "trunk: { linear(8) -> relu }\n    output trunk",
}


@pytest.mark.parametrize(("wrong", "right"), FIXED.items())
def test_fixes(wrong: str, right: str) -> None:
    error = found(wrong)[0]
    assert error.code in ("E0532", "E0533")
    assert error.fix is not None
    assert apply_edits(text_of(wrong), error.fix.edits) == text_of(right)
    assert {each.code for each in found(right)} <= {"E0503"}  # these short nets leave values unread


# Texts of which a fix breaks a path or puts braces into it, and the same nets without the label.
PLAIN = {
    "add { a: linear(8) -> relu; identity }\n    reuse a": (
        "add { linear(8) -> relu; identity }\n    linear(8)"
    ),
    "add { if true { a: linear(8) -> relu }; identity }\n    reuse a": (
        "add { linear(8) -> relu; identity }\n    linear(8)"
    ),
    "add { x -> a: linear(8) -> relu -> b: tanh; identity }\n    reuse a": (
        "add { linear(8) -> relu -> tanh; identity }\n    linear(8)"
    ),
    "add { s: x -> t: linear(8); identity }": "add { linear(8); identity }",
    "repeat 1 { a: linear(8) -> relu; tanh }\n    reuse a": (
        "linear(8) -> relu -> tanh\n    linear(8)"
    ),
    "output y: a: linear(8) -> relu\n    output z: (a, x) -> add": (
        "linear(8) -> y: relu\n    output y\n    output z: (y, x) -> add"
    ),
    "output y: s: x -> linear(8)\n    output z: tanh": "output y: linear(8)\n    output z: tanh",
}


@pytest.mark.parametrize(("wrong", "plain"), PLAIN.items())
def test_a_fix_keeps_branches_and_outputs(wrong: str, plain: str) -> None:
    text = text_of(wrong)
    for error in found(wrong):
        assert error.fix is not None
        assert error.fix.edits
        text = apply_edits(text, error.fix.edits)
    assert steps_of(text) == steps_of(text_of(plain))


def steps_of(text: str) -> tuple[list[tuple[str, tuple[Ref, ...]]], list[Ref]]:
    """The operators of a net with the values that each reads, and its outputs."""
    source = Source("main.net", text)
    span = Span(source, 0, 0)
    net = elaborate(net_layer(Library().module(source, None), "main", span), "main", span).net
    return [(type(node.callee).__name__, node.inputs) for node in net.nodes], [
        output.ref for output in net.outputs
    ]


@pytest.mark.parametrize(
    "body",
    [
        "output y: a: linear(8) -> relu\n    reuse a",
        "output y: a: linear(8) -> relu -> b: tanh\n    (a, x) -> add",
        "output y: s: x -> t: linear(8)\n    (t, x) -> add",
    ],
)
def test_an_output_is_not_edited(body: str) -> None:
    """It has one path: what would be broken off would be another output, or the current value."""
    error = found(body)[0]
    assert error.code in ("E0532", "E0533")
    assert error.fix is not None
    assert error.fix.edits == ()


def test_types_that_do_not_tell_the_values_apart() -> None:
    assert codes("a: linear(8) -> relu\n    linear(a.features)") == []
    assert codes("a: linear(8) -> linear(4) -> relu\n    linear(a.shape[-1])") == ["E0532"]
    assert codes("a: linear(8) -> linear(4) -> linear(8)\n    linear(a.shape[-1])") == []


def test_one_error_for_a_label() -> None:
    body = "a: linear(8) -> relu\n    (a, x) -> add\n    (a, x) -> mul\n    reuse a"
    assert codes(body) == ["E0532"]
    body = "a: linear(8) -> relu\n    b: linear(8) -> relu\n    (a, b) -> add\n    (a, b) -> mul"
    assert codes(body) == ["E0532", "E0532"]


def test_an_output_named_like_the_label_of_a_part() -> None:
    """`output a: a` would be refused, so it isn't advised."""
    body = "a: linear(8) -> relu\n    tanh\n    output a\n    output z: linear(4)"
    (error,) = found(body)
    assert error.code == "E0532"
    assert error.fix is not None
    after = apply_edits(text_of(body), error.fix.edits)
    (error,) = check_source(Source("main.net", after))
    assert error.code == "E0526"
    assert error.fix is not None
    assert check_source(Source("main.net", apply_edits(after, error.fix.edits))) == []
