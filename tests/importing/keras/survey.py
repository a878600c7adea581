"""A long run: models of `keras.applications`, with random weights, as specs, compared with Keras.

``python -m tests.importing.keras.survey [--names A,B] [--log FILE]`` prints a line for each, and
counts.
"""

from __future__ import annotations

import argparse
import os
from importlib import import_module

from netlang.backends.torch.importing.holes.stub import Stub
from netlang.backends.torch.importing.keras.imported import import_keras
from netlang.backends.torch.importing.spec import Asked
from tests.importing.runs import finish, named, options, survey, tokens

NAMES = ("ResNet50", "MobileNetV2", "EfficientNetB0", "DenseNet121")


def _one(name: str) -> tuple[bool, str]:
    """Whether a model was imported, and a line about it."""
    model = getattr(import_module("keras.applications"), name)(weights=None)
    made = import_keras(model, Asked(name.lower(), f"From {name}."))
    assert not isinstance(made, Stub)
    left = len(made.proof.left_out)
    off = f"off by {made.proof.largest:.1e}"
    return True, f"{tokens(made.text)} tokens, {left} keys left out, {off}"


def main() -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    parser = argparse.ArgumentParser(description=__doc__)
    options(parser)
    asked = parser.parse_args()
    finish(survey(named(asked, lambda _: NAMES), _one, asked, "keras"))


if __name__ == "__main__":
    main()
