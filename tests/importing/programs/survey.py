"""A long run: models of torchvision as programs of `torch.export.save`, imported.

``python -m tests.importing.programs.survey [--names a,b] [--one]`` prints a line for each, and
counts. The weights are random. Programs are for any number of examples; with `--one`, for one.
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path

import torch

from netlang.backends.torch.importing.holes.stub import Stub
from tests.analysis.oracles import torchvision_models
from tests.importing.programs.support import imported
from tests.importing.survey import classifiers, finish, survey, tokens


def _one(name: str, folder: Path, *, one: bool) -> tuple[bool, str]:
    """Whether a model was imported, with equal keys, and a line about it."""
    models = torchvision_models()
    module = models.get_model(name, weights=None).eval()
    size = {"inception_v3": 299}.get(name, 224)
    batch = None if one else ({0: torch.export.Dim.DYNAMIC},)
    path = folder / "net.pt2"
    example = torch.zeros(1 if one else 2, 3, size, size)
    torch.export.save(torch.export.export(module, (example,), dynamic_shapes=batch), path)
    made = imported(path)
    assert not isinstance(made, Stub)
    left = len(set(module.state_dict()) - set(made.weights))
    off = f"off by {made.proof.largest:.0e}"
    return True, f"{tokens(made.text)} tokens, {left} keys left out, {off}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", default="")
    parser.add_argument("--one", action="store_true")
    asked = parser.parse_args()
    names = asked.names.split(",") if asked.names else list(classifiers())
    with tempfile.TemporaryDirectory() as folder:
        rows = list(survey(names, partial(_one, folder=Path(folder), one=asked.one)))
    finish(rows)


if __name__ == "__main__":
    main()
