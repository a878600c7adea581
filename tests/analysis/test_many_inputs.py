"""Receptive fields of nets with more inputs than are told apart: bounds, and told as such."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from netlang.analysis.fields import largest
from netlang.analysis.fields.net import axis_fields
from netlang.cli import main
from netlang.elaborate import load_program
from netlang.ir.program import Program
from tests.campaigns.fields.drawing import drawn
from tests.campaigns.subject import Spec, load

FEW = 150
_INPUT = re.compile(r"input x: (\[.*\])\n")


def in_turn(images: int, folder: Path) -> str:
    """Images of which each is added to what a convolution makes of those before it."""
    inputs = "".join(f" input x{place}: [8, H=64, W=64]\n" for place in range(images))
    steps = "".join(
        f" (p{place}, x{place + 1}) -> add -> p{place + 1}: conv(8, 3x3, pad=1)\n"
        for place in range(images - 1)
    )
    file = folder / "a.net"
    file.write_text(f"net a {{\n{inputs} x0 -> p0: relu\n{steps}}}\n", encoding="utf-8")
    return f"{file}:a"


def field_of(program: Program) -> str:
    return str(largest.figure_of(program.net, axis_fields(program)[0]))


@pytest.mark.parametrize(("images", "figure"), [(2, "3"), (32, "63"), (33, "<=65"), (40, "<=79")])
def test_few_inputs_are_exact(images: int, figure: str, tmp_path: Path) -> None:
    assert field_of(load_program(in_turn(images, tmp_path))) == figure


def test_a_step_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["explain", in_turn(33, tmp_path), "p3"])
    assert end.value.code == 0
    assert "receptive field: element i reads i - 3 to i + 3 (at most)" in capsys.readouterr().out


def _of_three(spec: Spec) -> Spec:
    """The net with two more inputs, read through windows that differ at both ends."""
    shape = _INPUT.search(spec.text)
    assert shape is not None
    wide = "avgpool(5, stride=1, pad=2)", "pad(2, 0) -> w2: maxpool(3, stride=1)"
    if shape[1].count(",") == 2:
        wide = "avgpool(5x5, stride=1, pad=2)", "pad(0x2, 0) -> w2: maxpool(1x3, stride=1)"
    inputs = "".join(f"input {name}: {shape[1]}\n" for name in ("x0", "x1", "x2"))
    steps = f"x1 -> w1: {wide[0]}\nx2 -> {wide[1]}\n(x0, w1, w2) -> x: add\n"
    return replace(spec, text=spec.text.replace(shape[0], inputs + steps))


@pytest.mark.parametrize("inputs", [1, 3])
def test_no_figure_is_less_than_the_exact_one(inputs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exact figures are those of the campaign, whose judge are gradients."""
    compared = 0
    for number in range(FEW):
        program = load(drawn(number) if inputs == 1 else _of_three(drawn(number)))
        exact, _ = axis_fields(program, borders=True)
        with monkeypatch.context() as patch:
            patch.setattr(largest, "MOST_SOURCES", 0)
            found, fields = axis_fields(program, borders=True)
        assert fields.sources.together
        for source, told in found.items():
            assert told.is_exact <= (told.size == told.seen == 0)
            for (port, axis), field in exact.items():
                types = program.net.inputs
                if axis == source[1] and types[port].type.rank == types[source[0]].type.rank:
                    if not field.bound:
                        assert told.unknown or told.size >= field.size
                    if not field.seen_bound:
                        assert told.seen >= field.seen
                    compared += 1
    assert compared > FEW
