"""The recipes that are to be good: bundled or an example, trained to the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.backends.torch.train import train
from netlang.recipes import load_recipe
from netlang.targets.options import RunOptions
from tests.quality import ROOT

# People recognise 96 % of MNIST-1D: Greydanus 2020, arXiv:2011.14439, table 1.
GOOD = {"mnist1d_residual": 0.96, str(ROOT / "examples" / "digits.net"): 0.985}


@pytest.mark.slow
@pytest.mark.parametrize("spec", GOOD)
def test_accuracy(spec: str, tmp_path: Path) -> None:
    recipe, program = load_recipe(spec, ["seed=1"])
    result = train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    assert result.test is not None
    assert result.test.accuracy is not None
    assert result.test.accuracy >= GOOD[spec]
