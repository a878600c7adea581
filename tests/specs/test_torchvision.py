"""Every classification model that torchvision publishes figures for, beside the bundled net.

`torchvision_published.csv` has one row for each of them: parameters, 10^9 multiply-accumulates and
the image size that they hold for. A row without a net stands in `PENDING`, and must leave it when
its net arrives.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from netlang.analysis.facts import Facts
from netlang.backends.onnx import export
from netlang.backends.torch import build
from netlang.elaborate import load_program
from netlang.elaborate.files import bundled_definitions
from netlang.ir.program import Function, Program
from tests.analysis.oracles import torchvision_models
from tests.onnx.support import run
from tests.oracle import (
    largest_difference,
    on_meta,
    pictures,
    settle,
    torchvision_model,
    without_dropout,
)

PENDING = {
    "maxvit_t", "swin_b", "swin_s", "swin_t", "swin_v2_b", "swin_v2_s", "swin_v2_t", "vit_b_16",
    "vit_b_32", "vit_h_14", "vit_l_16", "vit_l_32",
}  # fmt: skip

with (Path(__file__).parent / "torchvision_published.csv").open(encoding="utf-8") as file:
    ROWS = {row["model"]: row for row in csv.DictReader(file)}
NAMES = [name for name in ROWS if name not in PENDING]

# Values are compared for one net of each family, the smallest; the others are a long campaign.
SMALLEST = {
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "efficientnet_v2_s", "googlenet",
    "inception_v3", "mnasnet0_5", "mobilenet_v2", "mobilenet_v3_small", "regnet_x_400mf",
    "regnet_y_400mf", "resnet18", "resnext50_32x4d", "shufflenet_v2_x0_5", "squeezenet1_1",
    "vgg11_bn", "wide_resnet50_2",
}  # fmt: skip
VALUES = [pytest.param(name, marks=() if name in SMALLEST else pytest.mark.slow) for name in NAMES]
# Room for more than one place in every stage; the auxiliary head of inception_v3 needs it all.
SIZES = {"inception_v3": 299}
SIZE = 96
BATCH = 4
# Another runtime sums in another order, and deep nets magnify what that rounds off: as much as
# this, or a few times as much as torch itself is off beside double precision.
ONNX_TOLERANCE = 1e-4
ROUNDINGS = 3
# torchvision lists the auxiliary heads of googlenet last, the spec where they stand.
MOVED = {"googlenet": "aux"}


@cache
def program(name: str) -> Program:
    return load_program(name)


def state(function: Function, prefix: str = "") -> Iterator[tuple[str, tuple[int, ...]]]:
    """Keys and shapes of the weights that a function owns, in order."""
    for node in function.nodes:
        if node.reuses:
            continue
        path = prefix + node.module
        if isinstance(node.callee, Function):
            yield from state(node.callee, f"{path}.")
        else:
            for weight in node.callee.weights(function.input_types(node)):
                yield (f"{path}.{weight.name}" if weight.name else path), weight.shape


def parted(
    keys: list[tuple[str, tuple[int, ...]]], name: str
) -> tuple[list[tuple[str, tuple[int, ...]]], ...]:
    """Keys, those that torchvision lists elsewhere apart."""
    moved = MOVED.get(name)
    if moved is None:
        return (keys,)
    return (
        [key for key in keys if not key[0].startswith(moved)],
        [key for key in keys if key[0].startswith(moved)],
    )


def shape_of(name: str) -> tuple[int, ...]:
    size = SIZES.get(name, SIZE)
    return (BATCH, 3, size, size)


def images(name: str, seed: int) -> Tensor:
    return pictures(shape_of(name), 100 + seed)


@pytest.fixture(scope="module")
def models(request: pytest.FixtureRequest) -> tuple[str, nn.Module, nn.Module]:
    """A name, our module and torchvision's, with the same settled weights."""
    name: str = request.param
    theirs = settle(torchvision_model(name), shape_of(name))
    ours = build(program(name))
    ours.load_state_dict(theirs.state_dict())
    return name, ours, theirs


