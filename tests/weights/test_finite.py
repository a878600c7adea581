"""Values that are NaN or infinite, or become so as the type of element that a net wants."""

from __future__ import annotations

import warnings
from os import truncate
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from netlang.backends.onnx import Form, export
from netlang.backends.onnx.precision.narrowed import Narrow
from netlang.backends.torch.run.weights import filled
from netlang.backends.weights import LookAhead, Stored, are_finite, read_weights
from netlang.build import BuildOptions
from netlang.elaborate import load_program
from netlang.ir.types import DType

NARROW = {DType.FLOAT16: np.float16, DType.BFLOAT16: ml_dtypes.bfloat16, DType.FLOAT32: np.float32}


@pytest.mark.parametrize("outputs", [2, 30_000])
@pytest.mark.parametrize("kind", ["mapping", "file"])
def test_what_the_wanted_type_cannot_hold_is_told(tmp_path: Path, kind: str, outputs: int) -> None:
    spec = tmp_path / "n.net"
    spec.write_text(f"net n {{\n input x: [3]\n a: linear({outputs})\n}}\n")
    program = load_program(str(spec))
    weight = np.ones((outputs, 3), np.float64)
    weight[1, 1] = 1e300
    arrays = {"a.weight": weight, "a.bias": np.full(outputs, 1e38, np.float64)}
    source: Path | dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = arrays
    if kind == "file":
        source = tmp_path / "w.safetensors"
        save_file(arrays, source)
    told: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module = filled(program, BuildOptions(weights=source), tell=told.append)
        written = export(program, tmp_path / "n.onnx", weights=source)
    (text,) = told
    assert text.endswith("warning: NaN or infinite values in `a.weight`")
    assert written.notes == ("warning: NaN or infinite values in `a.weight`",)
    assert module.state_dict()["a.weight"].isinf().sum() == 1


@pytest.mark.parametrize("target", NARROW)
@pytest.mark.parametrize("value", [1.0, 65_519.0, 65_520.0, 3.3e38, 3.4e38, 1e39, np.inf, np.nan])
def test_values_are_looked_at_as_the_type_that_is_wanted(target: DType, value: float) -> None:
    data = np.array([0.0, value])
    stored = Stored((2,), "float64", DType.FLOAT64, data)
    with np.errstate(over="ignore"):
        expected = bool(np.isfinite(data.astype(NARROW[target]).astype(np.float64)).all())
    assert stored.bound_for(target).finite() is expected
    assert stored.finite() is bool(np.isfinite(value))


@pytest.mark.parametrize("bits", [0x7C00, 0x007C, 0x3C00, 0xFC01, 0x7BFF])
def test_arrays_of_the_other_byte_order(bits: int) -> None:
    native = np.array([bits], np.uint16).view(np.float16)
    (stored,) = read_weights({"w": native.astype(">f2")}).values()
    assert stored.finite() is bool(np.isfinite(native[0]))
    assert np.array_equal(stored.array(DType.FLOAT16), native, equal_nan=True)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 12_288, 40_000])
