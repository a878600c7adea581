"""What every test of training starts with."""

import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """A sum of parts that threads made differs with their number."""
    torch.set_num_threads(1)
