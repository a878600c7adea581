"""Memory that is used again: never while anything refers to it, and at once after that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from netlang.backends.onnx import export
from netlang.backends.onnx.deployed.scratch import Scratch
from netlang.elaborate import load_program
from tests.onnx.support import random_weights

Array = NDArray[np.generic]
FLOAT32 = np.dtype(np.float32)


def address(array: Array) -> int:
    return int(array.ctypes.data)


PARTS: dict[str, Callable[[Array], Any]] = {
    "the array": lambda array: array,
    "a row": lambda array: array[3],
    "its bytes": lambda array: array.reshape(-1).view(np.uint8).data,
    "a part of its bytes": lambda array: array.reshape(-1).view(np.uint8).data[8:16],
}


@pytest.mark.parametrize("part", PARTS)
def test_memory_is_used_again_when_nothing_refers_to_a_part(part: str) -> None:
    memory = Scratch(4096)
    array = memory.array((16, 64), FLOAT32)
    array[:] = 7
    place, kept = address(array), PARTS[part](array)
    del array
    others = [memory.array((16, 64), FLOAT32) for _ in range(3)]
    for other in others:
        other[:] = 1
    assert place not in map(address, others)
    assert set(np.frombuffer(kept, np.float32).tolist()) == {7.0}
    del kept
    assert address(memory.array((16, 64), FLOAT32)) == place


def test_arrays_begin_on_a_line_of_the_cache() -> None:
    memory = Scratch(1 << 16)
    arrays = [memory.array((size,), FLOAT32) for size in (16_384, 5000, 16_383)]
    assert [address(each) % 64 for each in arrays] == [0, 0, 0]
    assert [each.size for each in arrays] == [16_384, 5000, 16_383]


@pytest.mark.parametrize(
    ("shape", "again"), [((1025,), False), ((1024,), True), ((257,), True), ((256,), False)]
)
def test_neither_large_arrays_nor_small_ones_take_it(shape: tuple[int, ...], again: bool) -> None:
    """A large one has no room, and a small one would take more than it needs."""
    memory = Scratch(4096)
    array = memory.array((32, 32), FLOAT32)
    place = address(array)
    del array
    assert (address(memory.array(shape, FLOAT32)) == place) is again


def test_a_file_is_the_same_as_with_new_memory_for_each_array(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often memory is used: few times as much is made as may wait to be written."""
    program = load_program("resnet18")
    weights, paths = random_weights(program), (tmp_path / "a.onnx", tmp_path / "b.onnx")
    array, made, taken, new = Scratch.array, Scratch._made, list[int](), list[int]()

    def counted(self: Scratch, *wanted: Any) -> Any:
        taken.append(1)
        return array(self, *wanted)

    def counted_new(self: Scratch) -> memoryview:
        new.append(1)
        return made(self)

    with monkeypatch.context() as patched:
        patched.setattr(Scratch, "array", counted)
        patched.setattr(Scratch, "_made", counted_new)
        export(program, paths[0], weights=weights)
    monkeypatch.setattr(Scratch, "array", lambda self, shape, dtype: np.empty(shape, dtype))
    export(program, paths[1], weights=weights)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert 0 < len(new) <= 24 < len(taken)
