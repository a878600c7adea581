"""A signal lets a run save its state: at once where it only waits or looks, else after a step."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from netlang.backends.torch.data.loader import Loader
from netlang.backends.torch.train.interrupt import Interrupt, Stopped, interrupts, outliving_one
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.world import World
from tests.quality import ROOT
from tests.train.faults.subject import run

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP]


@pytest.fixture(autouse=True)
def _python_s_own_handlers() -> Iterator[None]:
    """A process in the background of a shell may start without Ctrl-C."""
    before = [(number, signal.getsignal(number)) for number in SIGNALS]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    for number, handler in before:
        signal.signal(number, handler)


def me(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_noted(number: int) -> None:
    with interrupts() as interrupt:
        assert not interrupt.wanted
        me(number)
        assert interrupt.signal == number
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_stops_at_once() -> None:
    with interrupts() as interrupt:
        me(signal.SIGINT)
        assert interrupt.wanted
        with pytest.raises(KeyboardInterrupt):
            me(signal.SIGINT)


def test_a_scheduler_may_repeat_itself() -> None:
    """It warns, then terminates, each perhaps twice; only a person is in that much of a hurry."""
    with interrupts() as interrupt:
        for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGTERM, signal.SIGUSR1):
            me(number)
        assert interrupt.signal == signal.SIGUSR1
        with pytest.raises(KeyboardInterrupt):
            me(signal.SIGINT)


def test_what_changes_nothing_is_cut_short() -> None:
    with interrupts() as interrupt:
        passed: list[str] = []
        for _ in range(2):
            with pytest.raises(Stopped):
                _interrupted(interrupt, passed)
        # The second time nothing is begun any more.
        assert passed == ["begun"]


def _interrupted(interrupt: Interrupt, passed: list[str]) -> None:
    with interrupt:
        passed.append("begun")
        me(signal.SIGTERM)
        passed.append("ended")


def test_an_error_outlives_the_end_of_the_others() -> None:
    """`torchrun` ends all processes when one has ended; another may have an error to tell.

    One signal passes, also on the way out; then the caller's own handler is there again.
    """
    heard: list[int] = []

    def handler(number: int, frame: object) -> None:
        heard.append(number)

    signal.signal(signal.SIGTERM, handler)
    with pytest.raises(ValueError, match="told"), outliving_one(signal.SIGTERM):
        _failing()
    me(signal.SIGTERM)
    assert heard == []
    me(signal.SIGTERM)
    assert heard == [signal.SIGTERM]
    signal.signal(signal.SIGTERM, handler)
    with outliving_one(signal.SIGTERM), interrupts(World(0, 2)):
        pass
    assert signal.getsignal(signal.SIGTERM) is handler


def _failing() -> None:
    try:
        with interrupts(World(0, 2)):
            raise ValueError("told")
    finally:
        me(signal.SIGTERM)


def test_nohup_stays_in_force() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with interrupts() as interrupt:
        me(signal.SIGHUP)
        assert not interrupt.wanted
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_a_run_in_a_thread_has_no_signals() -> None:
    from concurrent.futures import ThreadPoolExecutor

    def body() -> bool:
        with interrupts() as interrupt, interrupt:
            return interrupt.wanted

    with ThreadPoolExecutor(1) as pool:
        assert not pool.submit(body).result()


def test_waiting_for_data_is_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data that never come must not keep a run from saving what it has."""
    batches = Loader.batches

    def stuck(self: Loader, epoch: int, first: int) -> Iterator[object]:
        for position, batch in enumerate(batches(self, epoch, first), first):
            if position == 7:
                me(signal.SIGTERM)
                raise AssertionError("the wait went on")
            yield batch

    monkeypatch.setattr(Loader, "batches", stuck)
    result = run(tmp_path / "run")
    assert (result.steps, result.signal) == (7, signal.SIGTERM)
    monkeypatch.undo()
    assert run(tmp_path / "run").finished


def test_an_evaluation_is_cut_short_and_made_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(tmp_path / "whole")
    correct, seen = Objective.correct, []

    def interrupted(self: Objective, values: dict[str, object]) -> object:
        seen.append(1)
        # The batch of a record, and an evaluation, twice.
        if len(seen) == 4:
            me(signal.SIGTERM)
            raise AssertionError("the evaluation went on")
        return correct(self, values)  # type: ignore[arg-type]  # its values are tensors

    monkeypatch.setattr(Objective, "correct", interrupted)
    result = run(tmp_path / "cut")
    assert (result.steps, result.signal) == (8, signal.SIGTERM)
    assert result.last is not None
    assert result.last.step == 4
    monkeypatch.undo()
    assert run(tmp_path / "cut") == replace(whole, folder=result.folder)
    for name in ("metrics.jsonl", "best.safetensors", "last.safetensors"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_the_exit_status_says_which(tmp_path: Path) -> None:
    """As shells count: 128 and the number of the signal."""
    keys = ("steps=1000000", "checkpoint_every=5", "validation=0.2", "evaluate_every=1000000")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "netlang",
            "train",
            "mnist1d",
            *keys,
            "--out",
            str(tmp_path / "run"),
            "--device",
            "cpu",
        ],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(tmp_path.glob("run/checkpoints/*.safetensors")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGUSR1)
    _, told = process.communicate()
    assert process.returncode == 128 + signal.SIGUSR1
    # With everything that made the run what it is, as a shell takes it.
    again = f"netlang train mnist1d {' '.join(keys)} --resume --out {tmp_path / 'run'} --device cpu"
    assert f": go on with {again}\n" in told


def test_an_interrupt_is_wanted_by_a_signal_alone() -> None:
    interrupt = Interrupt()
    with interrupt:
        assert not interrupt.wanted
