"""Imports a model of Keras: the module that is made of it is traced, and the model compared."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from netlang.backends.torch.importing.holes.stub import Stub
from netlang.backends.torch.importing.imported import Imported, import_module
from netlang.backends.torch.importing.keras.files.model import model_in
from netlang.backends.torch.importing.keras.model import module_of
from netlang.backends.torch.importing.keras.original import KerasOriginal
from netlang.backends.torch.importing.limits.room import Room
from netlang.backends.torch.importing.programs.archive import not_taken
from netlang.backends.torch.importing.spec import Asked
from netlang.extras import needs
from netlang.targets.importing import ImportOptions

__all__ = ["import_keras", "import_keras_file"]


def import_keras_file(options: ImportOptions) -> Imported | Stub:
    """The spec of a `.keras` file, none of whose code is run. Raises `NetlangError`."""
    path = Path(options.source)
    ways = (("--graph", not options.spec), ("--no-batch", not options.batch),
            ("--input", bool(options.inputs)))  # fmt: skip
    for word, asked in ways:
        if asked:
            raise not_taken(options.source, f"`{word}` isn't for models of Keras", "leave it out")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    with needs("keras"):
        model, room = model_in(path, large=options.large)
    return import_keras(model, Asked.of(options, path.stem, path.name), room)


def import_keras(model: object, asked: Asked, room: Room | None = None) -> Imported | Stub:
    """The spec of a model, for channels in front. Raises `NetlangError`.

    A model that a file said has the `room` of that.
    """
    made = module_of(model)
    original = KerasOriginal(model, made, room)
    return import_module(made.module, [torch.zeros(2, *made.shape)], asked, original)
