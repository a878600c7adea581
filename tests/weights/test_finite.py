"""Values that are NaN or infinite, or become so as the type of element that a net wants."""

from __future__ import annotations

import warnings
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from netlang.backends.onnx import export
from netlang.backends.torch.run.weights import filled
from netlang.backends.weights import Stored, read_weights
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
