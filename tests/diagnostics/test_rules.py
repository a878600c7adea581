"""The explanations of the codes: each has one, its bad example shows it, its good one compiles."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from netlang.cli import main
from netlang.diagnostics.catalogue import codes, rule
from netlang.source import Source
from tests.errors_of_the_project import all_errors
from tests.quality import ROOT
from tests.support import check_source

CODES = codes()


def test_every_code_is_explained() -> None:
    assert set(CODES) == {each.code for each in all_errors()}


@pytest.mark.parametrize("code", CODES)
def test_rule_is_whole(code: str) -> None:
    found = rule(code)
    assert found
    assert found.title
    assert found.text.endswith(".")
    assert bool(found.bad and found.good) != bool(found.command)
    for part in (found.title, found.bad, found.good, found.command):
        for line in part.splitlines():
            assert line in found.plain
            assert line in found.markdown


@pytest.mark.parametrize("code", [code for code in CODES if (found := rule(code)) and found.bad])
def test_examples(code: str) -> None:
    found = rule(code)
    assert found
    assert {each.code for each in check_source(Source("bad.net", found.bad))} == {code}
    assert [each.message for each in check_source(Source("good.net", found.good))] == []


def test_no_such_code() -> None:
    assert rule("E9999") is None
    assert rule("../rules/E0412") is None


# Commands that need another machine, minutes, or a test of their own, which shows the code.
NOT_RUN = {
    "E0004": "root may read every file",
    "E0012": "all packages are installed where the tests run",
    "E0013": "one onnxruntime is installed where the tests run",
    "E0020": "needs a broken installation",
    "E0021": "needs a broken installation",
    "E0732": "needs other versions of packages",
    "E0819": "needs a net of its own: tests/searching/test_aims.py shows it",
    **dict.fromkeys(
        ("E0836", "E0837", "E0838", "E0839", "E0840"),
        "opens a database: tests/searching/test_storage.py shows it",
    ),
    "E0901": "needs a net of its own",
    "E0902": "needs a net of its own",
    "E0931": "needs a net of its own",
    **dict.fromkeys(
        ("E0937", "E0938", "E0939"), "imports PyTorch: tests/onnx/test_verify.py shows it"
    ),
    "E0941": "Graphviz is installed where the tests run",
    "E0835": "needs a long recipe: tests/recipes/errors/too_many_steps.net",
    "E0942": "needs a broken Graphviz",
    **dict.fromkeys(("E0794", "E0795", "E0796"), "imports PyTorch: tests/train/faults shows it"),
    **dict.fromkeys(
        (
            "E0730",
            "E0733",
            "E0734",
            "E0735",
            "E0736",
            "E0738",
            "E0739",
            "E0740",
            "E0741",
            "E0745",
            "E0746",
            "E0747",
            "E0748",
            "E0749",
            "E0772",
            "E0778",
            "E0779",
            "E0804",
            "E0832",
            "E0834",
            "E0904",
            "E0921",
            "E0924",
            "E0925",
            "E0926",
            "E0927",
            "E0928",
            "E0929",
            "E0930",
            "E0940",
        ),
        "imports PyTorch: tests/train and tests/weights show it",
    ),
    **dict.fromkeys(
        ("E0770", "E0771", "E0774", "E0775", "E0776"),
        "needs several processes or devices: tests/train/world shows it",
    ),
    **dict.fromkeys(
        ("E0788", "E0789", "E0790", "E0791", "E0792", "E0793"),
        "takes the machine's memory or limits: tests/train/loading shows it",
    ),
    **dict.fromkeys(
        ("E0318", "E0773", *(f"E078{digit}" for digit in range(8)), "E0797"),
        "imports PyTorch: tests/train/data shows it",
    ),
    **dict.fromkeys(
        (f"E098{digit}" for digit in range(6)), "imports PyTorch: tests/importing shows it"
    ),
    **dict.fromkeys(("E0986", "E0987"), "needs ONNX files: tests/onnx/importing shows it"),
    **dict.fromkeys(("E0988", "E0989"), "needs programs: tests/importing/programs shows it"),
    **dict.fromkeys(
        (f"E097{digit}" for digit in range(1, 5)), "imports PyTorch: tests/torch/look shows it"
    ),
    "E0966": "needs onnxruntime-gpu and no such device: tests/onnx/bench shows it",
    "E0992": "needs weights that are not numbers: tests/train/predict shows it",
}


@pytest.mark.parametrize(
    "code", [c for c in CODES if c not in NOT_RUN and (found := rule(c)) and found.command]
)
def test_commands(
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    found = rule(code)
    assert found
    monkeypatch.chdir(tmp_path)
    for line in found.command.splitlines():
        _typed(line, tmp_path)
    told = capfd.readouterr().err
    assert f"error[{code}]" in told, told


# What a shell makes of a command of ours that is more than its words.
SHELL = re.compile(r"[|&;<>$`]|^(?!netlang )")


def _typed(line: str, tmp_path: Path) -> None:
    """A line of a terminal in the current folder; a command of ours alone runs in this process."""
    if not SHELL.search(line):
        with pytest.raises(SystemExit):
            main(shlex.split(line)[1:])
        return
    program = tmp_path / "netlang"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m netlang "$@"\n')
    program.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    subprocess.run(["bash", "-c", line], env=environment, check=False)
