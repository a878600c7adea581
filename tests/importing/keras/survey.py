"""A long run: models of `keras.applications`, with random weights, as specs, compared with Keras.

``python -m tests.importing.keras.survey [--names A,B]`` prints a line for each, and counts.
"""

from __future__ import annotations

import argparse
import os
import time
from importlib import import_module

from netlang.backends.torch.importing.holes.stub import Stub
from netlang.backends.torch.importing.keras.imported import import_keras
from netlang.backends.torch.importing.spec import Asked
from netlang.diagnostics.errors import NetlangError
from tests.importing.survey import tokens

__all__ = ["survey"]

NAMES = "ResNet50,MobileNetV2,EfficientNetB0,DenseNet121"


def survey(name: str) -> tuple[bool, str]:
    """Whether a model was imported, and a line about it."""
    model = getattr(import_module("keras.applications"), name)(weights=None)
    try:
        made = import_keras(model, Asked(name.lower(), f"From {name}."))
    except NetlangError as error:
        first = error.diagnostics[0]
        return False, "; ".join([first.message, *first.rows[1:3]])[:300]
    assert not isinstance(made, Stub)
    left = len(made.proof.left_out)
    return (
        True,
        f"{tokens(made.text)} tokens, {left} keys left out, off by {made.proof.largest:.1e}",
    )


def main() -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", default=NAMES)
    names = parser.parse_args().names.split(",")
    good = 0
    for name in names:
        start = time.perf_counter()
        is_good, line = survey(name)
        good += is_good
        mark = "imported" if is_good else "NOT"
        print(f"{name}: {mark}: {line} ({time.perf_counter() - start:.0f} s)", flush=True)
    print(f"{good} of {len(names)}")


if __name__ == "__main__":
    main()
