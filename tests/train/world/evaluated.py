"""Scores with weights shared out: what was found, who held how much."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

from torch import nn
from torch.distributed.tensor import DTensor

from netlang import processes
from netlang.backends.torch.train import evaluate
from netlang.backends.torch.train.evaluation import score
from netlang.recipes import load_recipe
from netlang.targets.options import ScoreOptions

__all__ = ["main"]


def main(folder: Path) -> None:
    """What one of the processes does with the weights of the run in `folder`."""
    held: list[int] = []

    def watched(model: nn.Module, *given: Any, **others: Any) -> Any:
        for each in model.parameters():
            own = each.to_local() if isinstance(each, DTensor) else each
            held.append(own.numel())
        return score(model, *given, **others)

    recipe, program = load_recipe("mnist1d")
    weights = folder / "run" / "best.safetensors"
    with patch("netlang.backends.torch.train.scoring.score", watched):
        scores = evaluate(recipe, program, weights, ScoreOptions(device="cpu", shard=True))
    facts = {**asdict(scores), "held": sum(held)}
    (folder / f"{processes.rank()}.json").write_text(json.dumps(facts))
