"""Tables in ONNX files: places, masks that are written part by part, and values that are moved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import helper

import netlang
from netlang.backends.onnx.importing.tensors import of_its_own
from netlang.backends.torch.importing.tables.masks import WindowMask, mask_of_windows
from netlang.backends.torch.importing.tables.runs import EvenRun, RunTable, runs_in
from netlang.diagnostics.errors import NetlangError
from tests.onnx.importing.support import Array, imported, lines_of, model_of, saved

RNG = np.random.default_rng(0)


def _mask(rows: int, columns: int, window: int, down: int, right: int) -> Array:
    """As torchvision makes it: a number for each of nine regions of an image."""
    image = np.zeros((rows * window, columns * window))
    for n, ys in enumerate((slice(-window), slice(-window, -down), slice(-down, None))):
        for m, xs in enumerate((slice(-window), slice(-window, -right), slice(-right, None))):
            image[ys, xs] = 3 * n + m
    cut = image.reshape(rows, window, columns, window).transpose(0, 2, 1, 3)
    places = cut.reshape(rows * columns, window**2)
    return np.where(places[:, None] != places[..., None], -100, 0).astype(np.float32)


@pytest.mark.parametrize("size", [(5, 5, 4, 2, 2), (2, 3, 7, 3, 1), (3, 1, 7, 2, 3)])
def test_the_mask_of_shifted_windows(size: tuple[int, int, int, int, int]) -> None:
    found = mask_of_windows(torch.from_numpy(_mask(*size)))
    assert found == WindowMask(*size, -100.0)


@pytest.mark.parametrize("change", ["a number", "a place", "a window"])
def test_a_table_that_is_no_mask(change: str) -> None:
    table = _mask(3, 3, 4, 2, 2)
    if change == "a window":
        table = table[:, :15, :15]
    else:
        table[4, 3, 5] = -50 if change == "a number" else -100
    assert mask_of_windows(torch.from_numpy(table)) is None


def test_a_mask_in_a_file(tmp_path: Path) -> None:
    table = _mask(3, 3, 5, 2, 2)[None, :, None]
    model = model_of([helper.make_node("Add", ["x", "val_1"], ["y"])], {"val_1": table},
                     ("N", 9, 2, 25, 25))  # fmt: skip
    net = imported(saved(model, tmp_path))
    assert "not_equal -> to_float -> scale(-100) -> reshape([9, 1, 25, 25])" in net.text
    assert not net.weights


def _parts(sources: Sequence[str], starts: Sequence[int], axis: int) -> list[onnx.NodeProto]:
    """A value of 8 rows and columns, moved along an axis."""
    source, result = sources
    bounds = [(start, end) for start, end in ((starts[0], 8), (0, starts[0]))]
    nodes = [
        helper.make_node("Slice", [source, f"k{start}", f"k{end}", f"k{axis}"], [f"{result}_{n}"])
        for n, (start, end) in enumerate(bounds)
    ]
    return [*nodes, helper.make_node("Concat", [f"{result}_0", f"{result}_1"], [result], axis=axis)]


def test_parts_the_other_way_round(tmp_path: Path) -> None:
    """What a roll is in PyTorch's exporters."""
    nodes = [*_parts(["x", "z"], [3], 2), *_parts(["z", "y"], [6], 3)]
    stored = {f"k{n}": np.asarray([n]) for n in (0, 2, 3, 6, 8)}
    assert "roll([-3, 2], [1, 2])" in lines_of(imported(saved(model_of(nodes, stored), tmp_path)))


def test_rows_of_a_learned_table(tmp_path: Path) -> None:
    """The places have a name in the file, and so a key in the spec."""
    nodes = [
        helper.make_node("Unsqueeze", ["attn.index", "last"], ["at"]),
        helper.make_node("GatherND", ["attn.table", "at"], ["rows"]),
        helper.make_node("Add", ["x", "rows"], ["y"]),
    ]
    stored: dict[str, Array] = {
        "attn.table": RNG.standard_normal((9, 4)).astype(np.float32),
        "attn.index": RNG.integers(0, 9, 16),
        "last": np.asarray([-1]),
    }
    net = imported(saved(model_of(nodes, stored, ("N", 16, 4)), tmp_path))
    assert set(net.weights) == {"attn.table", "attn.index"}
    assert "embedding(9, 4, weight=table)" in net.text


def _written(data: str, at: Array) -> onnx.ModelProto:
    nodes = [
        helper.make_node("ScatterND", [data, "at", "val_3"], ["z"]),
        helper.make_node("Add", ["x", "z"], ["y"]),
    ]
    stored: dict[str, Array] = {
        "const_1": np.arange(6, dtype=np.float32), "qkv.bias": np.arange(6, dtype=np.float32) + 1,
        "at": at, "val_3": np.zeros(2, np.float32),
    }  # fmt: skip
    return model_of(nodes, stored, ("N", 6))


