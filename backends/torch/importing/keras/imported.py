"""Imports a model of Keras: the module that is made of it is traced, and the model compared."""

from __future__ import annotations

import torch

from netlang.backends.torch.importing.holes.stub import Stub
from netlang.backends.torch.importing.imported import Imported, import_module
from netlang.backends.torch.importing.keras.model import module_of
from netlang.backends.torch.importing.keras.original import KerasOriginal
from netlang.backends.torch.importing.spec import Asked

__all__ = ["import_keras"]


def import_keras(model: object, asked: Asked) -> Imported | Stub:
    """The spec of a model, for channels in front. Raises `NetlangError`."""
    made = module_of(model)
    original = KerasOriginal(model, made)
    return import_module(made.module, [torch.zeros(2, *made.shape)], asked, original)
