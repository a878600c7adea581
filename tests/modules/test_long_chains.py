"""Chains of names: one that is too long is refused by every command, wherever it is looked up."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.evaluate.nesting import DEEPEST_NAME
from netlang.source import Source
from tests.support import check_source

LINKS = {
    "numbers": ("n0 = 3", "n{} = n{} + 0", "conv(n{}, 1x1)"),
    "layers": ("n0 = relu", "n{} = n{}", "n{}"),
}


def chain(kind: str, length: int, *, backwards: bool) -> str:
    """A net that needs so many names, one through the other; before them, or behind."""
    first, link, use = LINKS[kind]
    names = [first, *(link.format(number, number - 1) for number in range(1, length))]
    names = names[::-1] if backwards else names
    return "\n".join(
        [*names, f"net a {{\n    input x: [3, 4, 4]\n    {use.format(length - 1)}\n}}\n"]
    )


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("kind", LINKS)
@pytest.mark.parametrize(("length", "codes"), [(DEEPEST_NAME, []), (DEEPEST_NAME + 1, ["E0219"])])
def test_all_commands_take_chains_of_one_length(
    kind: str, length: int, codes: list[str], *, backwards: bool, tmp_path: Path
) -> None:
    text = chain(kind, length, backwards=backwards)
    assert [each.code for each in check_source(Source("a.net", text))] == codes
    path = tmp_path / "a.net"
    path.write_text(text, encoding="utf-8")
    refused = []
    try:
        load_program(str(path))
    except NetlangError as error:
        refused = [each.code for each in error.diagnostics]
    assert refused == codes
