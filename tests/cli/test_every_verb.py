"""What holds for every verb: names are shown in one line, and a closed output ends it quietly."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import click
import pytest
from _pytest.mark.structures import ParameterSet

from netlang.cli.failures import BROKEN_PIPE, REFUSED, USAGE
from netlang.cli.verbs import VERBS
from tests.cli.every_verb import COMMANDS, fill, status_of, words_of
from tests.endless import ENDLESS, limited

LONG = ("doctor @", "doctor --out", "bench --roofline")
"""Commands that take seconds: they run with `-m slow`."""
WRITTEN = re.compile(r"File to write|The .net file to write|Folder (for|of)|Write |Draw ")
UNTIDY = {
    "check": "net a\n{\n    input x: [1]\n    linear(1)\n}\n",
    "fmt": "net a {\n    input x: [1]\n    linear (1)  ->relu\n}\n",
}
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
NAME = "li\nne\x1b[31m\x07"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("every verb")
    fill(made, NAME)
    return made


@pytest.fixture(autouse=True)
def _inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def _marked(command: str) -> ParameterSet:
    marks = [pytest.mark.slow] if command.startswith(LONG) else []
    return pytest.param(command, marks=marks)


def test_every_verb_has_a_command() -> None:
    assert {command.split()[0] for command in COMMANDS} == set(VERBS)


@pytest.mark.parametrize("command", [_marked(command) for command in COMMANDS])
def test_names_are_shown_without_control_characters(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = status_of(*words_of(command, NAME))
    said = capsys.readouterr()
    assert status <= 1, said.err
    assert "error[" not in said.err
    assert said.out
    assert not CONTROL.search(said.out + said.err)
    assert "li\nne" not in said.out + said.err


FIRST = {command.split()[0]: command for command in reversed(COMMANDS)}
"""The first command of each verb."""


def _nobody_reads() -> int:
    """The end of a pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def _full_disk() -> int:
    return os.open("/dev/full", os.O_WRONLY)


BUFFERED = {"stdout": -1, "stderr": 1}
"""As Python has its streams when neither is a terminal: whole blocks, and lines."""


def _with(
    names: tuple[str, ...], opened: Callable[[], int], verb: str, monkeypatch: pytest.MonkeyPatch
) -> int:
    """The status of a command whose streams of these names lead to one descriptor.

    At the end of a process Python writes what is left in them, and shows what goes wrong then.
    """
    descriptor = opened()
    streams = {name: os.fdopen(os.dup(descriptor), "w", BUFFERED[name]) for name in names}
    os.close(descriptor)
    with monkeypatch.context() as inside:
        for name, stream in streams.items():
            inside.setattr(sys, name, stream)
        status = status_of(*words_of(FIRST[verb], NAME))
    for stream in streams.values():
        stream.close()
    return status


