"""Every mistake in a recipe: `errors/x.net` must give the errors of `errors/x.err`.

`tests/test_errors.py` compares, and writes, what `check` says of these files as a whole.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.advice.recipe_words import RECIPE_WORDS
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.recipes import (
    data,
    keys,
    optimization,
    paths,
    run,
    sections,
    sizes,
    spaces,
    steps,
)
from netlang.diagnostics.render.text import render_text
from netlang.modules.library import Library
from netlang.recipes import examine_recipe
from netlang.recipes.tables import table
from tests.support import read_source

CASES = sorted((Path(__file__).parent / "errors").glob("*.net"))


def problems(path: Path) -> list[Diagnostic]:
    module = Library().module(read_source(path), path.parent)
    return [each for name in module.recipes for each in examine_recipe(module, name)]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_message(path: Path) -> None:
    """The errors of the golden text; a warning that may be their cause may follow them."""
    found = problems(path)
    assert found, f"{path.name} has no error"
    text = "\n\n".join(render_text(each) for each in found)
    errors, *_ = path.with_suffix(".err").read_text(encoding="utf-8").split("\n\nwarning[")
    assert text == errors.rstrip("\n")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_fixes_leave_fewer_errors(path: Path, tmp_path: Path) -> None:
    found = problems(path)
    edits = [edit for each in found if each.fix for edit in each.fix.edits]
    if not edits:
        pytest.skip("no mechanical fix")
    text = path.read_text(encoding="utf-8")
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    fixed = tmp_path / path.name
    fixed.write_text(text, encoding="utf-8")
    assert len(problems(fixed)) < len(found)


def test_a_misspelt_key_after_a_comma_is_not_called_missing(tmp_path: Path) -> None:
    """The comma is an error of the text; what follows it was written, and is read once it is."""
    path = tmp_path / "commas.net"
    path.write_text(
        "net small {\n    input x: [40]\n    linear(10)\n}\n"
        "train sketch { model: small, data: mnist1d, loss: cross_entropy, optimizer: adam,"
        " batch_size: 10, steps: 20 }\n",
        encoding="utf-8",
    )
    assert problems(path) == []


def test_every_code_has_a_case() -> None:
    shown = "".join(path.with_suffix(".err").read_text(encoding="utf-8") for path in CASES)
    on_command_line = {
        "UnknownOverride", "BadOverride", "OpenSpaces", "NotForSteps", "DistanceUnfit",
    }  # fmt: skip
    for module in (keys, data, optimization, paths, run, sections, sizes, spaces, steps):
        for name in set(module.__all__) - on_command_line:
            assert f"error[{getattr(module, name).code}]" in shown, name


def test_words_that_are_told_to_belong_to_recipes() -> None:
    """Each is one of the key that is named."""
    kinds = {
        "data": "data source",
        "augment": "augmentation",
        "normalize": "normalization",
        "weights": "source of weights",
    }
    for key, words in RECIPE_WORDS.items():
        assert set(words) <= set(table(kinds.get(key, key))), key
