"""Weights of a run that don't fit say which net the run trained."""

from __future__ import annotations

from pathlib import Path

import pytest

import netlang
from netlang.backends.torch.train.storage import Json, save_tensors
from tests.cli.support import Runner
from tests.quality import ROOT

DIGITS = str(ROOT / "examples" / "digits.net")


def saved(model: Json) -> str:
    state = netlang.load(DIGITS, width=32).torch().state_dict()
    save_tensors(Path("w.safetensors"), state, {"keys": {"model": model}})
    return "w.safetensors"


def test_the_net_that_a_run_trained_is_named(run: Runner) -> None:
    given = saved("digits(width=32)")
    text = run.refused("compile", DIGITS, "-o", "d.onnx", "--weights", given)
    assert "the run trained `digits(width=32)`: name the net so, or" in text
    assert "--partial" in text
    assert (
        run("compile", f"{DIGITS}:digits(width=32)", "-o", "d.onnx", "--weights", given).status == 0
    )


@pytest.mark.parametrize("model", ["\x1b[2J", "a" * 201, 3, ["digits"], None])
def test_what_a_stranger_says_instead_is_not_shown(run: Runner, model: Json) -> None:
    text = run.refused("compile", DIGITS, "-o", "d.onnx", "--weights", saved(model))
    assert "the run trained" not in text
    assert "= help: give the weights of this net" in text
