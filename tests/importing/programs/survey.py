"""A long run: models of torchvision as programs of `torch.export.save`, imported.

``python -m tests.importing.programs.survey [--names a,b] [--one]`` prints a line for each, and
counts. The weights are random. Programs are for any number of examples; with `--one`, for one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from pathlib import Path

import torch

from netlang.backends.torch.importing.holes.stub import Stub
from netlang.diagnostics.errors import NetlangError
from tests.analysis.oracles import torchvision_models
from tests.importing.programs.support import imported
from tests.importing.survey import classifiers, tokens

__all__ = ["survey"]


def survey(name: str, folder: Path, *, one: bool) -> tuple[bool, str]:
    """Whether a model was imported, with equal keys, and a line about it."""
    models = torchvision_models()
    module = models.get_model(name, weights=None).eval()
    size = {"inception_v3": 299}.get(name, 224)
    batch = None if one else ({0: torch.export.Dim.DYNAMIC},)
    path = folder / "net.pt2"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = torch.zeros(1 if one else 2, 3, size, size)
        torch.export.save(torch.export.export(module, (example,), dynamic_shapes=batch), path)
    try:
        made = imported(path)
    except NetlangError as error:
        first = error.diagnostics[0]
        return False, "; ".join([first.message, *first.rows[1:3]])[:300]
    except Exception as error:  # a traceback is a fault of ours, and counted
        return False, f"fault: {type(error).__name__}: {error}"[:300]
    assert not isinstance(made, Stub)
    left = len(set(module.state_dict()) - set(made.weights))
    return (
        True,
        f"{tokens(made.text)} tokens, {left} keys left out, off by {made.proof.largest:.0e}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", default="")
    parser.add_argument("--one", action="store_true")
    asked = parser.parse_args()
    names = asked.names.split(",") if asked.names else list(classifiers())
    good = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            start = time.perf_counter()
            is_good, line = survey(name, Path(folder), one=asked.one)
            good += is_good
            mark = "imported" if is_good else "NOT"
            print(f"{name}: {mark}: {line} ({time.perf_counter() - start:.0f} s)", flush=True)
    print(f"{good} of {len(names)}")


if __name__ == "__main__":
    main()
