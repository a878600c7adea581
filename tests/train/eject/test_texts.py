"""Texts of a spec, and its file's name, stay texts in a script."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from netlang.backends.torch.eject import script
from netlang.backends.torch.invocation import literal
from netlang.modules.library import Library
from netlang.recipes.load import program_of
from netlang.recipes.read import read_recipe
from netlang.source import Source
from tests.campaigns.payloads import CODE, payload
from tests.train.eject.support import complaints

SPEC = """net a {
    input x: [40]
    fc: linear(10)
}
train a {
    model: a
    data: mnist1d
    loss: cross_entropy
    optimizer: sgd(lr=0.1)
    batch: 10
    steps: 2
}
"""
NAMES = (
    f'e""";{CODE};"""', 'q"""+z', "b\\N", 'x"', 'x""', '""""', "a\n\ncode", "\u202e",
    "$file  #? long", "a" * 90 + '"""',
)  # fmt: skip


def statements(text: str) -> str:
    """All of a script but its docstrings, which have the file's name."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def written(name: str) -> str:
    """The script for a spec in a file of that name."""
    recipe = read_recipe(Library().module(Source(f"folder/{name}.net", SPEC), None), "a")
    return script(recipe, program_of(recipe))


@pytest.mark.parametrize("name", [*NAMES, *map(payload, range(60))])
def test_file_names(name: str) -> None:
    """A script is the same by whatever name its file goes, which its docstring says."""
    text = written(name)
    assert statements(text) == statements(written("plain"))
    assert all(each.isprintable() or each == "\n" for each in text)
    assert text.encode("utf-8")
    last = name.replace("\\", "/").rpartition("/")[2]
    (about, *_) = ast.parse(text).body
    assert isinstance(about, ast.Expr)
    assert f"recipe `a` of {last}.net" in ast.literal_eval(about.value)


@pytest.mark.parametrize(
    "text", ['"', "'", "\\", "\n", "\u2028", "\u202e", "\udc80", "\x7f\"'", "é"]
)
def test_literals(text: str) -> None:
    shown = literal(text)
    assert ast.literal_eval(shown) == text
    assert shown.isprintable()
    assert shown.encode("utf-8")


def test_formatted(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(written(NAMES[0]), encoding="utf-8")
    assert not complaints(tmp_path)
