"""What the tests of searches start with."""

from collections.abc import Iterator

import pytest

from tests.searching.support import without_search_pictures
from tests.train.pictures import without_pictures


@pytest.fixture(autouse=True, scope="module")
def _no_pictures() -> Iterator[None]:
    """Runs and searches draw nothing."""
    with without_pictures(), without_search_pictures():
        yield
