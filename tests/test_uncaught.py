"""Mistakes of a spec in Python: shown without the compiler's frames where nobody catches them."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest

import netlang
from netlang import NetlangError, load
from netlang.uncaught import ends_at_the_caller
from tests.quality import ROOT

SPEC = "net a {\n    input x: [8]\n    linaer(4)\n}\n"
SCRIPT = """
import netlang

def build():
    return netlang.load("slip.net")

build()
"""


def run(folder: Path, **variables: str) -> str:
    """What a script that loads a wrong spec shows, as a process of its own."""
    (folder / "slip.net").write_text(SPEC, encoding="utf-8")
    (folder / "script.py").write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr


def test_the_traceback_ends_at_the_callers_line(tmp_path: Path) -> None:
    shown = run(tmp_path)
    assert shown.count("File ") == 2
    assert 'script.py", line 5, in build' in shown
    assert "netlang.NetlangError: error[E0201]: unknown operator or block `linaer`" in shown
    assert shown.rstrip().endswith("= help: did you mean `linear`?")


def test_all_of_it_is_shown_on_request(tmp_path: Path) -> None:
    assert run(tmp_path, NETLANG_TRACEBACK="1").count("File ") > 4


def test_notebooks_show_the_message_alone(tmp_path: Path) -> None:
    path = tmp_path / "slip.net"
    path.write_text(SPEC, encoding="utf-8")
    with pytest.raises(NetlangError) as caught:
        load(path)
    lines = caught.value._render_traceback_()
    assert lines == str(caught.value).splitlines()
    assert lines[0].startswith("error[E0201]")


def test_other_errors_are_shown_as_before(tmp_path: Path) -> None:
    code = (
        "import netlang\n"
        "try: netlang.load('no_such_net_at_all')\n"
        "except netlang.NetlangError: pass\n"
        "netlang.load(3).nothing"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "NetlangError" in done.stderr.splitlines()[-2] + done.stderr.splitlines()[-1]


def _public() -> Iterator[tuple[str, FunctionType]]:
    """Every public function, and the methods of the public classes that do some work."""
    for name in netlang.__all__:
        found = getattr(netlang, name)
        if inspect.isfunction(found):
            yield name, found
    for kind in (netlang.Net, netlang.Run, netlang.Search):
        for name, each in vars(kind).items():
            if inspect.isfunction(each) and not name.startswith("_"):
                yield f"{kind.__name__}.{name}", each


def test_every_function_shows_mistakes_so() -> None:
    cut = ends_at_the_caller(_public).__code__
    found = dict(_public())
    assert len(found) > 10
    assert [name for name, each in found.items() if each.__code__ is not cut] == []
