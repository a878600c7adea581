"""The page on importing: its module becomes the spec that it shows."""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from pathlib import Path

import pytest
import torch

import netlang
from tests.cli.support import Runner

PAGE = (Path(__file__).parents[2] / "docs" / "import.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{re.escape(language)}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert isinstance(found, str)
    return found


def test_the_page(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    (run.folder / "nets.py").write_text(block("nets.py"), encoding="utf-8")
    commands = block("sh").splitlines()
    source = re.findall("'([^']*)'", commands[-1])[0]
    assert commands[-1] == f"netlang import '{source}' --input '[3, 32, 32]' -o tagger.net"
    done = run("import", source, "--input", "[3, 32, 32]", "-o", "tagger.net")
    assert done.status == 0, done.err
    assert (run.folder / "tagger.net").read_text(encoding="utf-8") == block("net")
    shown = re.sub(r"largest difference \S+", "largest difference 0", done.out.splitlines()[0])
    assert shown == block("text").replace("\n", " ").strip()
    monkeypatch.syspath_prepend(run.folder)
    tagger = importlib.import_module("nets").tagger
    names = {"netlang": netlang, "torch": torch, "tagger": tagger}
    exec(block("python"), names)
    assert isinstance(names["again"], torch.nn.Module)
    exported = block("onnx.py")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(exported, {})
    done = run("import", "tagger.onnx", "-o", "folded.net")
    assert done.status == 0, done.err
    assert (run.folder / "folded.net").read_text(encoding="utf-8") == block("onnx.net")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(block("pt2.py"), {})
    done = run("import", "tagger.pt2", "-o", "again.net")
    assert done.status == 0, done.err
    again = (run.folder / "again.net").read_text(encoding="utf-8")
    assert again == block("net").replace("nets:tagger(width=8)", "tagger.pt2")
    del sys.modules["nets"]