def outputs(found: Tensor | NamedTuple) -> list[Tensor]:
    """What a model gave, the auxiliary heads in front."""
    if isinstance(found, Tensor):
        return [found]
    fields = found._asdict()
    return [fields[key] for key in sorted(fields)]


def test_rows_are_torchvisions() -> None:
    models = torchvision_models()
    published = {}
    for name in models.list_models(module=models):
        first = next(iter(models.get_model_weights(name)))
        size = first.transforms.keywords["crop_size"]
        published[name] = (str(first.meta["num_params"]), str(first.meta["_ops"]), str(size))
    rows = {k: (row["parameters"], row["gmacs"], row["image_size"]) for k, row in ROWS.items()}
    assert rows == published


def test_no_row_is_skipped() -> None:
    nets = {name for kind, name, _ in bundled_definitions() if kind == "net"}
    assert set(ROWS) - nets == PENDING


@pytest.mark.parametrize("name", NAMES)
def test_state_is_theirs(name: str) -> None:
    expected = [(k, tuple(v.shape)) for k, v in on_meta(name).state_dict().items()]
    assert parted(list(state(program(name).net)), name) == parted(expected, name)


@pytest.mark.parametrize("name", NAMES)
def test_figures_are_the_published_ones(name: str) -> None:
    facts = Facts(program(name))
    size = int(ROWS[name]["image_size"])
    macs = facts.value("macs", {"H": size, "W": size})
    assert isinstance(macs, int)
    assert f"{round(macs / 1e9, 3):g}" == f"{float(ROWS[name]['gmacs']):g}"
    # torchvision's figure for inception_v3 includes its auxiliary head, that of googlenet doesn't.
    heads = facts.auxiliary_params if name == "inception_v3" else 0
    assert facts.params + heads == int(ROWS[name]["parameters"])


@pytest.mark.parametrize("models", VALUES, indirect=True)
def test_outputs_agree_when_deployed(models: tuple[str, nn.Module, nn.Module]) -> None:
    name, ours, theirs = models
    ours.eval()
    theirs.eval()
    with torch.no_grad():
        one, other = theirs(images(name, 1)), theirs(images(name, 2))
        assert largest_difference(one, other) >= 0.01
        assert largest_difference(ours(images(name, 1)), one) <= 1e-5
        assert largest_difference(ours(images(name, 2)), other) <= 1e-5


@pytest.mark.parametrize("models", VALUES, indirect=True)
def test_outputs_agree_in_training(models: tuple[str, nn.Module, nn.Module]) -> None:
    name, ours, theirs = models
    ours.train()
    theirs.train()
    with torch.no_grad(), without_dropout(ours):
        found, expected = outputs(ours(images(name, 1))), outputs(theirs(images(name, 1)))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert largest_difference(one, other) <= 1e-5
    statistics = ours.state_dict()
    for key, value in theirs.state_dict().items():
        assert largest_difference(statistics[key], value) <= 1e-5


@pytest.mark.parametrize("models", VALUES, indirect=True)
def test_onnx_file_agrees(models: tuple[str, nn.Module, nn.Module], tmp_path: Path) -> None:
    name, _, theirs = models
    path = tmp_path / "net.onnx"
    export(program(name), path, weights={k: v.numpy() for k, v in theirs.state_dict().items()})
    given = images(name, 1)
    with torch.no_grad():
        expected = theirs.eval()(given)
        exact = deepcopy(theirs).double()(given.double())
    tolerance = max(ONNX_TOLERANCE, ROUNDINGS * largest_difference(expected.double(), exact))
    assert tolerance <= 1e-3
    (found,) = run(path, {"image": given.numpy()})
    # Weights of whole nets are too many to be kept.
    path.unlink()
    assert largest_difference(torch.from_numpy(found), expected) <= tolerance
