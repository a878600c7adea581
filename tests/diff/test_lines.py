"""What is said of one edit of a small net: the edit, in the words of a person."""

from __future__ import annotations

import json
from random import Random

import pytest

import netlang
from netlang.diff import compare
from netlang.diff.align import aligned
from netlang.diff.lines import lines_of
from netlang.diff.render.data import render_json
from netlang.diff.render.steps import render_steps
from netlang.diff.render.text import render_text
from tests.diff.support import BODY, between, net, told


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("relu2: relu", "relu2: gelu", ["changed relu2: relu -> gelu"]),
        ("-> bn2: bn", "", ["removed bn2: batch_norm, after conv2"]),
        ("-> relu2: relu", "-> relu2: relu -> dropout(0.5)", ["added 6: dropout, after relu2"]),
        ("conv2: conv(8, 3x3, pad=1)", "conv2: conv(8, 1x1)",
         ["changed conv2: conv: kernel 3x3 -> 1x1, pad 1 -> 0"]),
        ("linear(10)", "linear(20)",
         ["changed output: [10] -> [20]", "changed fc: linear: out 10 -> 20"]),
        ("fc: linear", "head: linear", ["renamed fc -> head: 1 step"]),
        ("-> bn2: bn -> relu2: relu", "-> relu2: relu -> bn2: bn",
         ["moved relu2: relu: now after conv2"]),
        ("-> relu2: relu", "-> relu2: relu\n    (relu1, relu2) -> add",
         ["added 6: add, after relu1"]),
    ],
)  # fmt: skip
def test_an_edit_is_told(old: str, new: str, lines: list[str]) -> None:
    assert old in BODY
    assert told(BODY, BODY.replace(old, new)) == lines


def test_a_scope_that_is_renamed_is_one_line() -> None:
    old = "    stem: { conv(4, 3x3) -> bn -> relu }\n    gap -> flatten -> linear(2)"
    assert told(old, old.replace("stem", "entry")) == ["renamed stem -> entry: 3 steps"]


def test_steps_that_are_put_into_a_scope_keep_their_weights() -> None:
    old = "    conv(4, 3x3) -> bn -> relu\n    gap -> flatten -> fc: linear(2)"
    new = old.replace("conv(4, 3x3) -> bn -> relu", "stem: { conv(4, 3x3) -> bn -> relu }")
    found = between(net(old), net(new))
    assert not found.added
    assert not found.removed


def test_what_is_read_is_told() -> None:
    """The same steps with the same sizes, but another one is added."""
    old = "    a: relu\n    b: tanh\n    c: sigmoid\n    ({}, c) -> add\n    gap -> flatten"
    lines = told(old.format("a"), old.format("b"))
    assert lines == ["changed 3: add: reads b instead of a"]


def test_inputs_and_outputs_are_told() -> None:
    ports = ("input x: [H=8]", "a: relu", "b: tanh", "output y: a", "output z: b")
    old = "net n {\n    " + "\n    ".join(ports) + "\n}\n"
    new = old.replace("y: a", "y: b").replace("z: b", "v: a").replace("[H=8]", "[8]")
    lines = [f"{each.verb} {each.where}: {each.what}" for each in lines_of(between(old, new))]
    assert lines == [
        "changed input x: [H] -> [8]",
        "changed output y: [H] -> [8], from b instead of a",
        "added output v: [8]",
        "removed output z: [8]",
    ]


def test_of_a_very_long_net_repeats_are_one_step() -> None:
    head = "block b {{\n    linear(4) -> relu\n}}\n\n"
    text = head + "net n {{\n    input x: [4]\n    layers: {{ repeat {} {{ b }} }}\n}}\n"
    lines = lines_of(between(text.format(6000), text.format(7000)))
    assert [f"{each.where}: {each.what}" for each in lines] == [
        "layers.{0..6999}: 2 steps, 6,000 -> 7,000 times"
    ]


def test_a_step_in_the_middle_of_a_long_chain_of_equal_ones() -> None:
    """All numbers behind it move, and nothing else is said."""
    chain = ["linear(4) -> relu"] * 300
    text = "net n {{\n    input x: [4]\n    {}\n}}\n"
    edited = [*chain[:150], "tanh", *chain[150:]]
    found = between(*(text.format("\n    ".join(each)) for each in (chain, edited)))
    assert [found.after.steps[number].op.name for number in found.added] == ["tanh"]
    assert (found.removed, found.edited) == ((), ())


def test_long_sequences_without_places_of_their_own_are_aligned_well() -> None:
    """What is new is all in the first tenth, so places that correspond aren't proportional."""
    draw = Random(1)
    left = [draw.randrange(4) for _ in range(2000)]
    right = [*(draw.randrange(4) for _ in range(100)), *left]
    left, right = [5, *left, 6], [7, *right, 8]
    pairs = aligned(left, right, lambda one, other: float(left[one] == right[other]))
    assert len(pairs) > 0.75 * len(left)


def test_nets_without_difference() -> None:
    found = between(net(BODY), net(BODY))
    assert found.same
    assert "no difference" in render_text(found)
    assert json.loads(render_json(found))["same"] is True


def test_every_step_and_json() -> None:
    found = between(
        net(BODY),
        net(BODY.replace("relu1: relu", "relu1: gelu").replace("linear(10)", "linear(4)")),
    )
    rows = render_steps(found).splitlines()
    assert [row.split()[:2] for row in rows[1:]] == [["~", "relu1"], ["~", "fc"]]
    data = json.loads(render_json(found))
    assert [each["after"]["path"] for each in data["changed"]] == ["relu1", "fc"]
    assert data["changed"][1]["arguments"] == {"out": ["10", "4"]}
    assert data["figures"]["parameters"] == [930, 876]


def test_json_tells_how_a_step_is_another() -> None:
    body = "    a: conv(3, 1x1)\n    b: {}\n    gap -> flatten"
    data = json.loads(
        render_json(between(net(body.format("conv(3, 1x1)")), net(body.format("reuse a"))))
    )
    assert [(each["after"]["path"], each["tied"]) for each in data["changed"]] == [("b", True)]


def test_nets_that_have_little_in_common_are_told_in_bounded_lines() -> None:
    found = compare(*(netlang.load(name).program for name in ("resnet18", "densenet121")))
    assert len(render_text(found).splitlines()) < 40
