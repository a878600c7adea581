"""How scripts are laid out: docstrings as comments, branches and arguments on one line."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from netlang.backends.torch.eject.net.conditional import conditional
from netlang.backends.torch.eject.net.model import model_of
from netlang.backends.torch.eject.text.commented import commented
from netlang.backends.torch.eject.text.sections import WIDTH, Section, wrapped
from netlang.backends.torch.python.printer import columns
from netlang.backends.torch.python.statements import statement_lines
from netlang.backends.torch.python.tree import (
    Assign,
    ClassDef,
    FunctionDef,
    If,
    Name,
    Parameter,
    Return,
    call,
    dotted,
)
from netlang.elaborate import load_program

LONG = "x" * 70

KEPT = {
    "short": ('    """A sum."""', True),
    "two sentences": ('    """A sum. Of two."""', False),
    "quotes": ('    """A "sum"."""', False),
    "long": (f'    """{LONG}{LONG}."""', False),
    "none": ("    total = a + b", False),
}


@pytest.mark.parametrize("name", KEPT)
def test_docstrings(name: str) -> None:
    line, moved = KEPT[name]
    found = list(commented(["def add(a, b):", line, "    return a + b"]))
    if moved:
        assert found == ["def add(a, b):  # a sum", "    return a + b"]
    else:
        assert found == ["def add(a, b):", line, "    return a + b"]


def test_auxiliary_outputs() -> None:
    """What is computed in training alone takes a line, and the net returns once."""
    text = "\n".join(model_of(load_program("googlenet")).lines)
    assert "aux1 = self.aux1(inception4a) if self.training else None" in text
    assert text.count("return (aux1, aux2, logits) if self.training else logits") == 1
    ast.parse(text)


def test_branches_that_stay() -> None:
    """Those of several statements, and those that don't fit on a line."""
    x, test = Name("x"), dotted("self.training")
    short, long = Assign(x, call("relu", x)), Assign(Name(LONG), call("relu", x))
    branches = If(test, (short, short)), If(test, (long,))
    body = FunctionDef("forward", (Parameter("x"),), Name("x"), (*branches, Return(x)))
    definition = ClassDef("Net", dotted("nn.Module"), (body,))
    assert conditional([definition]) == [definition]


@pytest.mark.parametrize(("columns_left", "joined"), [(1, True), (0, True), (-1, False)])
def test_branches_that_just_fit(columns_left: int, joined: bool) -> None:
    """A line is as long as it is printed: without a comment there are no columns for one."""
    name = "x" * (WIDTH - columns_left - len("         = relu(x) if self.training else None"))
    branch = If(dotted("self.training"), (Assign(Name(name), call("relu", Name("x"))),))
    body = FunctionDef("forward", (Parameter("x"),), Name("x"), (branch, Return(Name("x"))))
    with columns(WIDTH):
        (made,) = conditional([ClassDef("Net", dotted("nn.Module"), (body,))])
        lines = statement_lines(made)
    assert any("if self.training else" in line for line in lines) == joined
    assert (max(map(len, lines)) == WIDTH - columns_left) == joined


def test_arguments_by_place() -> None:
    """Only where the line then fits."""
    lines = model_of(load_program("googlenet")).lines
    assert any("nn.MaxPool2d(3, 1, padding=1)" in line for line in lines)
    assert any("CBR(3, 64, 7, stride=2, pad=3)" in line for line in lines)


def test_dictionaries_in_dictionaries() -> None:
    """Of a line that is broken nothing is lost."""
    line = f'    save({{**saved, "{LONG}": facts, "other": {LONG[:30]}}}, path)'
    assert ast.dump(ast.parse("".join(wrapped(line)).strip())) == ast.dump(ast.parse(line.strip()))


DESCRIBED = '''
block unit(width, stride=1) {
    """A unit with a shortcut, where the shape changes."""
    add {
        conv1: conv(width, 1) -> relu -> conv2: conv(width, 3x3, stride=stride, pad=1)
            -> relu -> conv3: conv(4 * width, 1)
        if stride != 1 or in.channels != 4 * width {
            downsample: { conv(4 * width, 1, stride=stride) -> bn }
        } else { identity }
    }
}
net described {
    input image: [3, 32, 32]
    unit(8) -> unit(8) -> unit(16, stride=2) -> unit(16)
}
'''


def test_shortcuts_of_a_block_with_a_docstring(tmp_path: Path) -> None:
    """Two forms of a block are one class, whatever its docstring and however steps nest."""
    path = tmp_path / "described.net"
    path.write_text(DESCRIBED)
    text = "\n".join(model_of(load_program(str(path))).lines)
    assert text.count("(nn.Module):") == 1
    assert "if stride != 1 or in_channels != 4 * width:" in text
    assert "A unit with a shortcut, where the shape changes." in text


BROKEN = {
    "targets": (
        f"    {', '.join(f'value_of_{n}_{LONG[:9]}' for n in range(5))} = changed(before, masks)",
        7,
    ),
    "a call that doesn't begin on its line": (
        f"    {LONG[:40]}, {LONG[:40]} = changed_by_many_steps(before, masks, {LONG[:20]})",
        3,
    ),
    "a generator": (
        f"    {LONG[:40]}, {LONG[:40]} = (each[numbers].to(device) for each in all)",
        3,
    ),
    "values that begin in brackets": (f"    return (x - mean) / std, {LONG[:40]}, {LONG[:40]}", 5),
    "a sum that ends with a call": (
        f"    x = x + 0.5 * a_function_of_much({LONG[:40]}, weights=(1.43, 0.6), more={LONG[:20]})",
        3,
    ),
    "a quotient that begins with a call": (
        f"    x = a_function({LONG[:40]}, {LONG[:40]}, weights=(1.43, 0.61)) / len(y.sigmoid())",
        5,
    ),
    "a sum of products": (
        f"    rate = 0.72 + {LONG[:30]} * (1.0 - min(step, 2 * {LONG[:30]}) / (2 * n)) ** 0.306",
        5,
    ),
    "values": (f"    return x, {LONG[:50]}, {LONG[:40]}", 5),
}


@pytest.mark.parametrize("name", BROKEN)
def test_long_lines_are_broken_as_ruff_breaks_them(name: str, tmp_path: Path) -> None:
    line, count = BROKEN[name]
    lines = wrapped(line)
    assert len(lines) == count
    text = "\n".join(("def f():", *lines, ""))
    (tmp_path / "f.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=100"]
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(f"def f():\n{line}"))
    subprocess.run([*command, "--check", str(tmp_path)], check=True, capture_output=True)
    # A section that takes another has the same lines.
    inner, outer = Section(), Section()
    inner.add(line)
    outer.take(inner)
    assert outer.lines == lines
