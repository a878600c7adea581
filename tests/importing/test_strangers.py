"""Modules and sources that behave badly: each is an error with a code, or a spec that is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import netlang
from netlang.backends.torch.importing.trace import trace
from tests.cli.support import Runner
from tests.importing.support import imported

STRANGER = """\
import os, sys
from torch import nn

class Ending(BaseException):
    pass

def ends():
    sys.exit(0)

def stops():
    raise Ending("a line\\nand another")

class Going(nn.ReLU):
    def forward(self, x):
        import beside_it
        os.chdir("/")
        return super().forward(x)

def goes():
    os.chdir("/")
    return Going()

def given(*values):
    return nn.ReLU()
"""


class _Doing(nn.Module):
    """A linear map, and what a function does with it."""

    def __init__(self, does: Callable[..., Any]) -> None:
        super().__init__()
        self.lin = nn.Linear(4, 4)
        self.register_buffer("count", torch.arange(4.0))
        self.does = does

    def forward(self, x: Tensor) -> Any:
        return self.does(self, x)


def _ends(module: nn.Module, x: Tensor) -> None:
    raise SystemExit(0)


def _writes_a_part(module: Any, x: Tensor) -> Tensor:
    y: Tensor = module.lin(x)
    y[:, 0] = 0
    return y


@pytest.mark.parametrize(
    ("does", "said"),
    [
        (_ends, "E0981.*it raised SystemExit"),
        (lambda module, x: None, "E0981.*something else than tensors"),
        (lambda module, x: x[x[:, 0] > 0], "E0981.*depends on the numbers"),
        (lambda module, x: x / 0, "E0982(.|\n)*a quotient by 0"),
        (lambda module, x: x * float("nan"), "E0982(.|\n)*a number that isn't finite"),
        (lambda module, x: torch.zeros(len(x), 3), "E0983(.|\n)*leads to no output"),
        (_writes_a_part, "E0982"),
        (lambda module, x: x * module.count.add_(1), "E0982(.|\n)*writes into a weight or buffer"),
        (lambda module, x: (x - 100).log(), "E0985.*isn't finite"),
        (lambda module, x: module.lin(x) * 0, "E0985.*is 0 everywhere"),
    ],
)
def test_what_is_no_net_is_refused(
    does: Callable[..., Any], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(netlang.NetlangError, match=said):
        imported(_Doing(does), (4,))
    assert not capfd.readouterr().err


def test_weights_of_other_types_are_refused() -> None:
    with pytest.raises(netlang.NetlangError, match=r"E0981.*weights of float64"):
        imported(nn.Linear(4, 4).double(), (4,))


def test_a_module_may_write_into_its_input() -> None:
    net = imported(_Doing(lambda module, x: x.add_(1) + module.lin(x)), (4,))
    assert net.text is not None
    assert "scale(1, offset=1)" in net.text


def test_whole_numbers_are_an_input_of_their_type() -> None:
    net = netlang.from_torch(nn.Embedding(10, 4), torch.zeros(2, 7, dtype=torch.int64))
    assert net.text is not None
    assert "input input: int64[7]" in net.text


def test_names_that_the_language_takes_otherwise() -> None:
    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.add_module("input", nn.Linear(4, 4))
            self.add_module('a"b\\{', nn.Linear(4, 4))

        def forward(self, input: Tensor, repeat: Tensor) -> dict[str, Tensor]:
            one, other = self.children()
            return {"a.b": one(input), "a b": other(repeat), "1": input * 2, "net": repeat.relu()}

    net = imported(Named(), (4,), (4,))
    assert net.text is not None
    assert "input input_: [4]" in net.text
    assert "input repeat_: [4]" in net.text
    for word in ("a_b", "a_b_2", "output_1", "output_net"):
        assert f"output {word}: " in net.text


def test_a_net_has_the_name_of_nothing_in_it() -> None:
    net = netlang.from_torch(nn.ReLU(), torch.zeros(2, 4))
    assert net.program.name == "relu_net"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("stranger:ends", "it raised SystemExit: 0"),
        ("stranger:stops", "it raised Ending: a line\n"),
        ("raising:f", "it raised ValueError: at once"),
        ("no_python:f", "it raised SyntaxError"),
        ("stranger:given({[1]: 2})", "an argument isn't a literal"),
        (f"stranger:given({'-' * 3000}1)", "it isn't a name or a call"),
    ],
)
def test_sources_that_fail(run: Runner, source: str, reason: str) -> None:
    (run.folder / "stranger.py").write_text(STRANGER)
    (run.folder / "raising.py").write_text("raise ValueError('at once')\n")
    (run.folder / "no_python.py").write_text("def (\n")
    done = run("import", source, "--input", "[4]", "-o", "a.net")
    assert (done.status, "E0980" in done.err) == (1, True), done.err
    assert reason in done.err
    assert not (run.folder / "a.net").exists()


@pytest.mark.parametrize("text", ["[0]", "[1000000000, 1000]", f"[{'9' * 5000}]"])
def test_sizes_that_nothing_has(run: Runner, text: str) -> None:
    (run.folder / "stranger.py").write_text(STRANGER)
    done = run("import", "stranger:given", "--input", text, "-o", "a.net")
    assert (done.status, "E0980" in done.err) == (1, True), done.err


def test_where_files_go(run: Runner) -> None:
    """Into the folder of the command, whatever the source does, and nothing ends the docstring."""
    (run.folder / "stranger.py").write_text(STRANGER)
    (run.folder / "beside_it.py").touch()
    assert run("import", "stranger:goes", "--input", "[4]", "-o", "a.net").status == 0
    quoted = 'stranger:given(\'"""\\n\x1b\')'
    assert run("import", quoted, "--input", "[4]", "-o", "a.net").status == 0
    assert "\x1b" not in (run.folder / "a.net").read_text(encoding="utf-8")
    (run.folder / "a.safetensors").mkdir()
    done = run("import", "stranger:goes", "--input", "[4]", "-o", "b.net",
               "--weights-out", "a.safetensors")  # fmt: skip
    assert done.err.startswith("error[E0014]: can't write `a.safetensors`: Is a directory\n")
    assert run("import", "stranger:goes", "--input", "[4]", "-o", "no/b.net").status == 1
    assert not list(run.folder.glob("*b.net*"))


@pytest.mark.parametrize(
    ("module", "example"),
    [(3, torch.zeros(2, 4)), (nn.ReLU(), 3), (nn.ReLU(), [torch.zeros(2, 4), None])],
)
def test_what_is_no_module_or_tensor(module: Any, example: Any) -> None:
    with pytest.raises(TypeError, match="not a t"):
        netlang.from_torch(module, example)


def test_examples_that_no_machine_has_room_for() -> None:
    with pytest.raises(netlang.NetlangError, match="no room for its input"):
        trace(nn.ReLU(), [torch.empty(1, 1).expand(1, 1 << 55)])


def test_an_example_without_axes() -> None:
    with pytest.raises(netlang.NetlangError, match=r"E0981.*no axis for examples"):
        netlang.from_torch(nn.ReLU(), torch.tensor(1.0))


def test_a_text_is_a_text() -> None:
    number: Any = 3
    with pytest.raises(TypeError, match="a str, not a int"):
        netlang.loads(number)
