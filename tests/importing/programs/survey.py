"""A long run: torchvision's models and the bundled nets as files of `torch.export.save`, imported.

``python -m tests.importing.programs.survey [--of torchvision|bundled] [--names a,b] [--one]
[--log FILE]`` prints a line for each, and counts. The weights are random. Programs are for any
number of examples; with `--one`, for one. Small models come first, those for segmentation last.
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

import netlang
from netlang.backends.torch.importing.holes.stub import Stub
from tests.analysis.oracles import torchvision_models
from tests.importing.programs.support import imported
from tests.importing.runs import finish, named, options, survey, tokens
from tests.importing.torchvision import SEGMENTATION, classifiers, segmentation
from tests.onnx.importing.subjects import bundled_module, bundled_names


def _names(most: float) -> list[str]:
    return [*classifiers(most), *SEGMENTATION]


def _module(name: str) -> nn.Module:
    if name in SEGMENTATION:
        return segmentation(name)
    made: nn.Module = torchvision_models().get_model(name, weights=None)
    return made.eval()


def _subject(of: str, name: str, batch: int) -> tuple[nn.Module, tuple[Tensor, ...]]:
    """A model and inputs of so many examples."""
    if of == "bundled":
        return bundled_module(netlang.load(name), batch)
    size = {"inception_v3": 299}.get(name, 224)
    return _module(name), (torch.zeros(batch, 3, size, size),)


def _one(of: str, name: str, *, one: bool) -> tuple[bool, str]:
    """Whether a model was imported, and a line about it, with the keys that its spec lacks."""
    module, example = _subject(of, name, 1 if one else 2)
    every = ({0: torch.export.Dim.DYNAMIC},) * len(example)
    sizes = None if one else (every,) if of == "bundled" else every
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.pt2"
        torch.export.save(torch.export.export(module, example, dynamic_shapes=sizes), path)
        made = imported(path, large=True)
    assert not isinstance(made, Stub)
    left = len(set(module.state_dict()) - set(made.weights))
    off = f"off by {made.proof.largest:.0e}"
    return True, f"{tokens(made.text)} tokens, {left} keys left out, {off}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--of", choices=("torchvision", "bundled"), default="torchvision")
    parser.add_argument("--one", action="store_true")
    options(parser)
    asked = parser.parse_args()
    names = _names if asked.of == "torchvision" else bundled_names
    one = partial(_one, asked.of, one=asked.one)
    kind = "one" if asked.one else "any"
    finish(survey(named(asked, names), one, asked, "program", kind))


if __name__ == "__main__":
    main()
