"""What the tests of scripts share."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from unittest.mock import patch

import mnist1d.data
import numpy as np
import pytest


@pytest.fixture(autouse=True, scope="module")
def _mnist1d_made_once() -> Iterator[None]:
    """Scripts make MNIST-1D anew, which takes longer than to train on it; `train` keeps it."""
    make = mnist1d.data.make_dataset
    made: dict[str, tuple[object, Any]] = {}

    def once(arguments: object) -> object:
        key = repr(sorted(vars(arguments).items()))
        if key not in made:
            made[key] = make(arguments), np.random.get_state()
        found, state = made[key]
        np.random.set_state(state)  # it seeds NumPy: what follows must find the same
        return deepcopy(found)

    with patch.object(mnist1d.data, "make_dataset", once):
        yield
