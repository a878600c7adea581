"""Programs in the language with the layers that they must give.

Each file of `programs/` lists, in lines that begin with ``#=``, the path, operator and output shape
of every layer of its last net as deployed, and asserts figures about it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.analysis.asserts import check_asserts
from netlang.elaborate.check import check_definitions
from netlang.ir.program import Function, Program
from netlang.modules.library import Library
from tests.support import read_source

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.net"))


def layers(function: Function, prefix: str = "") -> list[str]:
    """The deployed layers of a function, in order, repeats written out."""
    found = []
    for node in function.nodes:
        if node.auxiliary:
            continue
        path = prefix + node.path
        if isinstance(node.callee, Function):
            found += layers(node.callee, path + ".")
        else:
            found.append(f"{path} {node.callee.name} {node.types[0]}")
    return found


def last_net(path: Path) -> Program:
    """The last net of a file, once every name and assert of the file has been found good."""
    module = Library().module(read_source(path), path.parent)
    checked = check_definitions(module)
    messages = [*checked.diagnostics, *check_asserts(module, checked.programs)]
    assert [message.message for message in messages] == []
    return list(checked.programs.values())[-1]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_layers(path: Path) -> None:
    expected = [
        line.removeprefix("#= ")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("#= ")
    ]
    assert expected
    assert layers(last_net(path).net) == expected
