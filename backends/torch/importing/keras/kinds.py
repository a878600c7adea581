"""What is a model of Keras, and the numbers in it, without importing Keras."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch
from torch import Tensor

__all__ = ["is_keras", "numbers_of"]


def is_keras(found: object) -> bool:
    """Whether something is a model of Keras, which whoever made it has imported."""
    keras: Any = sys.modules.get("keras")
    return keras is not None and hasattr(keras, "Model") and isinstance(found, keras.Model)


def numbers_of(held: Any) -> Tensor:
    """A copy of a variable or value of Keras as a tensor, whatever its backend is."""
    keras: Any = sys.modules["keras"]
    value = held.value if isinstance(held, keras.Variable) else held
    if isinstance(value, Tensor):
        return value.detach().cpu().clone()
    return torch.from_numpy(np.array(keras.ops.convert_to_numpy(value)))
