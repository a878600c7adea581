"""Weights of a net: their keys, values from a seed and from files, and what is said of misfits."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch

from netlang.backends.weights import (
    Report,
    Slot,
    Stored,
    WeightsFor,
    WeightSource,
    initial,
    match,
    read_weights,
    require_fit,
    slots,
)  # fmt: skip
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.ir.types import DType
from netlang.ir.weights import KaimingUniform, Normal, Uniform, Weight
from tests.analysis.oracles import torchvision_models

Arrays = dict[str, NDArray[np.generic]]
CNN = slots(load_program("cnn"))


def filled(owned: tuple[Slot, ...] = CNN) -> Arrays:
    return {slot.key: initial(slot, 1) for slot in owned}


def code_of(error: pytest.ExceptionInfo[NetlangError]) -> str:
    (diagnostic,) = error.value.diagnostics
    return diagnostic.code


def reported(source: WeightSource, owned: tuple[Slot, ...] = CNN) -> str:
    """The message where `source` doesn't fit."""
    stored = read_weights(source)
    with pytest.raises(NetlangError) as error:
        require_fit(match(owned, stored)[1], owned, stored, WeightsFor("weights", "cnn"))
    assert code_of(error) == "E0921"
    return str(error.value)


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "mobilenet_v2"])
def test_keys_and_shapes_are_torchvisions(name: str) -> None:
    options = {"init_weights": False} if name == "googlenet" else {}
    state = getattr(torchvision_models(), name)(**options).state_dict()
    owned = slots(load_program(name))
    assert {slot.key: slot.weight.shape for slot in owned} == {
        key: tuple(value.shape) for key, value in state.items()
    }
    auxiliary = [slot.key for slot in owned if slot.auxiliary]
    assert auxiliary == [key for key in state if key.startswith("aux")]


def test_values_depend_on_seed_and_key_alone() -> None:
    weight = Weight("weight", (40, 30), Normal(0.5))
    first = initial(Slot("a.weight", weight, DType.FLOAT32, False), 3)
    assert np.array_equal(first, initial(Slot("a.weight", weight, DType.FLOAT32, True), 3))
    assert not np.array_equal(first, initial(Slot("a.weight", weight, DType.FLOAT32, False), 4))
    assert not np.array_equal(first, initial(Slot("b.weight", weight, DType.FLOAT32, False), 3))
    assert initial(Slot("a.weight", weight, DType.FLOAT32, False), -1).shape == (40, 30)


@pytest.mark.parametrize(
    ("init", "low", "std"),
    [(KaimingUniform(25), -0.2, 0.2 / 3**0.5), (Uniform(0.3), -0.3, 0.1 * 3**0.5)],
)
def test_uniform_values(init: KaimingUniform | Uniform, low: float, std: float) -> None:
    values = initial(Slot("w", Weight("", (400, 500), init), DType.FLOAT32, False), 0)
    assert values.dtype == np.float32
    assert low <= float(values.min()) < 0.999 * low
    assert 0.999 * -low < float(values.max()) <= -low
    assert float(values.std()) == pytest.approx(std, rel=0.01)
    assert float(values.mean()) == pytest.approx(0, abs=std / 100)


def test_normal_values() -> None:
    values = initial(Slot("w", Weight("", (400, 500), Normal(0.02)), DType.FLOAT32, False), 0)
    assert float(values.std()) == pytest.approx(0.02, rel=0.01)
    assert float(values.mean()) == pytest.approx(0, abs=0.0002)