def test_one_value_among_many(
    kind: type[np.floating[Any]], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is in the sum of the squares, which is made of several; only an overflow is none."""
    values = np.full((2, size), 1e-3, kind)
    assert are_finite(values)
    assert are_finite(values.T)
    for number in {0, 1, size // 2, 2 * size // 3, size - 2, size - 1} & set(range(size)):
        for found in (values, values.T):
            for value in (np.nan, np.inf, -np.inf):
                values[1, number] = value
                assert not are_finite(found)
            values[1, number] = np.finfo(kind).max
            assert are_finite(found)
            values[1, number] = 1e-3
    monkeypatch.setattr("numpy.isfinite", None)
    assert are_finite(values)  # without a look at each


@pytest.mark.parametrize("value", [1.0, np.inf, np.nan])
@pytest.mark.parametrize("body", ["c: conv(64, 5x5) -> b: bn", "b: bn -> c: conv(64, 5x5)"])
def test_values_that_are_folded_are_looked_at_in_the_product(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, value: float
) -> None:
    """The stored weight, read for the bias too, is looked at if the product isn't finite."""
    spec = tmp_path / "n.net"
    spec.write_text(f"net n {{\n input x: [16, 8, 8]\n {body}\n}}\n")
    program = load_program(str(spec))
    weights = {
        key: each.numpy() for key, each in filled(program, BuildOptions()).state_dict().items()
    }
    weights["b.weight"][:] = 0  # makes NaN of what is infinite
    weights["c.weight"].flat[-1] = value
    looked: list[int] = []
    finite = Stored.finite

    def counted(stored: Stored) -> bool:
        looked.append(stored.data.size)
        return finite(stored)

    monkeypatch.setattr(Stored, "finite", counted)
    written = export(program, tmp_path / "n.onnx", weights=weights)
    told = () if value == 1 else ("warning: NaN or infinite values in `c.weight`",)
    assert written.notes == told
    assert looked == ([] if value == 1 else [weights["c.weight"].size])


@pytest.fixture
def small_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of any size are looked at ahead."""
    monkeypatch.setattr("netlang.backends.weights.stored._WORTH", 0)


@pytest.mark.usefixtures("small_runs")
@pytest.mark.parametrize("value", [1.0, 3e38, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("number", range(8))
def test_what_is_looked_at_ahead(tmp_path: Path, number: int, value: float) -> None:
    """Finite values whose squares aren't are no proof, nor what stands beside others."""
    path = tmp_path / "w.safetensors"
    arrays = {f"t{index}": np.full(40, index, np.float32) for index in range(8)}
    arrays[f"t{number}"][17] = value
    half, none = np.ones(3, np.float16), np.ones((0, 3), np.float32)
    save_file({**arrays, "steps": np.array(7), "half": half, "none": none}, path)
    tensors = read_weights(path)
    ahead = LookAhead(tensors.values())
    assert {key for key, each in tensors.items() if ahead.covers(each)} == arrays.keys()
    proven = {key for key in arrays if ahead.proves(tensors[key])}
    assert proven == (arrays.keys() if value == 1 else set())


@pytest.mark.usefixtures("small_runs")
def test_a_file_that_is_cut_off_proves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file({f"t{index}": np.ones(40_000, np.float32) for index in range(8)}, path)
    tensors = read_weights(path)
    truncate(path, 1000)
    ahead = LookAhead(tensors.values())
    assert all(map(ahead.covers, tensors.values()))
    assert not any(map(ahead.proves, tensors.values()))


@pytest.mark.usefixtures("small_runs")
def test_what_is_not_looked_at_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What isn't in a file or has another type, and what is beyond the bytes that are read."""
    arrays = {f"t{index}": np.ones(40, np.float32) for index in range(8)}
    path = tmp_path / "w.safetensors"
    save_file(arrays, path)
    mapped, given = read_weights(path), read_weights(arrays)
    bound = {key: each.bound_for(DType.FLOAT16) for key, each in mapped.items()}
    for tensors in (given, bound, {}):
        ahead = LookAhead(tensors.values())
        assert not any(ahead.covers(each) or ahead.proves(each) for each in tensors.values())
    monkeypatch.setattr("netlang.backends.weights.stored._AHEAD", 3 * 160)
    ahead = LookAhead(mapped.values())
    assert [key for key, each in mapped.items() if ahead.covers(each)] == ["t0", "t1", "t2"]
    assert all(ahead.proves(mapped[key]) for key in ("t0", "t1", "t2"))


@pytest.mark.parametrize("value", [1.0, np.nan])
@pytest.mark.parametrize("width", [64, 65, 127, 128, 129])
def test_turned_weights_that_take_half_of_the_bytes_in_a_file(
    tmp_path: Path, width: int, value: float
) -> None:
    """Those that are large in memory alone were looked at nowhere."""
    (tmp_path / "n.net").write_text(f"net n {{ input x: [16, 256]; l: linear({width}) }}")
    program = load_program(str(tmp_path / "n.net"))
    arrays = {
        name: each.numpy() for name, each in filled(program, BuildOptions()).state_dict().items()
    }
    arrays["l.weight"].flat[-1] = value
    form = Form(narrow=Narrow(DType.FLOAT16))
    written = export(program, tmp_path / "n.onnx", weights=arrays, form=form)
    assert any("NaN or infinite values in `l.weight`" in note for note in written.notes) == (
        value != 1
    )


@pytest.mark.usefixtures("small_runs")
@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("value", [1.0, 3e38, np.inf, np.nan])
@pytest.mark.parametrize(
    "key",
    ["c.weight", "c.bias", "b.running_mean", "b.running_var", "b.weight", "b.bias", "d.weight"],
)
def test_a_file_of_which_one_value_is_not_finite(
    tmp_path: Path, fold: bool, value: float, key: str
) -> None:
    """Found ahead or not, the user is told of the tensor, and of no other."""
    spec, path = tmp_path / "n.net", tmp_path / "w.safetensors"
    spec.write_text(
        "net n {\n input x: [16, 8, 8]\n c: conv(64, 5x5) -> b: bn -> d: linear(9)\n}\n"
    )
    program = load_program(str(spec))
    arrays = {
        name: each.numpy() for name, each in filled(program, BuildOptions()).state_dict().items()
    }
    arrays[key].flat[-1] = value
    save_file(arrays, path)
    expected = () if value < np.inf else (f"warning: NaN or infinite values in `{key}`",)
    for source in (path, arrays):
        written = export(program, tmp_path / "n.onnx", weights=source, form=Form(fold=fold))
        assert written.notes == expected
