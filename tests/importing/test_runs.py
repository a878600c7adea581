"""Long runs of imports: what they log, and where they go on."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tests.importing.runs import finish, options, survey


def _asked(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    options(parser)
    return parser.parse_args(arguments)


def test_a_run_goes_on_from_its_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = str(tmp_path / "log.jsonl")
    tried: list[str] = []
    broken = {"b"}

    def one(name: str) -> tuple[bool, str]:
        tried.append(name)
        if name in broken:
            raise ValueError("no such thing")
        return True, "10 tokens"

    first = survey(["a", "b"], one, _asked("--log", log), "module")
    assert first == {"a": (True, "10 tokens"), "b": (False, "fault: ValueError: no such thing")}
    assert survey(["a", "b", "c"], one, _asked("--log", log), "module").keys() == {"a", "b", "c"}
    assert tried == ["a", "b", "c"]
    broken.clear()
    again = survey(["a", "b", "c"], one, _asked("--log", log, "--again"), "module")
    assert tried == ["a", "b", "c", "b"]
    survey(["a"], one, _asked("--log", log), "program", "any")
    assert tried == ["a", "b", "c", "b", "a"], "a run of another kind has its own lines"
    with pytest.raises(SystemExit) as ended:
        finish(again)
    assert not ended.value.code
    assert capsys.readouterr().out.endswith("3 of 3 imported\n")
