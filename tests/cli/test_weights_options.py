"""What holds for every option that reads weights: what is no checkpoint is called what it is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click
import pytest
from safetensors.torch import load_file, save_file

from netlang.cli.verbs import VERBS
from tests.cli.every_verb import fill, status_of, words_of
from tests.endless import ENDLESS, limited

# `>` is the file of weights.
READERS = {
    "compile --weights": "compile @.net:tiny -o @-1.onnx --weights >",
    "compile --weights of source": "compile @.net:tiny -o @.py --weights >",
    "verify --weights": "verify @.net:tiny --weights >",
    "bench --weights": "bench @.net:tiny --seconds 0 --weights >",
    "migrate --weights": "migrate @.net:tiny @.net:tiny --weights > -o @-2.safetensors",
    "search --judge-weights": "search @.net:maker --trials 1 --out >-4 --distance fake"
    " --judge @.net:maker --judge-weights > --features fake",
    "eval --weights": "eval @.net:one --weights >",
    "eval --ensemble": "eval @.net:one --weights @.safetensors --ensemble >",
    "eval --judge-weights": "eval @.net:maker lr=0.1 --weights maker/last.safetensors"
    " --distance fake --judge @.net:maker --judge-weights > --features fake",
    "soup --weights": "soup @.net:one --weights @.safetensors --weights > -o @-3.safetensors",
    "predict --weights": "predict @.net:one @.png --weights >",
    "look --weights": "look @.net:one --weights > --only kernels -o @-5",
}
OF_MAKER = ("search --judge-weights", "eval --judge-weights")
"""The weights are those of `maker`, the others those of `tiny`."""
TIMED = "bench --weights"
"""What is computed with them isn't shown: values that are no numbers are as good as any."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("weights")
    fill(made, "w")
    return made


@pytest.fixture(autouse=True)
def _inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def test_every_option_of_weights_has_a_command() -> None:
    options = {
        f"{verb} {option.opts[0]}"
        for verb, module in VERBS.items()
        for option in import_module(module).command().params
        if isinstance(option, click.Option)
        and option.metavar == "FILE"
        and option.opts[0].endswith(("weights", "ensemble"))
    }
    assert {reader.partition(" of ")[0] for reader in READERS} == options


def _words(reader: str, weights: Path) -> list[str]:
    return [word.replace(">", str(weights)) for word in words_of(READERS[reader], "w")]


def _pointer(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 46830571\n")


def _page(path: Path) -> None:
    path.write_text("<!DOCTYPE html><html><head><title>404</title></head></html>")


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


KINDS: dict[str, Callable[[Path], None]] = {
    "a Git LFS pointer": _pointer,
    "a web page": _page,
    "a named pipe": os.mkfifo,
    "a device": _endless,
}


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_checkpoint(
    reader: str, kind: str, suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"given{suffix}"
    KINDS[kind](path)
    with limited(ENDLESS):
        status = status_of(*_words(reader, path))
    said = capsys.readouterr()
    assert status == 1
    assert re.search(r"^error\[E\d+\]: ", said.err, re.MULTILINE)
    assert f"it is {kind}" in said.err


@pytest.mark.parametrize("reader", [reader for reader in READERS if reader != TIMED])
def test_values_that_are_no_numbers(
    reader: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, source = tmp_path / "given.safetensors", Path("w/last.safetensors")
    if reader in OF_MAKER:
        source = Path("maker/last.safetensors")
    tensors = load_file(source)
    key = next(key for key in tensors if key.endswith("bias"))
    tensors[key][0] = float("nan")
    save_file(tensors, path)
    status = status_of(*_words(reader, path))
    said = capsys.readouterr()
    assert status <= 1
    refused = "aren't finite" in said.err or "aren't numbers" in said.err
    assert f"`{key}`" in said.err or refused, said.err
