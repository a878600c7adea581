"""What a warning proposes means what was meant: the text after the fix is the text that was."""

from __future__ import annotations

import pytest

from netlang.diagnostics.edits import apply_edits
from netlang.source import Source
from netlang.syntax.format import format_source
from tests.lint.planted import PLANTED, all_planted, image, recipe, siamese
from tests.support import check_source

HEAD = "from blocks.residual import basic, bottleneck\n"
CASES: list[tuple[str, str]] = [
    (image("conv(8, 3) -> linear(10)"), image("conv(8, 3) -> flatten -> linear(10)")),
    (image("conv(8, 3); fc: linear(10)"), image("conv(8, 3); flatten -> fc: linear(10)")),
    (
        image("conv(8, 3); output logits: linear(10)"),
        image("conv(8, 3); output logits: flatten -> linear(10)"),
    ),
    (
        image("maxpool(2x2) -> linear(10)", "[3, 32, 32]", "width = 3\nassert width == 3\n"),
        image("maxpool(2x2) -> flatten -> linear(10)", head="width = 3\nassert width == 3\n"),
    ),
    (image("conv(3, 6, 5)"), image("conv(6, 5)")),
    (
        image("conv(3, 64, 7, stride=2)".replace("stride=2", "3"), "[3, 224, 224]"),
        image("conv(64, 7, 3)", "[3, 224, 224]"),
    ),
    (image("conv(9, 1) -> softmax(1)"), image("conv(9, 1) -> softmax(0)")),
    (image("conv(9, 1) -> softmax(axis=1)"), image("conv(9, 1) -> softmax(axis=0)")),
    (image("conv(8, 3)", "[224, W=224, 3]"), image("conv(8, 3)", "[3, 224, W=224]")),
    (image("for i in range(3) { relu }"), image("repeat 3 { relu }")),
    (
        image("for i, n in [(1, 2)] { conv(n, 1) }"),
        image("for _i, n in [(1, 2)] { conv(n, 1) }"),
    ),
    (
        image("for n in range(4, 1) { conv(n, 1) }; relu"),
        image("for n in range(4, 1, -1) { conv(n, 1) }; relu"),
    ),
    (image("basic(3)", head=HEAD), image("basic(3)", head="from blocks.residual import basic\n")),
    (
        image("bottleneck(3)", head=HEAD),
        image("bottleneck(3)", head="from blocks.residual import bottleneck\n"),
    ),
    (image("relu", head="block b { relu }\n\n"), image("relu")),
    (image("relu", head="n = 3\n\n"), image("relu")),
    (image("relu  # allow W0201"), image("relu")),
    (
        recipe("flatten -> linear(10) -> softmax"),
        recipe("flatten -> linear(10)"),
    ),
    (
        recipe("flatten -> linear(10); softmax -> identity"),
        recipe("flatten -> linear(10); identity"),
    ),
    (
        recipe("flatten -> linear(10)", loss="cross_entropy(softmax(output), label)"),
        recipe("flatten -> linear(10)", loss="cross_entropy(output, label)"),
    ),
    (
        recipe("flatten -> linear(10); output p: softmax", loss="cross_entropy(p, label)"),
        recipe("flatten -> linear(10); output p", loss="cross_entropy(p, label)"),
    ),
]


def fixed(text: str) -> str:
    """The text after all fixes of its warnings."""
    found = check_source(Source("main.net", text))
    assert found
    return apply_edits(text, [edit for each in found if each.fix for edit in each.fix.edits])


@pytest.mark.parametrize(("wrong", "right"), CASES)
def test_means_what_was_meant(wrong: str, right: str) -> None:
    assert format_source(fixed(wrong), "a.net") == format_source(right, "a.net")


@pytest.mark.parametrize(("code", "text"), list(all_planted()))
def test_one_fix_is_one_warning_less(code: str, text: str) -> None:
    for each in check_source(Source("main.net", text)):
        if each.code != code or each.fix is None or not each.fix.edits:
            continue
        after = check_source(Source("main.net", apply_edits(text, each.fix.edits)))
        same = [other for other in after if other.code == code]
        before = [other for other in check_source(Source("main.net", text)) if other.code == code]
        assert len(same) < len(before)
        assert all(other.severity == "warning" for other in after), after


UNFIXED: list[str] = [
    siamese("e = linear(3); x -> p: e -> relu; output u; y -> q: e -> relu; output v"),
    siamese("e = linear(3); for i in [1] { x -> p{i}: e }; y -> q: e; (p1, q) -> add"),
    siamese("e = linear(3); x -> s: { relu; p: e }; y -> q: e; (s, q) -> add"),
    *(
        image(f"{label}: relu; output p: conv(2, 1x1); tanh; output q", head=head)
        for label, head in [
            ("relu", ""),
            ("if", ""),
            ("body", ""),
            ("act", "act = leaky_relu(0.2)\nassert true\n"),
            ("head", "# allow W0103\nblock head { relu }\n"),
        ]
    ),
    image("act = leaky_relu(0.2); act: act; output p: conv(2, 1x1); tanh; output q"),
]


@pytest.mark.parametrize("text", UNFIXED)
def test_no_fix_that_cannot_be_read(text: str) -> None:
    """Where the label goes on, is computed or means something else, there is advice alone."""
    found = [each for each in check_source(Source("main.net", text)) if each.code != "W0102"]
    assert [each.code for each in found] in (["W0108"], ["W0109"])
    assert all(each.fix is None or not each.fix.edits for each in found)


def test_a_label_that_goes_on_is_not_reused() -> None:
    (found,) = check_source(Source("main.net", UNFIXED[0]))
    assert found.fix is not None
    assert "put the steps after `p` on a line of their own" in found.fix.description
    apart = UNFIXED[0].replace("e -> relu; output u", "e; relu; output u")
    (found,) = check_source(Source("main.net", apart))
    assert found.fix is not None
    after = apply_edits(apart, found.fix.edits)
    assert "q: reuse p -> relu" in after
    assert list(check_source(Source("main.net", after))) == []


def test_most_have_a_fix() -> None:
    with_fix = {
        each.code
        for code, text in all_planted()
        for each in check_source(Source("main.net", text))
        if each.fix and each.fix.edits
    }
    assert set(PLANTED) - with_fix == {"W0111", "W0302", "W0303"}
