"""The bundled nets as ONNX files: valid, and equal in value to torchvision and to torch modules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from _pytest.mark import ParameterSet
from numpy.typing import NDArray
from torch import Tensor, nn

from netlang.backends.onnx import export
from netlang.backends.torch import build
from netlang.elaborate import load_program
from netlang.ir.dims import evaluate
from netlang.ir.program import Program
from tests.analysis.oracles import torchvision_models
from tests.onnx.interpreter import Interpreted, settle
from tests.onnx.support import check_file, largest_difference, run

TORCHVISION = (
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "googlenet", "mobilenet_v2",
)  # fmt: skip
# In the long run alone: they differ from others in depth.
LONG = {"resnet34", "resnet101", "resnet152", "se_resnet50"}
OTHERS = ("unet(width=16)", "se_resnet18", "se_resnet50", "logistic", "mlp", "cnn", "rnn", "vae")
# Small, so that a test takes a second, and no multiple of 32, so that every rounding occurs.
SIZES = ({"H": 80, "W": 64}, {"H": 97, "W": 110})
UNET_SIZES = ({"H": 32, "W": 48}, {"H": 64, "W": 16})
TOLERANCE = 1e-4


def sizes_of(program: Program) -> tuple[dict[str, int], ...]:
    if not program.sizes:
        return ({},)
    return UNET_SIZES if program.name == "unet" else SIZES


def images(program: Program, sizes: dict[str, int], batch: int, seed: int) -> Tensor:
    shape = [evaluate(size, sizes) for size in program.net.inputs[0].type.shape]
    return torch.randn(batch, *shape, generator=torch.Generator().manual_seed(seed))


def torchvision_model(name: str) -> nn.Module:
    options = {"aux_logits": True, "init_weights": False} if name == "googlenet" else {}
    model: nn.Module = getattr(torchvision_models(), name)(weights=None, **options)
    return model


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """Where to write a model; weights of whole nets are too many to be kept."""
    path = tmp_path / "net.onnx"
    yield path
    path.unlink(missing_ok=True)


def arrays(state: dict[str, Tensor]) -> dict[str, NDArray[np.generic]]:
    return {key: value.detach().numpy() for key, value in state.items()}


def compare(program: Program, model: nn.Module, path: Path) -> None:
    """The file at `path` beside `model`, at two batch sizes and all image sizes."""
    (port,) = program.net.inputs
    names = [output.name for output in program.net.outputs if not output.auxiliary]
    for sizes in sizes_of(program):
        for batch in (1, 3):
            x = images(program, sizes, batch, seed=batch)
            with torch.no_grad():
                result = model(x)
            wanted = named(result, names)
            found = dict(zip(names, run(path, {port.name: x.numpy()}), strict=True))
            assert set(wanted) == set(found)
            for name, value in wanted.items():
                assert largest_difference(found[name], value.numpy()) <= TOLERANCE


def named(result: object, names: list[str]) -> dict[str, Tensor]:
    """What a module returns, by the outputs' names."""
    if isinstance(result, dict):
        return result
    several = result if isinstance(result, tuple) else (result,)
    return dict(zip(names, several, strict=True))


def batches(program: Program) -> list[Tensor]:
    return [images(program, sizes_of(program)[0], 8, seed) for seed in (11, 12)]


def depends_on_input(model: nn.Module, program: Program) -> bool:
    first, second = (images(program, sizes_of(program)[0], 1, seed) for seed in (21, 22))
    with torch.no_grad():
        a, b = model(first), model(second)
    if isinstance(a, dict):
        (a, b) = (next(iter(found.values())) for found in (a, b))
    return float((a - b).abs().max()) >= 0.01 * float(b.abs().max())


def parameters(names: Sequence[str]) -> list[ParameterSet]:
    return [pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in names]


@pytest.mark.parametrize("name", parameters(TORCHVISION))
def test_torchvisions_values(name: str, file: Path) -> None:
    program, model = load_program(name), torchvision_model(name)
    settle(model, model.state_dict(), batches(program))
    assert depends_on_input(model, program)
    export(program, file, weights=arrays(model.state_dict()))
    check_file(file)
    compare(program, model, file)
    emitted = build(program)
    emitted.load_state_dict(model.state_dict())
    compare(program, emitted.eval(), file)


@pytest.mark.parametrize("spec", parameters(OTHERS))
def test_values_of_torch_modules(spec: str, file: Path) -> None:
    program = load_program(spec)
    model = Interpreted(program)
    settle(model, model.state(), batches(program))
    assert depends_on_input(model, program)
    export(program, file, weights=arrays(model.state()))
    check_file(file)
    compare(program, model, file)
    emitted = build(program)
    emitted.load_state_dict(model.state())
    compare(program, emitted.eval(), file)
