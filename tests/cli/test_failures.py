"""What the command line says, and its exit status, when something is wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from netlang.build import Written
from netlang.cli.failures import guarded
from netlang.cli.terminal import colour_wanted
from netlang.diagnostics.errors import InternalError
from netlang.targets.backends import backend, written_by
from tests.cli.support import Runner
from tests.quality import ROOT

NETLANG = (sys.executable, "-m", "netlang")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", "absent.net"), "E0001"),
        (("check", "god.net"), "did you mean `good.net`"),
        (("check", "folder.net"), "E0002"),
        (("check", "latin.net"), "E0003"),
        (("summary", "notes.txt/x"), "E0005"),
        (("summary", "resnt50"), "did you mean `resnet50`"),
        (("summary", "two.net"), "E0008"),
        (("summary", "two.net:third"), "E0007"),
        (("summary", "blocks.net"), "E0009"),
        (("summary", "("), "E0010"),
        (("summary", "blocks.net:b"), "E0007"),
        (("compile", "blocks.net:b", "-o", "x.py"), "E0022"),
        (("compile", "blocks.net:b", "--input", "8", "-o", "x.py"), "E0023"),
        (("summary", "resnet:bottleneck"), "is a block: `compile`, `summary` and `draw` take it"),
        (("compile", "good.net", "-o", "x.txt"), "E0011"),
        (("compile", "good.net", "-o", "x.py", "-o", "x.py"), "E0019"),
        (("compile", "good.net", "-o", "nowhere/x.py"), "E0014"),
        (("compile", "good.net", "-o", "nowhere/x.onnx"), "E0014"),
        (("compile", "good.net", "-o", "nowhere/x.dot"), "E0014"),
        (("draw", "good.net", "-o", "x.py"), "E0011"),
        (("summary", "unet", "--size", "H=250"), "H must be a multiple of 16"),
        (("summary", "good.net", "--size", "D=3"), "E0453"),
        (("summary", "good.net", "--size", "H=0"), "E0454"),
        (("compile", "good.net", "-o", "x.onnx", "--weights", "no.safetensors"), "no.safetensors"),
        (("train", "nothing"), "E0006"),
        (("train", "mnist1d", "sede=3"), "did you mean `seed`"),
        (("eval", "mnist1d", "--weights", "no.safetensors"), "no.safetensors"),
    ],
)
def test_refused(run: Runner, arguments: tuple[str, ...], code: str) -> None:
    (run.folder / "folder.net").mkdir()
    (run.folder / "latin.net").write_bytes(b"# caf\xe9\n")
    (run.folder / "blocks.net").write_text("block b {\n    relu\n}\n")
    assert code in run.refused(*arguments)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for root")
def test_unreadable_file(run: Runner) -> None:
    (run.folder / "good.net").chmod(0)
    assert "E0004" in run.refused("check", "good.net")


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("chek", "x"), "did you mean `netlang check`"),
        (("resnet50",), "there is no verb `resnet50`"),
        (("check",), "Missing argument"),
        (("summary", "x", "--fromat", "json"), "--format"),
        (("summary", "good.net", "--format", "xml"), "json"),
        (("summary", "good.net", "--size", "256,128"), "H=256"),
        (("summary", "good.net", "--size", "28x28x28"), "3 sizes, the input 2: by name, H=28,W=28"),
        (("summary", "lenet5", "--size", "64"), "have no sizes to choose"),
        (("summary", "square.net", "--size", "64x32"), "32 for an axis that is 64"),
        (("summary", "good.net", "--size", "H=1,H=2"), "twice"),
        (("summary", "good.net", "--size", f"H={'9' * 5000}"), "not a size"),
        (("summary", "good.net", "--batch", "0"), "--batch"),
        (("compile", "good.net"), "--output"),
        (("compile", "good.net", "--input", "[8]", "-o", "x.py"), "--input is for a block"),
        (("compile", "resnet:imagenet", "--input", "[8]", "-o", "x.py"), "--input is for a block"),
        (
            ("compile", "resnet:basic(4)", "--input", "[4, 8, 8]", "--guard", "-o", "x.py"),
            "--guard",
        ),
        (("compile", "resnet:basic(4)", "a=1", "-o", "x.py"), "names a block"),
        (("compile", "good.net", "-o", "x.onnx", "--partial"), "--weights"),
    ],
)
def test_usage(run: Runner, arguments: tuple[str, ...], advice: str) -> None:
    result = run(*arguments)
    assert result.status == 2
    assert advice in result.err


@pytest.mark.parametrize("hidden", ["torch", "onnx", "numpy"])
def test_missing_package_says_how_to_install_it(hidden: str, tmp_path: Path) -> None:
    weights = ("--weights", "w.pth") if hidden == "torch" else ()
    (tmp_path / "w.pth").write_bytes(b"PK\x03\x04")
    code = (
        f"import sys; sys.modules[{hidden!r}] = None\n"
        f"from netlang.cli import main; main(sys.argv[1:])"
    )
    command = (sys.executable, "-c", code, "compile", "resnet18", "-o", "x.onnx", *weights)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "error[E0012]" in done.stderr
    assert "isn't installed" in done.stderr
    assert "pip install 'netlang[" in done.stderr
    assert not (tmp_path / "x.onnx").exists()


def test_bug_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> int:
        raise KeyError("conv9")

    assert guarded(broken) == 70
    said = capsys.readouterr().err
    assert "KeyError" in said
    assert "bug in netlang" in said
    assert "Traceback" not in said


def test_broken_invariant(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> int:
        raise InternalError("a node reads one that comes after it")

    assert guarded(broken) == 70
    assert capsys.readouterr().err.count("bug in netlang") == 1


def test_interrupt(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    assert guarded(interrupted) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_reader_goes_away() -> None:
    command = [*NETLANG, "list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 128 + signal.SIGPIPE


def test_a_reader_that_goes_away_is_no_fault_of_a_file(tmp_path: Path) -> None:
    """A backend tells how far it is while it writes."""

    def work(end: Path) -> Written:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        written_by(backend("torch"), tmp_path / "a.py", work)


def test_full_disk() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*NETLANG, "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "error: No space left on device\n"


def test_terminal_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "naïve.net").write_text("net a {\n}\n", encoding="utf-8")
    done = subprocess.run(
        [*NETLANG, "check", "naïve.net"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert b"na\\xefve.net" in done.stderr


class Terminal(StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert colour_wanted(Terminal())
    assert not colour_wanted(StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colour_wanted(Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not colour_wanted(Terminal())


def test_a_checkout_that_is_not_installed(tmp_path: Path) -> None:
    """`python -m netlang` inside it takes the package from there; its other parts aren't found."""
    copytree(ROOT / "netlang", tmp_path / "netlang", ignore=ignore_patterns("__pycache__"))
    code = (
        "import sys\n"
        "sys.meta_path[:] = [each for each in sys.meta_path if 'editable' not in repr(each)]\n"
        "sys.path.insert(0, '')\n"
        "from netlang.cli import main\n"
        "main(['check', 'resnet50'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "error[E0021]: netlang is installed but doesn't load" in done.stderr
    assert f"`pip install -e {tmp_path}`, or call it from another folder" in done.stderr
