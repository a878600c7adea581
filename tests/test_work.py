"""Work is counted alike every time, and what has no end is stopped."""

from __future__ import annotations

import sys
from contextlib import suppress

import pytest

from tests.work import TooMuch, counted, steps_of


def _loop(count: int) -> None:
    for _ in range(count):
        pass


def _pairs(count: int) -> list[int]:
    return [a * b for a in range(count) for b in range(count)]


def _for_ever() -> None:
    while True:
        with suppress(Exception):
            _loop(10)


def test_a_count_is_the_same_every_time() -> None:
    assert steps_of(lambda: _pairs(30)) == steps_of(lambda: _pairs(30))


def test_loops_without_calls_are_counted() -> None:
    assert steps_of(lambda: _loop(2_000)) - steps_of(lambda: _loop(1_000)) in range(1_000, 2_001)
    assert steps_of(lambda: _pairs(80)) > 3 * steps_of(lambda: _pairs(40))


def test_what_has_no_end_is_stopped() -> None:
    before = sys.gettrace()
    with pytest.raises(TooMuch, match="over 1,000 steps"), counted(1_000) as work:
        _for_ever()
    assert work.steps == 1_001
    assert sys.gettrace() is before


def test_counts_can_be_nested() -> None:
    with counted(100_000) as outer:
        with pytest.raises(TooMuch), counted(10):
            _for_ever()
        _loop(50)
    assert outer.steps > 50
