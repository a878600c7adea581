"""What every test of training starts with."""

from collections.abc import Iterator

import pytest
import torch

from tests.train.pictures import with_pictures, without_pictures


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """A sum of parts that threads made differs with their number."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="module")
def _no_pictures() -> Iterator[None]:
    """Runs draw nothing but where a test asks for it."""
    with without_pictures():
        yield


@pytest.fixture
def pictures() -> Iterator[None]:
    """Runs draw what they draw for a user."""
    with with_pictures():
        yield
