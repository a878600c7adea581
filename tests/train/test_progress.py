"""What a run shows: a bar on a terminal, lines in a log."""

from __future__ import annotations

import io

import pytest

from netlang.backends.torch.train import Bar, Lines, progress_for


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_come_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    stream = io.StringIO()
    progress = progress_for(stream)
    assert isinstance(progress, Lines)
    progress.begin(0, 500)
    for done in range(1, 501):
        now = done / 20
        progress.advance(done, f"at {now:.0f} s")
    progress.end()
    assert stream.getvalue().splitlines() == [
        "step 200 of 500: at 10 s",
        "step 400 of 500: at 20 s",
        "step 500 of 500: at 25 s",
    ]


def test_every_line_that_is_due() -> None:
    stream = io.StringIO()
    progress = Lines(stream, seconds=0.0)
    progress.begin(1, 3)
    progress.advance(2, "a")
    progress.advance(3, "b")
    assert stream.getvalue() == "step 2 of 3: a\nstep 3 of 3: b\n"


def test_a_bar_on_a_terminal() -> None:
    stream = _Terminal()
    progress = progress_for(stream)
    assert isinstance(progress, Bar)
    progress.begin(100, 200)
    for done in range(101, 201):
        progress.advance(done, "loss 1.0")
    progress.end()
    progress.say("done")
    assert "100/200" in stream.getvalue()
    assert "200/200" in stream.getvalue()
    assert stream.getvalue().endswith("done\n")
