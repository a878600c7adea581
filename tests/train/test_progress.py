"""What a run shows: a bar on a terminal, lines in a log."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from netlang.backends.torch.train import Bar, LogLines, Silent, progress_for, train
from netlang.backends.torch.train.records import progress as progress_module
from netlang.backends.torch.train.records.progress import Speed, duration, status_of
from netlang.targets.options import RunOptions
from tests.train.support import sketch

_BODY = "    input x: [40]\n    linear(16) -> relu -> fc: linear(10)"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_come_now_and_then() -> None:
    stream = io.StringIO()
    progress = LogLines(stream, seconds=1e6)
    progress.begin(0, 500, 10)
    for done in range(1, 501):
        progress.advance(done)
    progress.show({"step": 500, "loss": 1.0})
    progress.end()
    assert stream.getvalue().startswith("step 500 of 500: loss 1.0000, ")
    assert stream.getvalue().count("\n") == 1


def test_every_line_that_is_due() -> None:
    stream = io.StringIO()
    progress = LogLines(stream, seconds=0.0)
    progress.begin(1, 3, 10)
    progress.advance(2)
    progress.show({"step": 2, "loss": 0.5})
    progress.advance(3)
    assert stream.getvalue().startswith("step 3 of 3: loss 0.5000")


def test_a_run_that_was_over_says_nothing_of_steps() -> None:
    stream = io.StringIO()
    progress = LogLines(stream)
    progress.begin(3, 3, 10)
    progress.end()
    assert stream.getvalue() == ""


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("display", [LogLines, Bar])
def test_messages_are_shown_without_control_characters(
    display: type[LogLines] | type[Bar], begun: bool
) -> None:
    """They repeat names in a stranger's weights."""
    stream = io.StringIO()
    progress = display(stream)
    progress.begin(0, 10, 10)
    if begun:
        progress.advance(1)
    progress.say("entry `\x1b[2Jema\r`\nof two lines")
    assert "entry `\\x1b[2Jema\\r`\nof two lines\n" in stream.getvalue()
    progress.end()


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    stream = _Terminal()
    progress = progress_for(stream)
    assert isinstance(progress, Bar)
    progress.begin(100, 200, 10)
    for done in range(101, 201):
        progress.advance(done)
        progress.show({"step": done, "loss": 1.0, "validation_accuracy": 0.5})
    progress.say("a [word] that stays")
    progress.end()
    progress.say("done")
    assert "101/200" in stream.getvalue()
    assert "200/200" in stream.getvalue()
    assert "validation accuracy 50.0 %" in stream.getvalue()
    assert "examples/s" in stream.getvalue()
    assert "a [word] that stays" in stream.getvalue()
    assert stream.getvalue().endswith("done\n")


def test_what_shows_a_run() -> None:
    assert isinstance(progress_for(io.StringIO()), LogLines)
    assert isinstance(progress_for(_Terminal(), quiet=True), Silent)


def test_speed_leaves_out_what_came_before() -> None:
    speed = Speed(100, 300, 50)
    assert str(speed) == ""
    speed.advance(101, now=10.0)
    assert str(speed) == ""
    speed.advance(201, now=20.0)
    assert speed.steps_a_second == 10.0
    assert str(speed) == "500 examples/s, 0:00:10 left"
    speed.advance(301, now=30.0)
    assert str(speed) == "500 examples/s"


def test_words_for_a_person() -> None:
    assert duration(3723.4) == "1:02:03"
    shown = {"step": 3, "loss": 2.5, "lr": 0.1, "test_accuracy": 0.125, "test_loss": None}
    assert status_of(shown) == "loss 2.5000, test accuracy 12.5 %"


def test_what_a_run_says_at_its_end(tmp_path: Path) -> None:
    """Scores stand beside the step of the weights that they are of: lines mix no two models."""
    stream = io.StringIO()
    recipe, program = sketch(_BODY, "steps: 60", "validation: 0.2", "evaluate_every: 5",
                             "optimizer: sgd(lr=4)")  # fmt: skip
    result = train(
        recipe, program, RunOptions(tmp_path / "run", device="cpu"), progress_for(stream)
    )
    assert result.best is not None
    assert result.test is not None
    assert result.best.step < 60
    step = result.best.step
    assert result.scored == f"best weights (step {step}, epoch {-(-step // result.epoch_steps)})"
    assert result.figures()["test accuracy"] == result.test.accuracy
    (last,) = [line for line in stream.getvalue().splitlines() if line.startswith("step 60 of 60")]
    assert "test" not in last
    assert result.last is not None
    assert f"validation accuracy {100 * (result.last.accuracy or 0):.1f} %" in last
    recipe, program = sketch(_BODY, "steps: 12")
    alone = train(recipe, program, RunOptions(tmp_path / "alone", device="cpu"))
    assert alone.scored == "last weights (step 12, epoch 1)"


@pytest.mark.parametrize("columns", [60, 80, 160])
def test_a_bar_keeps_its_step_and_the_time_left(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(progress_module, "_BAR_EVERY", 0.0)
    stream = _Terminal()
    bar = Bar(stream)
    bar.begin(0, 15_000, 64)
    bar.show({"loss": 1.25, "validation_loss": 0.5, "validation_accuracy": 0.5})
    for done in range(1, 4):
        bar.advance(done)
    bar.end()
    drawn = [line for line in stream.getvalue().splitlines() if "/15000" in line][-1]
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.rpartition("\r")[2])
    assert len(last.rstrip()) <= columns
    assert "3/15000 lo" in last
    assert last.rstrip().endswith(" left")