@pytest.mark.parametrize("verb", VERBS)
def test_the_reader_goes_away(
    verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _with(("stdout",), _nobody_reads, verb, monkeypatch) == BROKEN_PIPE
    assert "error[" not in capsys.readouterr().err
    assert _with(("stdout", "stderr"), _nobody_reads, verb, monkeypatch) == BROKEN_PIPE


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_reads_errors(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said on the way isn't always said: then the command does its work."""
    assert _with(("stderr",), _nobody_reads, verb, monkeypatch) in (0, BROKEN_PIPE)


@pytest.mark.parametrize("verb", VERBS)
def test_the_output_is_a_file_on_a_full_disk(
    verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _with(("stdout",), _full_disk, verb, monkeypatch) == REFUSED
    assert capsys.readouterr().err.endswith("error: No space left on device\n")
    assert _with(("stdout", "stderr"), _full_disk, verb, monkeypatch) == REFUSED


# `>` is a link to where it is written.
WRITERS = {
    "check": "check --fix >.net",
    "fmt": "fmt >.net",
    "compile -o": "compile @.net:tiny -o >.py -o >.onnx -o >.dot",
    "compile --manifest": "compile @.net:tiny -o @-2.py --manifest >.json",
    "bench --roofline": "bench @.net:tiny --seconds 0 --threads 1 --roofline >.svg",
    "import -o": "import @.onnx -o >.net",
    "import --weights-out": "import @.onnx -o @-2.net --weights-out >.safetensors",
    "draw -o": "draw @.net:tiny -o >.svg -o >.dot",
    "diff -o": "diff @.net:tiny @.net:tiny -o >.svg -o >.dot",
    "migrate -o": "migrate @.net:tiny @.net:tiny --weights @.safetensors -o >.safetensors",
    "train --out": "train @.net:one --out >",
    "search --out": "search @.net:several --trials 1 --out >",
    "soup -o": "soup @.net:one --weights @.safetensors --weights @/last.safetensors"
    " -o >.safetensors",
    "look -o": "look @.net:one --weights @.safetensors --only kernels -o >",
    "runs --out": "runs @ --out >",
    "doctor --out": "doctor @.net:one --out >",
}

FOLDERS = {"train --out", "search --out", "look -o", "runs --out", "doctor --out"}


def _writing_options() -> set[str]:
    """Every option that names what is written, with its verb."""
    return {
        f"{verb} {option.opts[0]}"
        for verb, module in VERBS.items()
        for option in import_module(module).command().params
        if isinstance(option, click.Option)
        and option.metavar in ("OUT", "FILE", "DIR")
        and WRITTEN.match(option.help or "")
    }


def test_every_option_that_writes_has_a_command() -> None:
    assert set(WRITERS) == {"check", "fmt", *_writing_options()}


@contextmanager
def _linked(writer: str, place: Path, make: Callable[[Path], None]) -> Iterator[list[str]]:
    """The words of a command, with links to places that `make` has filled."""
    words = words_of(WRITERS[writer], NAME)
    links = {word: Path(word.replace(">", "link")) for word in words if ">" in word}
    for link in links.values():
        make(place / link)
        link.symlink_to(place / link)
    try:
        yield [str(links.get(word, word)) for word in words]
        assert all(link.is_symlink() for link in links.values())
    finally:
        for link in links.values():
            link.unlink()


@pytest.mark.parametrize("writer", [_marked(writer) for writer in WRITERS])
def test_a_link_is_written_through(writer: str, tmp_path: Path) -> None:
    before = UNTIDY.get(writer, "").encode()

    def make(end: Path) -> None:
        if end.suffix:
            end.write_bytes(before)
        else:
            end.mkdir()

    with _linked(writer, tmp_path, make) as words:
        assert status_of(*words) == 0
    for end in tmp_path.iterdir():
        assert any(end.iterdir()) if end.is_dir() else end.read_bytes() != before


@pytest.mark.parametrize("writer", [_marked(each) for each in WRITERS if each not in FOLDERS])
def test_what_is_no_file_stays_what_it_is(
    writer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To root the system would let replace `/dev/null`."""
    with limited(ENDLESS), _linked(writer, tmp_path, os.mkfifo) as words:
        assert status_of(*words) in (REFUSED, USAGE)
    assert "is a named pipe" in capsys.readouterr().err
    for end in tmp_path.iterdir():
        assert end.is_fifo()


CIRCLES = (
    *(command for name, command in WRITERS.items() if name not in UNTIDY),
    "compile @.onnx -o >.py",
    "train @.net:folder --data pictures=@-2 --out >",
)


@pytest.mark.parametrize("command", [_marked(each) for each in CIRCLES])
def test_links_in_a_circle_are_no_place(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = words_of(command, NAME)
    links = [Path(word.replace(">", "circle")) for word in words if ">" in word]
    for link in links:
        link.symlink_to(link.name)
    try:
        assert status_of(*(word.replace(">", "circle") for word in words)) == REFUSED
    finally:
        for link in links:
            link.unlink()
    said = capsys.readouterr().err
    assert "error[" in said
    assert "circle" in said


def test_links_in_a_run_lead_nowhere(folder: Path, tmp_path: Path) -> None:
    """A run may be a stranger's: what its files link to stays, and no pipe is waited for."""
    mine, run = tmp_path / "mine", Path(NAME)
    content = b'{"step": 1}'
    mine.write_bytes(content)
    files = [path for path in run.rglob("*") if path.is_file()]
    assert len(files) > 8
    for path in files:
        kept = path.read_bytes()
        for command in ("train @.net:one --out @ --resume", "runs @"):
            path.unlink()
            path.symlink_to(mine)
            assert status_of(*words_of(command, NAME)) in (0, REFUSED)
            assert mine.read_bytes() == content, path.name
            path.unlink()
            os.mkfifo(path)
            with limited(ENDLESS):
                assert status_of(*words_of(command, NAME)) in (0, REFUSED)
        path.unlink()
        path.write_bytes(kept)
