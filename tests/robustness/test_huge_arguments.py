"""Every whole number that an operator takes made huge: no stage counts up to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from netlang.analysis.expand import expand_program
from netlang.analysis.explain import explain
from netlang.analysis.render.expansion import render_spec
from netlang.analysis.render.table import render_table
from netlang.analysis.summary import summarize
from netlang.backends.torch import emit
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.ir.op import Case, Op
from netlang.ops import all_operators
from netlang.records import names_of
from tests.work import counted

STEPS = 400_000
"""Of Python for all that is said of a net; ten times what the most needed when this was set.

A loop up to one of the larger numbers takes more, whatever it does.
"""
HUGE = (2_000, 10**9, 10**30)


def arguments_of(op: Op) -> list[str]:
    """The arguments that a text may give an operator as numbers."""
    return [name for name in names_of(op) if name != "given"]


def written(value: object) -> str:
    """A value as the language writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, str) and not value.isidentifier():
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)


def spec(case: Case, **changed: object) -> str:
    """The case as a net, some arguments changed."""
    inputs = range(len(case.inputs))
    ports = "".join(
        f"    input x{index}: {type_.dtype.value}{written(type_.shape)}\n"
        for index, type_ in zip(inputs, case.inputs, strict=True)
    )
    given = {name: getattr(case.op, name) for name in arguments_of(case.op)} | changed
    arguments = (f"{name}={written(value)}" for name, value in given.items() if value is not None)
    call = f"{case.op.name}({', '.join(arguments)})"
    read = f"({', '.join(f'x{index}' for index in inputs)}) -> " if len(inputs) > 1 else ""
    if not ports:
        return f"net a {{\n    input x: [3]\n    output y: relu\n    output z: {call}\n}}\n"
    return f"net a {{\n{ports}    {read}{call}\n}}\n"


def huge(case: Case) -> Iterator[str]:
    """The case with each of its whole numbers huge in turn."""
    for name in arguments_of(case.op):
        value = getattr(case.op, name)
        for size in HUGE:
            if isinstance(value, int) and not isinstance(value, bool):
                yield spec(case, **{name: size})
            if isinstance(value, tuple) and value and isinstance(value[0], int):
                yield spec(case, **{name: (size,) * len(value)})


def everything(path: Path) -> None:
    """All that is said of a net without its weights."""
    program = load_program(str(path))
    render_table(summarize(program, {}, 1))
    for node in program.net.nodes:
        explain(program, node.path)
    render_spec(expand_program(program))
    emit(program)


@pytest.mark.parametrize("op", all_operators(), ids=lambda op: op.name)
def test_nothing_counts_up_to_an_argument(op: type[Op], tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    for case in op.cases():
        if any(type_.batch is None for type_ in case.inputs):
            continue
        path.write_text(spec(case), encoding="utf-8")
        everything(path)
        for text in huge(case):
            path.write_text(text, encoding="utf-8")
            # A coded error is as good an answer.
            with counted(STEPS), suppress(NetlangError):
                everything(path)
