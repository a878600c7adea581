"""Ctrl-C at any moment of a command: exit status 130, no traceback, nothing half written."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from netlang.cli.failures import INTERRUPTED, REFUSED, guarded
from netlang.cli.interrupts import Interrupts
from netlang.cli.verbs import VERBS
from tests.cli.every_verb import COMMANDS, fill, status_of, words_of
from tests.cli.support import GOOD

# The signal comes with the call of a function that has this number: no clock is asked.
AT_A_CALL = """
import signal, sys
from netlang.cli import main
number, calls = int(sys.argv[1]), 0
def called(frame, event, argument):
    global calls
    calls += event == "call"
    if calls == number and event == "call":
        sys.setprofile(None)
        signal.raise_signal(signal.SIGINT)
sys.argv[1:] = sys.argv[2:]
sys.setprofile(called)
try:
    main()
finally:
    sys.setprofile(None)
    with open("calls", "w") as file:
        file.write(str(calls))
"""
NEVER = 10**9
RANDOM = "its weights are random, from seed 0: --weights gives it trained ones\n"


# Whoever started the tests may ignore it, as a shell does for a job in the background.
HEEDED = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"


def _interrupted(folder: Path, number: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", HEEDED + AT_A_CALL, str(number), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


CHECK, COMPILE = ("check", "good.net"), ("compile", "good.net", "-o", "a.onnx")


@pytest.mark.parametrize(
    ("arguments", "times"),
    [
        (CHECK, 6),
        (COMPILE, 4),
        *(pytest.param(x, 24, marks=pytest.mark.slow) for x in (CHECK, COMPILE)),
    ],
)
def test_interrupted_at_any_call(arguments: tuple[str, ...], times: int, tmp_path: Path) -> None:
    (tmp_path / "good.net").write_text(GOOD, encoding="utf-8")
    assert _interrupted(tmp_path, NEVER, *arguments).returncode == 0
    calls = int((tmp_path / "calls").read_text())
    (tmp_path / "a.onnx").unlink(missing_ok=True)
    for number in [2, 3, *range(5, calls, calls // times)]:  # 1 is `main` itself
        done = _interrupted(tmp_path, number, *arguments)
        assert done.returncode in (130, -signal.SIGINT), (number, done.stderr)
        # It may have come to its last words by then.
        assert done.stderr.replace(RANDOM, "") in ("", "interrupted\n"), number
        names = {path.name for path in tmp_path.iterdir()} - {"good.net", "calls", "a.onnx"}
        assert not names, number


def test_what_ignores_ctrl_c_goes_on_so(tmp_path: Path) -> None:
    """As a job in the background does."""
    (tmp_path / "good.net").write_text(GOOD, encoding="utf-8")
    code = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{AT_A_CALL}"
    command = [sys.executable, "-c", code, "500", "check", "good.net"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("tiny: ")


@pytest.fixture
def _handlers() -> Iterator[None]:
    """Whatever a test does with the signal ends with it."""
    handler, hook = signal.getsignal(signal.SIGINT), sys.unraisablehook
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)
    sys.unraisablehook = hook


@pytest.fixture
def _gradients() -> Iterator[None]:
    """PyTorch's own are off for good where `no_grad` is interrupted before it puts them on again.

    That is the end of a process, and not of the tests.
    """
    import torch

    before = torch.is_grad_enabled()
    yield
    torch.set_grad_enabled(before)


class _Interrupted:
    """Is interrupted where Python can't raise an exception: it would show and lose it."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("every verb")
    fill(made, "a")
    return made


def _traced(number: int, command: str) -> tuple[int, int]:
    """The exit status of a command, interrupted at its call of this number, and how many it made.

    Before that and after it a signal would meet the test.
    """
    calls = 0

    def called(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += 1
        if calls == number:
            sys.settrace(None)
            signal.raise_signal(signal.SIGINT)

    sys.settrace(called)
    try:
        return status_of(*words_of(command, "a")), calls
    finally:
        sys.settrace(None)


# A run that was about to end does.
MAY_END = {"train": (0, INTERRUPTED), "search": (0, INTERRUPTED)}


SECONDS = pytest.param("look", marks=pytest.mark.slow)  # it draws five times


# A file that was just opened is closed by the collector then, which Python warns of.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("_handlers", "_gradients")
@pytest.mark.parametrize("verb", [SECONDS, *(verb for verb in VERBS if verb != "look")])
def test_every_verb_is_interrupted(
    verb: str, filled: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """All over its work, and what it is asked again afterwards, it does."""
    monkeypatch.chdir(filled)
    command = next(each for each in COMMANDS if each.split()[0] == verb)
    before = status_of(*words_of(command, "a"))  # it loads what it needs
    status, calls = _traced(NEVER, command)
    assert status == before <= REFUSED
    capfd.readouterr()
    for part in (0.2, 0.5, 0.8):
        status, reached = _traced(int(part * calls), command)
        said = capfd.readouterr()
        assert status in MAY_END.get(verb, (INTERRUPTED,)), (part, reached, said)
        assert "Traceback" not in said.err, said
        assert "error" not in said.err, said
    assert status_of(*words_of(command, "a")) == before


@pytest.mark.usefixtures("_handlers")
def test_an_interruption_that_is_lost_counts(capsys: pytest.CaptureFixture[str]) -> None:
    interrupts = Interrupts()
    interrupts.watch()

    def work() -> int:
        held = _Interrupted()
        del held
        return 0

    assert guarded(work, interrupts) == INTERRUPTED
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("_handlers")
@pytest.mark.parametrize("of_process", [True, False])
def test_after_the_command_the_signal_is_what_it_was(*, of_process: bool) -> None:
    """Of a process that ends, it is the system's: no handler can show a traceback any more."""
    hook, interrupts = sys.unraisablehook, Interrupts()
    interrupts.watch()
    assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    interrupts.end(of_process=of_process)
    after = signal.SIG_DFL if of_process else signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is after
    assert sys.unraisablehook is hook


def test_nothing_is_loaded_before_the_signal_is_watched() -> None:
    """What is interrupted before that ends in a traceback."""
    code = "import sys; import netlang.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if name.partition(".")[0] == "netlang"}
    assert loaded == {"netlang", "netlang.cli"}
