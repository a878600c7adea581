"""A long run: models of torchvision as programs of `torch.export.save`, imported.

``python -m tests.importing.programs.survey [--names a,b] [--one] [--log FILE]`` prints a line for
each, and counts. The weights are random. Programs are for any number of examples; with `--one`, for
one. Small models come first, those for segmentation last.
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path

import torch
from torch import nn

from netlang.backends.torch.importing.holes.stub import Stub
from tests.analysis.oracles import torchvision_models
from tests.importing.programs.support import imported
from tests.importing.runs import finish, named, options, survey, tokens
from tests.importing.torchvision import SEGMENTATION, classifiers, segmentation


def _names(most: float) -> list[str]:
    return [*classifiers(most), *SEGMENTATION]


def _module(name: str) -> nn.Module:
    if name in SEGMENTATION:
        return segmentation(name)
    made: nn.Module = torchvision_models().get_model(name, weights=None)
    return made.eval()


def _one(name: str, *, one: bool) -> tuple[bool, str]:
    """Whether a model was imported, with equal keys, and a line about it."""
    module = _module(name)
    size = {"inception_v3": 299}.get(name, 224)
    batch = None if one else ({0: torch.export.Dim.DYNAMIC},)
    example = torch.zeros(1 if one else 2, 3, size, size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.pt2"
        torch.export.save(torch.export.export(module, (example,), dynamic_shapes=batch), path)
        made = imported(path)
    assert not isinstance(made, Stub)
    left = len(set(module.state_dict()) - set(made.weights))
    off = f"off by {made.proof.largest:.0e}"
    return True, f"{tokens(made.text)} tokens, {left} keys left out, {off}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", action="store_true")
    options(parser)
    asked = parser.parse_args()
    kind = "one" if asked.one else "any"
    one = partial(_one, one=asked.one)
    finish(survey(named(asked, _names), one, asked, "program", kind))


if __name__ == "__main__":
    main()
