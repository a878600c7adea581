"""A long run: models of `keras.applications`, with random weights, as specs, compared with Keras.

``python -m tests.importing.keras.survey [--names A,B] [--log FILE]`` prints a line for each, and
counts. With `--saved` each model is saved, and its file imported.
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from importlib import import_module
from tempfile import TemporaryDirectory

from netlang.backends.torch.importing.holes.stub import Stub
from netlang.backends.torch.importing.keras.imported import import_keras, import_keras_file
from netlang.backends.torch.importing.spec import Asked
from netlang.targets.importing import ImportOptions
from tests.importing.runs import finish, named, options, survey, tokens

NAMES = ("ResNet50", "MobileNetV2", "EfficientNetB0", "DenseNet121")


def _one(saved: bool, name: str) -> tuple[bool, str]:
    """Whether a model was imported, and a line about it."""
    model = getattr(import_module("keras.applications"), name)(weights=None)
    if saved:
        with TemporaryDirectory() as folder:
            path = f"{folder}/{name.lower()}.keras"
            model.save(path)
            made = import_keras_file(ImportOptions(path))
    else:
        made = import_keras(model, Asked(name.lower(), f"From {name}."))
    assert not isinstance(made, Stub)
    left = len(made.proof.left_out)
    off = f"off by {made.proof.largest:.1e}"
    return True, f"{tokens(made.text)} tokens, {left} keys left out, {off}"


def main() -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--saved", action="store_true", help="save each, and import its file")
    options(parser)
    asked = parser.parse_args()
    kind = "keras files" if asked.saved else "keras"
    finish(survey(named(asked, lambda _: NAMES), partial(_one, asked.saved), asked, kind))


if __name__ == "__main__":
    main()