def test_a_table_that_is_written_part_by_part(tmp_path: Path) -> None:
    net = imported(saved(_written("const_1", np.asarray([[4], [1]])), tmp_path))
    assert "add { identity; constant([0, 0, 2, 3, 0, 5]) }" in net.text


def test_zeros_in_a_learned_tensor(tmp_path: Path) -> None:
    net = imported(saved(_written("qkv.bias", np.asarray([[2], [3]])), tmp_path))
    assert "concat { slice(0, 2); full([2], 0); slice(4) }" in net.text
    assert set(net.weights) == {"qkv.bias"}
    with pytest.raises(NetlangError, match="writes into a part"):
        imported(saved(_written("qkv.bias", np.asarray([[2], [4]])), tmp_path))


@pytest.mark.parametrize("size", [3, 4])
def test_a_norm_of_neighbours(size: int, tmp_path: Path) -> None:
    """Of an even number, ONNX begins a channel later than PyTorch."""
    node = helper.make_node("LRN", ["x"], ["y"], size=size, alpha=0.5, bias=2.0)
    path = saved(model_of([node], shape=("N", 5, 4, 4)), tmp_path)
    if size % 2:
        assert "local_response_norm(3, 0.5, k=2)" in lines_of(imported(path))
    else:
        with pytest.raises(NetlangError, match="even number"):
            imported(path)


def test_numbers_that_netlang_fills_in(tmp_path: Path) -> None:
    """Where a norm has no weights, the file has ones and zeros under names that are no keys."""
    net = netlang.loads(
        "net a {\n    input x: [3, 8, 8]\n    conv(4, 1x1) -> instance_norm -> relu\n}\n"
    )
    net.onnx(tmp_path / "a.onnx", spec=False)
    found = imported(tmp_path / "a.onnx")
    assert set(found.weights) == set(net.torch().state_dict())
    assert "conv(4, 1x1) -> instance_norm -> relu" in lines_of(found)


def _places(*sides: int) -> Array:
    """The middles of the places of square maps, x in one row and y in another."""
    rows = [np.stack([np.tile(np.arange(n), n), np.repeat(np.arange(n), n)]) for n in sides]
    return (np.concatenate(rows, 1) + 0.5).astype(np.float32)


def test_places_of_several_maps(tmp_path: Path) -> None:
    """A table of more than 4,096 numbers, and the strides of the maps beside it."""
    sides = (40, 20, 10)
    places, size = _places(*sides), sum(n * n for n in sides)
    strides = np.repeat([8.0, 16.0, 32.0], [n * n for n in sides]).astype(np.float32)
    nodes = [
        helper.make_node("Add", ["x", "_places"], ["z"]),
        helper.make_node("Mul", ["z", "_strides"], ["y"]),
    ]
    stored = {"_places": places[None], "_strides": np.tile(strides, (1, 2, 1))}
    net = imported(saved(model_of(nodes, stored, ("N", 2, size)), tmp_path))
    assert not net.weights
    assert "linspace(0.5, 39.5, 40)" in net.text
    assert "full([1600], 8)" in net.text
    assert net.program is not None


@pytest.mark.parametrize(
    ("row", "runs"),
    [
        ([5.0] * 6, [EvenRun(5, 0, 1, 6, 1)]),
        ([0.0, 1.0, 2.0, 0.0, 1.0, 2.0], [EvenRun(0, 1, 3, 1, 2)]),
        ([3.0, 3.0, 1.0, 1.0, 7.0], [EvenRun(3, -2, 2, 2, 1), EvenRun(7, 0, 1, 1, 1)]),
    ],
)
def test_runs_of_a_row(row: list[float], runs: list[EvenRun]) -> None:
    assert runs_in(torch.tensor(row)) == RunTable((tuple(runs),))


def test_runs_of_columns() -> None:
    """Places as pairs."""
    table = torch.from_numpy(_places(3).T.copy()).repeat(2, 1)
    wanted = EvenRun(0.5, 1, 3, 1, 6), EvenRun(0.5, 1, 3, 3, 2)
    assert runs_in(table.reshape(6, 3, 2)) == RunTable(tuple((each,) for each in wanted), True)


def test_a_table_without_runs() -> None:
    assert runs_in(torch.rand(2, 50, generator=torch.Generator().manual_seed(0))) is None


def test_what_is_computed_is_held_once() -> None:
    """A table may be all that there is memory for; a part of one is no longer a part of it."""
    table = torch.arange(6.0)
    joined = torch.cat([table] * 60)
    assert of_its_own(joined, [table] * 60) is joined
    for part in (table[:], table[1:4], table.reshape(2, 3).T, table[:1].expand(5)):
        own = of_its_own(part, [table, 0])
        assert torch.equal(own, part)
        assert own.untyped_storage().data_ptr() != table.untyped_storage().data_ptr()
    cut = torch.cat([table, table])[3:5]
    assert of_its_own(cut, [table]).untyped_storage().nbytes() == cut.nbytes
