"""Programs built by hand, smaller than any spec, and what ruff says of emitted text."""

from __future__ import annotations

import subprocess
import sys

from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node, Output, Port, Program, Ref
from netlang.ir.types import Types
from netlang.source import Source, Span

__all__ = ["SPAN", "complaints", "one_step", "program_of"]

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
    found = ""
    for command in (("format", "--diff", "-"), ("check", "-"))[: 1 if layout_only else 2]:
        done = subprocess.run(
            [sys.executable, "-m", "ruff", command[0], "--isolated", "--quiet", *command[1:]],
            input=source,
            capture_output=True,
            text=True,
            check=False,
        )
        found += done.stdout + done.stderr if done.returncode else ""
    return found
