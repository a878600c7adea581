"""The tables that the parser loads are those of the grammar."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from netlang.source import Source
from netlang.syntax.ast import File
from netlang.syntax.parser import parse
from netlang.syntax.tables import GRAMMAR, TABLES, build

SPECS = sorted((Path(__file__).parents[2] / "specs").rglob("*.net"))


def test_tables_are_in_step_with_the_grammar() -> None:
    built = build(GRAMMAR.read_text(encoding="utf-8"))
    assert TABLES.read_text(encoding="utf-8") == built, "run python -m netlang.syntax.tables"


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_tables_do_not_depend_on_the_hash_seed(seed: str) -> None:
    program = "from netlang.syntax.tables import *; print(build(GRAMMAR.read_text()), end='')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == TABLES.read_text(encoding="utf-8")


def test_parsing_loads_neither_lark_nor_the_diagnostics_of_errors() -> None:
    program = (
        "import sys\n"
        "from netlang.source import Source\n"
        "from netlang.syntax.parser import parse\n"
        "parse(Source('x', 'k = 1'))\n"
        "print([m for m in sys.modules if m.startswith('lark') or 'mistake' in m "
        "or m.endswith(('s.syntax', 's.text'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_bundled_specs_parse(path: Path) -> None:
    assert isinstance(parse(Source(path.name, path.read_text(encoding="utf-8"))), File)
