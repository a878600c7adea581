"""What lies where a spec is expected and isn't a file: every verb says so, and none waits."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.cli.support import GOOD, Runner
from tests.endless import ENDLESS, limited

VERBS: dict[str, tuple[str, ...]] = {
    "check": (), "check --fix": (), "check --strict": (), "summary": (), "explain": ("fc",),
    "fmt": (), "fmt --check": (), "fmt --diff": (), "draw": ("-o", "x.svg"), "expand": (),
    "compile": ("-o", "x.py"), "train": (), "eval": ("--weights", "w.safetensors"),
    "predict": ("--weights", "w.safetensors", "x.png"),
}  # fmt: skip


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, suppress(OSError):
        server.bind(path.name)  # a path may be too long: we are in its folder


def _two_links(path: Path) -> None:
    path.symlink_to("other.net")
    path.with_name("other.net").symlink_to(path.name)


def _link_to_a_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


def _zeros(path: Path) -> None:
    path.write_bytes(bytes(1000))


def _without_end(path: Path) -> None:
    path.symlink_to("/dev/zero")


KINDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a named pipe": (os.mkfifo, "E0016"),
    "a link to a named pipe": (_link_to_a_pipe, "E0016"),
    "a device without end": (_without_end, "E0016"),
    "a folder": (Path.mkdir, "E0002"),
    "a socket": (_socket, "E0016"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "E0004"),
    "two links in a circle": (_two_links, "E0004"),
    "a link to nothing": (lambda path: path.symlink_to("nothing.net"), "E0001"),
    "a file of zeros": (_zeros, "E0004"),
}


@pytest.fixture(autouse=True)
def _there(run: Runner, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(run.folder)
    with limited(ENDLESS):
        yield


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", VERBS)
def test_no_file(verb: str, kind: str, run: Runner) -> None:
    make, code = KINDS[kind]
    make(run.folder / "a.net")
    name, *options = verb.split()
    text = run.refused(name, "a.net", *options, *VERBS[verb])
    assert text.startswith(f"error[{code}]: ")
    assert not (run.folder / "x.py").exists()


RECIPE = """
train digits {
    model: tiny()
    data: image_folder("digits", channels=1)
    augment: random_resized_crop(28)
    loss: cross_entropy
    optimizer: sgd(lr=0.1)
    batch: 4
    steps: 4
}
"""


@pytest.mark.parametrize("verb", VERBS)
def test_no_file_is_imported(verb: str, run: Runner) -> None:
    os.mkfifo(run.folder / "unit.net")
    text = GOOD.replace("relu", "unit")
    if verb in ("train", "eval", "predict"):
        text += RECIPE
    Path("a.net").write_text(f"from unit import unit\n{text}", encoding="utf-8")
    if verb.startswith("fmt"):
        return  # it reads one file
    name, *options = verb.split()
    text = run.refused(name, "a.net", *options, *VERBS[verb])
    assert text.startswith("error[E0016]: ")
    assert "`unit.net`" in text


OF_WEIGHTS = {
    "compile to ONNX": ("compile", "good.net", "-o", "x.onnx"),
    "compile to PyTorch": ("compile", "good.net", "-o", "x.py"),
    "eval": ("eval", "mnist1d", "arch=logistic"),
    "predict": ("predict", "digits.net", "x.png"),
    "look": ("look", "good.net", "--only", "kernels", "-o", "x"),
    "migrate": ("migrate", "good.net", "good.net", "-o", "x.safetensors"),
    "verify": ("verify", "good.net"),
}


@contextmanager
def _filled_pipe(path: Path) -> Iterator[None]:
    """A pipe that has bytes to give: a verb that wrongly reads them fails and doesn't wait."""
    os.mkfifo(path)
    end = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        os.write(end, bytes(1 << 15))
        yield
    finally:
        os.close(end)


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
@pytest.mark.parametrize("verb", OF_WEIGHTS)
def test_a_pipe_of_weights(verb: str, name: str, run: Runner) -> None:
    (run.folder / "digits.net").write_text(GOOD + RECIPE, encoding="utf-8")
    with _filled_pipe(run.folder / name):
        text = run.refused(*OF_WEIGHTS[verb], "--weights", name)
    assert text.startswith("error[")
    assert name in text
    assert "it is a named pipe" in text


