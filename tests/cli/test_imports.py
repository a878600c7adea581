"""What each verb loads: a module more is a start that is slower, for every file that is right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.support import GOOD, WRONG

LOADED = """
import sys
before = set(sys.modules)
from netlang.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code
found = set(sys.modules) - before
others = {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names) - {"netlang"}
ours = {name for name in found if name.startswith("netlang.")}
folders = {name for name in ours if hasattr(sys.modules[name], "__path__")}
slow = {"dataclasses", "difflib", "importlib.metadata", "json", "logging", "tomllib"}
import json
with open("loaded.json", "w") as file:
    json.dump([sorted(others), sorted(folders), sorted(found & slow)], file)
"""

MODULES = """
import sys
from netlang.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    print(*sys.modules)
"""

ALONE = """
import atexit, sys
names = ("msgspec", "typing_extensions")
atexit.register(lambda: print(*[name in sys.modules for name in names]))
from netlang.cli import main
main()
"""

COMMAND = {"cli", "cli.verbs", "diagnostics"}
TEXT = COMMAND | {"modules", "syntax", "syntax.ast", "syntax.construct"}
NET = TEXT | {
    "advice", "diagnostics.language", "elaborate", "elaborate.blocks", "elaborate.function",
    "evaluate", "evaluate.origins", "ir", "ir.numbers", "ir.sizes", "ops",
}  # fmt: skip
FIGURES = NET | {"analysis", "cli.arguments"}
FIELDS = FIGURES | {"analysis.fields"}
# Verb and arguments, packages of others, folders of netlang, slow modules of Python.
VERBS: tuple[tuple[str, set[str], set[str], set[str]], ...] = (
    ("--version", {"click"}, COMMAND | {"cli.arguments", "processes", "searching"}, set()),
    ("--help", {"click"}, COMMAND | {"cli.arguments", "processes", "searching"}, set()),
    ("search --help", {"click"}, COMMAND | {"searching"}, set()),
    ("check --help", {"click"}, COMMAND, set()),
    ("fmt good.net", {"click", "msgspec"},
     TEXT | {"cli.arguments", "syntax.format"}, set()),
    ("check good.net", {"click", "msgspec"},
     FIGURES | {"lint", "lint.rules"}, set()),
    ("summary good.net", {"click", "msgspec"}, FIELDS | {"analysis.render"}, set()),
    ("diff good.net good.net", {"click", "msgspec"},
     FIELDS | {"analysis.render", "diff", "diff.render"}, set()),
    ("explain good.net fc", {"click", "msgspec"}, FIELDS | {"analysis.render"}, set()),
    ("draw good.net -o a.dot", {"click", "msgspec"},
     NET | {"analysis", "analysis.render", "backends", "backends.graphviz", "cli.arguments",
            "targets"},
     {"difflib", "importlib.metadata"}),  # click asks difflib about options
)  # fmt: skip


@pytest.mark.parametrize(("words", "others", "folders", "slow"), VERBS, ids=[v[0] for v in VERBS])
def test_what_a_verb_loads(
    words: str, others: set[str], folders: set[str], slow: set[str], tmp_path: Path
) -> None:
    (tmp_path / "good.net").write_text(GOOD, encoding="utf-8")
    command = [sys.executable, "-c", LOADED, *words.split()]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    found = [set(names) for names in json.loads((tmp_path / "loaded.json").read_text())]
    # msgspec takes `typing_extensions` where it is installed.
    assert found[0] - {"typing_extensions"} == others
    assert {".".join(name.split(".")[1:3]) for name in found[1]} == folders  # two levels of them
    assert found[2] == slow


def test_what_says_that_a_file_is_wrong_is_loaded_for_no_other(tmp_path: Path) -> None:
    for text, wanted in ((GOOD, False), (WRONG, True)):
        (tmp_path / "a.net").write_text(text, encoding="utf-8")
        command = [sys.executable, "-c", MODULES, "check", "a.net"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, text=True)
        loaded = set(done.stdout.splitlines()[-1].split())
        for each in ("diagnostics.language.names", "advice.similar", "advice.edits"):
            assert (f"netlang.{each}" in loaded) == wanted, each


def test_what_msgspec_can_do_without(tmp_path: Path) -> None:
    """`typing_extensions` takes long to load; a command of its own process leaves it alone."""
    (tmp_path / "good.net").write_text(GOOD, encoding="utf-8")
    command = [sys.executable, "-c", ALONE, "summary", "good.net"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, text=True)
    assert done.stdout.splitlines()[-1] == "True False"
