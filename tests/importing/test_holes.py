"""`netlang import --stub`: holes where the language can't say something, and the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import Tensor, nn

from netlang.backends.torch.importing.holes.stub import Stub
from netlang.backends.torch.importing.imported import import_module
from netlang.backends.torch.importing.spec import Asked
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.language.structure import HoleLeft
from netlang.elaborate import elaborate_target, resolve_text
from netlang.syntax.format import format_source
from tests.cli.support import Runner
from tests.docs.test_import import block


class Fourier(nn.Module):
    """A product of spectra: complex numbers, which no spec has."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.gain = nn.Parameter(torch.rand(width, 8, 5))

    def forward(self, x: Tensor) -> Any:
        return torch.fft.irfft2(torch.fft.rfft2(self.conv(x)) * self.gain) + x


class Doing(nn.Module):
    """Units, a map, what stands in the middle, and another map."""

    def __init__(self, does: str) -> None:
        super().__init__()
        self.does = does
        self.units = nn.Sequential(Fourier(3), Fourier(3))
        self.lin = nn.Linear(8, 8)
        self.out = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Any:
        y: Tensor = self.lin(x)
        match self.does:
            case "units":
                y = self.lin(self.units(x))
            case "writes":
                y[:, :, :, 0] = 0
            case "several":
                values, places = y.topk(8)
                return self.out(values), places
            case "complex":
                return torch.fft.rfft(y)
        return self.out(y)


def stub(module: nn.Module, shape: Sequence[int]) -> Stub:
    made = import_module(module, [torch.zeros(2, *shape)], Asked("it", "A test.", stub=True))
    assert isinstance(made, Stub)
    assert format_source(made.text, "it.net") == made.text
    return made


def holes(text: str) -> list[str]:
    """What each hole says is missing: those are all errors of the spec."""
    with pytest.raises(NetlangError) as caught:
        elaborate_target(resolve_text(text, None))
    found = caught.value.diagnostics
    assert all(isinstance(each, HoleLeft) for each in found), str(caught.value)
    return [each.of for each in found if isinstance(each, HoleLeft)]


@pytest.mark.parametrize(
    ("does", "missing", "lines"),
    [
        (
            "units",
            ["fft_rfft2, mul, fft_irfft2"],
            ("block fourier {", "gain: parameter([3, 8, 5])", "out: linear(8)", "repeat 2"),
        ),
        ("writes", ["fill_"], ("lin: linear(8)", "out: linear(8)")),
        ("several", ["topk", "topk"], ("out: linear(8)", "dtype=int64")),
    ],
)
def test_the_rest_is_there(does: str, missing: list[str], lines: tuple[str, ...]) -> None:
    module = Doing(does)
    made = stub(module, (3, 8, 8))
    assert holes(made.text) == missing
    for line in lines:
        assert line in made.text, made.text
    state = module.state_dict()
    assert {*made.weights, *made.left_out} == set(state)
    read = {"units": 10, "writes": 4, "several": 4}[does]
    assert len(made.weights) == read
    assert all(torch.equal(each, state[key]) for key, each in made.weights.items())


def test_mistakes_behind_a_hole_are_told() -> None:
    made = stub(Doing("writes"), (3, 8, 8))
    wrong = made.text.replace("out: linear(8)", "out: conv(4, 9x9)")
    with pytest.raises(NetlangError, match=r"E0537(.|\n)*E0403"):
        elaborate_target(resolve_text(wrong, None))


def test_an_output_must_be_a_value() -> None:
    with pytest.raises(NetlangError, match=r"E0982(.|\n)*fft_rfft(.|\n)*a hole can't either"):
        stub(Doing("complex"), (3, 8, 8))


def test_a_source_that_can_be_said_has_none() -> None:
    asked = Asked("it", "A test.", stub=True)
    made = import_module(nn.Conv2d(3, 4, 3), [torch.zeros(2, 3, 8, 8)], asked)
    assert not isinstance(made, Stub)
    assert made.proof.keys == 2


def test_the_command(run: Runner) -> None:
    (run.folder / "warps.py").write_text(block("warps.py"))
    source = ("import", "warps:warped", "--input", "[3, 8, 8]", "-o", "a.net")
    done = run(*source)
    assert (done.status, "E0982" in done.err) == (1, True)
    done = run(*source, "--stub", "--weights-out", "a.safetensors")
    assert done.status == 0, done.err
    assert "not compared: it has a hole" in done.out
    assert re.search(r"^grid_sampler\S* +1 +the net +the language has no such", done.err, re.M)
    assert (run.folder / "a.net").read_text() == block("holes.net")
    assert run("fmt", "--check", "a.net").status == 0
    checked = run("check", "a.net")
    assert (checked.status, checked.err.count("error[E0537]")) == (1, 1)
    with safe_open(run.folder / "a.safetensors", "pt") as file:
        assert len(file.keys()) == 6