SAID = {
    "a named pipe": "it is a named pipe", "a link to a named pipe": "it is a named pipe",
    "a device without end": "it is a device", "a folder": "it is a folder",
    "a socket": "it is a socket", "a link to itself": "Too many levels of symbolic links",
    "two links in a circle": "Too many levels of symbolic links",
    "a link to nothing": "no such file", "a file of zeros": "",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", OF_WEIGHTS)
def test_no_file_of_weights(verb: str, kind: str, run: Runner) -> None:
    (run.folder / "digits.net").write_text(GOOD + RECIPE, encoding="utf-8")
    for suffix in ("safetensors", "pth"):
        name = f"w{suffix}.{suffix}"
        (run.folder / suffix).mkdir()
        KINDS[kind][0](run.folder / name)
        text = run.refused(*OF_WEIGHTS[verb], "--weights", name)
        assert text.startswith("error["), text
        assert SAID[kind] in text, text
        for made in ("other.net", "pipe"):
            (run.folder / made).unlink(missing_ok=True)
        assert not [path for path in run.folder.iterdir() if path.stem == "x"]


NAME = "li\nne\x1b[31m.net"


@pytest.mark.parametrize("verb", ["check", "check --strict", "fmt --check", "fmt", "fmt --diff"])
@pytest.mark.parametrize("text", [GOOD, "block b{relu}\n"])
def test_a_name_is_shown_without_control_characters(verb: str, text: str, run: Runner) -> None:
    (run.folder / "d\x1b[1m").mkdir()
    for path in (run.folder / NAME, run.folder / "d\x1b[1m" / NAME):
        path.write_text(text, encoding="utf-8")
    name, *options = verb.split()
    for asked in (NAME, "d\x1b[1m"):
        said = run(name, asked, *options)
        assert "\x1b" not in said.out + said.err
        assert "\nne" not in said.out + said.err


def test_files_are_told_without_control_characters(run: Runner) -> None:
    (run.folder / NAME).write_text(GOOD, encoding="utf-8")
    for verb in ("compile", "draw"):
        said = run(verb, NAME, "-o", "o\x1b[3m\n.dot")
        assert said.out.startswith("wrote o\\x1b[3m\\n.dot (")
    for arguments in (("\x1b[31mchek",), ("list", "\x1b[31m"), ("check", "--\x1b[31m", "a.net")):
        assert "\x1b" not in run(*arguments).err


def test_imports_stay_in_their_folder(run: Runner) -> None:
    secret = "root:x:0:0\n"
    (run.folder / "secret").write_text(secret, encoding="utf-8")
    (run.folder / "unit.net").write_text("block unit { relu }\n", encoding="utf-8")
    inner = run.folder / "inner"
    (inner / "below").mkdir(parents=True)
    for name, target in {
        "secret.net": "../secret", "outside.net": "../unit.net", "inside.net": "own.net",
        "far.net": "/etc/hostname",
    }.items():  # fmt: skip
        (inner / name).symlink_to(target)
    (inner / "own.net").write_text("block unit { relu }\n", encoding="utf-8")
    (inner / "below" / "up.net").symlink_to("../own.net")
    (inner / "folder").symlink_to("..")
    for module, inside in {
        "secret": False, "outside": False, "far": False, "folder.unit": False, "inside": True,
        "below.up": True, "own": True,
    }.items():  # fmt: skip
        spec = inner / "a.net"
        spec.write_text(f"from {module} import unit\nnet a {{ input x: [3]; unit }}\n")
        if inside:
            assert run("check", str(spec)).status == 0, module
            continue
        text = run.refused("check", str(spec))
        assert text.startswith("error[E0017]: "), module
        assert secret.strip() not in text


def test_a_spec_may_be_a_link_itself(run: Runner) -> None:
    (run.folder / "away").mkdir()
    (run.folder / "away" / "a.net").symlink_to("../good.net")
    assert run("check", "away/a.net").status == 0
    assert stat.S_ISLNK((run.folder / "away" / "a.net").lstat().st_mode)
