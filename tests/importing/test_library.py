"""`netlang import --library`: nets that the bundled library has are imported from there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

import netlang
from netlang.backends.torch.importing.bundled import recognition
from netlang.backends.torch.importing.holes.stub import Stub
from netlang.backends.torch.importing.imported import Imported, import_module
from netlang.backends.torch.importing.spec import Asked
from tests.analysis.oracles import torchvision_models
from tests.cli.support import Runner


def in_library(module: nn.Module, size: int, name: str) -> Imported:
    asked = Asked(name, "A test.", library=True)
    made = import_module(module, [torch.zeros(2, 3, size, size)], asked)
    assert not isinstance(made, Stub)
    return made


@pytest.fixture
def squeezenet(monkeypatch: pytest.MonkeyPatch) -> Callable[..., nn.Module]:
    """A net of torchvision's; the library has two, as far as the import can see."""
    nets = [("net", "squeezenet1_0", "squeezenet"), ("net", "squeezenet1_1", "squeezenet")]
    monkeypatch.setattr(recognition, "bundled_definitions", lambda: nets)
    models = torchvision_models()
    return lambda **options: models.get_model("squeezenet1_1", weights=None, **options)


def test_a_net_for_other_classes(squeezenet: Callable[..., nn.Module]) -> None:
    module = squeezenet(num_classes=5)
    made = in_library(module, 64, "squeezenet1_1")
    assert made.notes == ("it is `squeezenet1_1(classes=5)` of the library",)
    assert made.text == (
        '"""A test."""\n\nfrom squeezenet import squeezenet1_1 as bundled\n\n'
        "net squeezenet1_1 = bundled(classes=5)\n"
    )
    assert set(made.weights) == set(module.state_dict())
    assert netlang.loads(made.text).program.name == "squeezenet1_1"


def test_a_net_of_another_name(squeezenet: Callable[..., nn.Module]) -> None:
    made = in_library(squeezenet(), 64, "it")
    assert made.text.endswith("from squeezenet import squeezenet1_1\n\nnet it = squeezenet1_1\n")


@pytest.mark.parametrize("change", ["dropout", "activation", "width"])
def test_nets_that_are_others(squeezenet: Callable[..., nn.Module], change: str) -> None:
    """Keys alone don't make them the same, nor do keys and values."""
    module = squeezenet(**({"dropout": 0.1} if change == "dropout" else {}))
    features = module.features
    assert isinstance(features, nn.Sequential)
    if change == "activation":
        features[1] = nn.GELU()
    if change == "width":
        features[0] = nn.Conv2d(3, 64, 5, 2)
    made = in_library(module, 64, "squeezenet1_1")
    assert made.notes == ("blocks of the library: 8 times `fire` of `blocks.fire`",)
    assert "squeezenet1_1" not in made.text.partition("\n\nfrom blocks.fire import fire\n")[0]


@pytest.mark.parametrize("change", ["", "eps", "momentum"])
def test_numbers_that_values_hardly_show(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """One norm of a net of the library, of which the outputs agree all the same."""
    nets = [("net", "resnet20", "resnet_cifar")]
    monkeypatch.setattr(recognition, "bundled_definitions", lambda: nets)
    module = netlang.load("resnet20").torch()
    norm = next(each for each in module.modules() if isinstance(each, nn.BatchNorm2d))
    if change:
        setattr(norm, change, {"eps": 1e-6, "momentum": 0.01}[change])
    made = in_library(module, 32, "resnet20")
    said = "it is `resnet20` of the library"
    others = "blocks of the library: 7 times `basic` of `blocks.residual`"
    assert made.notes == (others if change else said,)


def test_the_command(run: Runner) -> None:
    (run.folder / "of_the_library.py").write_text(
        'import netlang\n\ndef net():\n    return netlang.load("lenet5_relu").torch()\n'
    )
    source = ("import", "of_the_library:net", "--input", "[1, 28, 28]", "--name", "lenet5_relu")
    done = run(*source, "--library", "-o", "a.net")
    assert done.status == 0, done.err
    assert done.err.endswith("it is `lenet5_relu` of the library\n")
    assert "from lenet5 import lenet5_relu as bundled" in (run.folder / "a.net").read_text()
    assert run("check", "a.net").status == 0
