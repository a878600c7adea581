"""Programs built by hand, smaller than any spec, and what ruff says of emitted text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node, Output, Port, Program, Ref
from netlang.ir.types import Types
from netlang.source import Source, Span

__all__ = ["SPAN", "complaints", "complaints_about", "one_step", "program_of"]

SPAN = Span(Source("test.net", "net"), 0, 3)


def one_step(op: Op, inputs: Types, path: str) -> Program:
    """A net of one operator at a path."""
    types = op.infer(inputs).outputs
    ports = tuple(Port(f"x{index}", x) for index, x in enumerate(inputs))
    refs = tuple(Ref(INPUT, index) for index in range(len(inputs)))
    outputs = tuple(Output(f"y{index}", Ref(0, index)) for index in range(len(types)))
    node = Node(path, op, refs, types, SPAN, path)
    return program_of(Function("net", {}, ports, (node,), outputs, SPAN))


def program_of(net: Function) -> Program:
    return Program(net.name, net, (), ())


def complaints(source: str, *, layout_only: bool = False) -> str:
    """What `ruff check` and `ruff format` with default settings would change."""
    found = _told("format", "--diff", "-", source=source)
    return found if layout_only else found + _told("check", "-", source=source)


def complaints_about(folder: Path) -> str:
    """The same about every file of a folder, for the price of one."""
    return _told("format", "--diff", str(folder)) + _told("check", str(folder))


def _told(command: str, *arguments: str, source: str | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", command, "--isolated", "--no-cache", "--quiet", *arguments],
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr if done.returncode else ""
