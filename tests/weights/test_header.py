"""The two ways to read a header of safetensors say the same, or the fast one gives up."""

from __future__ import annotations

import json
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save

from netlang.backends.weights import header
from netlang.backends.weights.header import parse_header

ENTRY = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
EMPTY = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
PIECES = (
    '"a"', '"b"', '"shape"', '"dtype"', '"data_offsets"', '"__metadata__"', '"d\\u0074ype"', ":",
    ",", "{", "}", "[", "]", "0", "1", "4", "-0", "1.0", "1e0", "true", "null", "NaN", '"F32"',
    "18446744073709551616", "9223372036854775807", "9223372036854775808", ENTRY, EMPTY,
    '"I8"', " ", "\ufeff", '{"format":"pt"}', '"\u00e9"', '"\\ud800"',
)  # fmt: skip
GIVEN_TWICE = (
    f'{{"a":{ENTRY},"a":{ENTRY}}}',
    f'{{"a":{ENTRY},"b":{EMPTY},"b":{EMPTY}}}',
    f'{{"__metadata__":{{}},"a":{ENTRY},"__metadata__":{{}}}}',
    f'{{"__metadata__":{{"k":"v","k":"v"}},"a":{ENTRY}}}',
    '{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
    '{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}',
    '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"data_offset\\u0073":[0,4]}}',
)


def outcome(text: bytes) -> object:
    """What is read, or why nothing is."""
    start = len(text).to_bytes(8, "little") + text
    try:
        read = parse_header(start, len(start) + 4)
    except ValueError as error:
        return str(error)
    return dict(read.entries), dict(read.metadata)


def both(text: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[object, object]:
    """What is read in both ways."""
    found = outcome(text)
    with monkeypatch.context() as patched:
        patched.setattr(header, "_usual", lambda text: None)
        return found, outcome(text)


@pytest.mark.parametrize("text", GIVEN_TWICE)
def test_something_said_twice_is_refused(text: str) -> None:
    assert "twice" in str(outcome(text.encode()))


@pytest.mark.parametrize("number", ["1.0", "1e0", "true", '"1"', "-1", "9223372036854775808"])
def test_only_natural_numbers_are_sizes(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = both(f'{{"a":{ENTRY.replace("[1]", f"[{number}]")}}}'.encode(), monkeypatch)
    assert one == other == "the shape of `a` isn't one"


def test_damaged_headers_are_read_alike_in_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = Random(5)
    whole = f'{{"__metadata__":{{"format":"pt"}},"a":{ENTRY},"b":{EMPTY}}}'
    read = 0
    for _ in range(3000):
        text = whole
        for _ in range(draw.randint(1, 3)):
            begin = draw.randrange(len(text) + 1)
            end = min(len(text), begin + draw.choice((0, 0, 1, 2, 5)))
            text = text[:begin] + draw.choice(PIECES) + text[end:]
        one, other = both(text.encode(), monkeypatch)
        assert one == other, text
        read += isinstance(one, tuple)
    assert read > 30


def test_a_file_of_safetensors_is_read_fast() -> None:
    arrays: dict[str, NDArray[np.generic]] = {
        "a.weight": np.zeros((2, 3), np.float32),
        "n": np.zeros((), np.int64),
    }
    stored = save(arrays, metadata={"format": "pt"})
    size = 8 + int.from_bytes(stored[:8], "little")
    found = header._usual(stored[8:size])
    assert found is not None
    read = parse_header(stored[:size], len(stored))
    assert {name: each.shape for name, each in read.entries.items()} == {
        name: each.shape for name, each in arrays.items()
    }
    assert read.metadata == {"format": "pt"}
    assert found[0].keys() == json.loads(stored[8:size]).keys() - {"__metadata__"}