def test_a_file_that_fits(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file(filled(), path, metadata={"any": "thing"})
    fitting, report = match(CNN, read_weights(path))
    assert not report
    assert str(report) == "everything fits"
    for key, value in filled().items():
        assert np.array_equal(fitting[key].array(DType.FLOAT32), value)


def test_missing_unexpected_and_misshapen_keys_stand_in_one_table(tmp_path: Path) -> None:
    arrays = filled()
    arrays["new.weight"] = np.zeros((2, 3), np.float32)
    arrays["4.bias"] = arrays.pop("4.bias", next(iter(arrays.values())))
    key = next(iter(arrays))
    del arrays[key]
    last = [k for k in arrays if k.endswith("weight") and k != "new.weight"][-1]
    arrays[last] = np.zeros((5, 7), np.float32)
    path = tmp_path / "w.safetensors"
    save_file(arrays, path)
    text = reported(path)
    assert "missing" in text
    assert "unexpected" in text
    assert f"{last} " in text
    assert "[5, 7]" in text
    assert f"{key} " in text


def test_the_table_is_cut() -> None:
    report = match(slots(load_program("resnet50")), {})[1]
    assert len(report.missing) == 267
    assert len(report.rows()) == 22
    assert report.rows()[-1].strip() == "... 247 more"


def test_counters_and_auxiliary_heads_may_be_absent() -> None:
    owned = slots(load_program("googlenet"))
    arrays = {
        slot.key: np.zeros(slot.weight.shape, np.float32)
        for slot in owned
        if not slot.auxiliary and slot.weight.name != "num_batches_tracked"
    }
    assert match(owned, read_weights(arrays))[1] == Report()
    assert not match(owned, read_weights(filled(owned)))[1]


def test_a_wrappers_prefix_is_pointed_out() -> None:
    text = reported({f"module.{key}": value for key, value in filled().items()})
    assert f"with --prefix module.= (in Python prefixes={{'module.': ''}}) {len(CNN)} of" in text


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_other_float_types_are_converted(dtype: torch.dtype, suffix: str, tmp_path: Path) -> None:
    state = {key: torch.from_numpy(value).to(dtype) for key, value in filled().items()}
    path = tmp_path / f"w{suffix}"
    if suffix == ".pth":
        torch.save(state, path)
    else:
        save_torch(state, path)
    fitting, report = match(CNN, read_weights(path))
    assert not report
    for key, value in state.items():
        found = fitting[key].array(DType.FLOAT32)
        assert found.dtype == np.float32
        assert np.array_equal(found, value.to(torch.float32).numpy())


@pytest.mark.parametrize("dtype", [torch.int32, torch.int8, torch.float8_e4m3fn, torch.bool])
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_types_that_are_no_floats_dont_fit(dtype: torch.dtype, suffix: str, tmp_path: Path) -> None:
    state = {key: torch.from_numpy(value).to(dtype) for key, value in filled().items()}
    path = tmp_path / f"w{suffix}"
    if suffix == ".pth":
        torch.save(state, path)
    else:
        save_torch(state, path)
    assert f"{len(state)} of another shape or type" in reported(path)


def test_a_pickle_with_objects_is_refused_and_not_run(tmp_path: Path) -> None:
    trace = tmp_path / "ran"

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (trace,))

    path = tmp_path / "w.pth"
    torch.save({"a": Trap()}, path)
    with pytest.raises(NetlangError) as error:
        read_weights(path)
    assert code_of(error) == "E0924"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(NetlangError):
        read_weights(path)
    assert not trace.exists()
    pickle.loads(path.read_bytes())
    assert trace.exists()


def test_a_checkpoint_that_is_no_state_dict(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save({"epoch": 3, "optimizer": {"a": torch.zeros(2)}}, path)
    with pytest.raises(NetlangError) as error:
        read_weights(path)
    assert code_of(error) == "E0925"
    torch.save([torch.zeros(2)], path)
    with pytest.raises(NetlangError) as error:
        read_weights(path)
    assert code_of(error) == "E0925"


def test_files_that_are_not_there_or_of_no_known_kind(tmp_path: Path) -> None:
    for name, code in (("none.safetensors", "E0922"), ("w.npz", "E0923")):
        path = tmp_path / name
        if code == "E0923":
            path.write_bytes(b"PK")
        with pytest.raises(NetlangError) as error:
            read_weights(path)
        assert code_of(error) == code


@settings(max_examples=60)
@given(data=st.binary(max_size=80), suffix=st.sampled_from([".safetensors", ".pth"]))
def test_garbage_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("garbage") / f"w{suffix}"
    path.write_bytes(data)
    with pytest.raises(NetlangError) as error:
        read_weights(path)
    assert code_of(error) in ("E0922", "E0924", "E0925")


def test_a_cut_or_lying_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file(filled(), path)
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[: len(whole) // 2], b"\xff" * 8 + whole[8:], whole + b"x"):
        path.write_bytes(damaged)
        with pytest.raises(NetlangError) as error:
            read_weights(path)
        assert code_of(error) == "E0922"


def test_arrays_of_any_layout() -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 4).T
    stored: Stored = read_weights({"w": values})["w"]
    assert stored.shape == (4, 3)
    assert np.array_equal(stored.array(DType.FLOAT32), values)
