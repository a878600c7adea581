"""`netlang import --library`: blocks that the bundled library has, of nets that it doesn't have."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import netlang
from netlang.backends.torch.importing.bundled import recognition
from netlang.backends.torch.importing.bundled.blocks import calls, compiling, forms, literals
from netlang.backends.torch.importing.holes.stub import Stub
from netlang.backends.torch.importing.imported import Imported, import_module
from netlang.backends.torch.importing.spec import Asked
from netlang.ops import operator, operator_names
from netlang.records import names_of
from tests.analysis.oracles import torchvision_models


@pytest.fixture(autouse=True)
def _no_whole_net(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nets are looked for as a whole first, which others test and takes seconds."""
    monkeypatch.setattr(recognition, "bundled_definitions", lambda: [])


def with_blocks(module: nn.Module, size: int = 64, name: str = "it", channels: int = 3) -> Imported:
    """The import of a module, whose keys and values are the source's."""
    asked = Asked(name, "A test.", library=True)
    made = import_module(module, [torch.zeros(2, channels, size, size)], asked)
    assert not isinstance(made, Stub)
    assert set(made.weights) == set(module.state_dict())
    again = netlang.loads(made.text).torch(made.weights).eval()
    x = torch.randn(2, channels, size, size)
    with torch.no_grad():
        torch.testing.assert_close(again(x), module.eval()(x))
    return made


def resnet50_with_a_stem() -> nn.Module:
    """ResNet-50 with two 3x3 convolutions in front, and a head of two layers."""
    torch.manual_seed(0)
    net: nn.Module = torchvision_models().resnet50(weights=None)
    net.conv1 = nn.Sequential(
        nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.ReLU(), nn.Conv2d(32, 64, 3, 1, 1, bias=False)
    )
    net.fc = nn.Sequential(nn.Linear(2048, 64), nn.GELU(), nn.Linear(64, 3))
    return net


def test_a_net_with_another_stem_and_head() -> None:
    made = with_blocks(resnet50_with_a_stem())
    lines = [line.strip() for line in made.text.splitlines()]
    assert lines == [
        '"""A test."""', "",
        "from blocks.residual import bottleneck", "",
        "net it {",
        "input x: [3, H=64, W=64]", "",
        "conv1: {",
        "conv(32, 3x3, stride=2, pad=1, bias=false) -> relu",
        "conv(64, 3x3, pad=1, bias=false)",
        "}",
        "bn1: bn -> relu -> maxpool(3x3, stride=2, pad=1)",
        "layer1: { repeat 3 { bottleneck(64) } }",
        "layer2: {", "bottleneck(128, stride=2)", "repeat 3 { bottleneck(128) }", "}",
        "layer3: {", "bottleneck(256, stride=2)", "repeat 5 { bottleneck(256) }", "}",
        "layer4: {", "bottleneck(512, stride=2)", "repeat 2 { bottleneck(512) }", "}",
        "gap -> flatten",
        "fc: {", "linear(64) -> gelu", "linear(3)", "}",
        "}",
    ]  # fmt: skip
    assert made.notes == ("blocks of the library: 16 times `bottleneck` of `blocks.residual`",)


class Unit(nn.Module):
    """The bottleneck of ResNet, with a shortcut that is its input."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(32, 8, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(8)
        self.conv3 = nn.Conv2d(8, 32, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(32)
        self.act: nn.Module = nn.ReLU()
        self.drop: nn.Module = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.act(self.bn1(self.conv1(x)))
        y = self.act(self.bn2(self.conv2(y)))
        y = self.drop(self.bn3(self.conv3(y)))
        found: Tensor = self.act(x + y)
        return found


def units(change: Callable[[Unit], None]) -> nn.Module:
    """Three units, of which the second one is changed."""
    torch.manual_seed(0)
    made = [Unit() for _ in range(3)]
    change(made[1])
    return nn.Sequential(nn.Conv2d(3, 32, 3), *made, nn.Conv2d(32, 2, 3))


def _dropped(unit: Unit) -> None:
    unit.drop = nn.Dropout(0.1)


def _of_another_class(unit: Unit) -> None:
    unit.act = nn.GELU()


def _padded_less(unit: Unit) -> None:
    unit.conv2 = nn.Conv2d(8, 8, 1, bias=False)


def _renamed(unit: Unit) -> None:
    unit.add_module("second", unit.bn2)
    object.__setattr__(unit, "bn2", unit.second)
    del unit._modules["bn2"]


def _other_eps(unit: Unit) -> None:
    unit.bn2.eps = 1e-3


def _other_momentum(unit: Unit) -> None:
    unit.bn3.momentum = 0.05


def _with_a_bias(unit: Unit) -> None:
    unit.conv3 = nn.Conv2d(8, 32, 1)


def test_equal_units() -> None:
    made = with_blocks(units(lambda _: None), 16)
    assert "    repeat 3 { bottleneck(8) }\n" in made.text


@pytest.mark.parametrize(
    "change",
    [
        _dropped, _of_another_class, _padded_less, _renamed, _other_eps, _other_momentum,
        _with_a_bias,
    ],
)  # fmt: skip
def test_a_unit_that_differs_in_one_thing_is_written_out(change: Callable[[Unit], None]) -> None:
    """Numbers that values hardly show, such as those of norms, and keys make it another one."""
    made = with_blocks(units(change), 16)
    assert made.text.count("bottleneck(8)") == 2
    assert made.text.count("    2: {\n") == 1
    assert made.notes == ("blocks of the library: 2 times `bottleneck` of `blocks.residual`",)


class Windows(nn.Module):
    """A map as columns, which become one again: their windows have more axes than they have."""

    def __init__(self) -> None:
        super().__init__()
        self.unfold = nn.Unfold((3, 3), padding=(1, 1))
        self.fold = nn.Fold((16, 16), (3, 3), padding=(1, 1))
        self.mix = nn.Conv2d(32, 32, 1)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.mix(self.fold(self.unfold(x)))
        return found


def test_columns_of_windows_beside_a_block() -> None:
    torch.manual_seed(0)
    made = with_blocks(nn.Sequential(nn.Conv2d(3, 32, 1), Windows(), Unit()), 16)
    assert "    2: bottleneck(8)\n" in made.text
    assert made.notes == ("blocks of the library: once `bottleneck` of `blocks.residual`",)


def test_every_operator_has_a_normal_form() -> None:
    for kind in filter(None, map(operator, operator_names())):
        for case in kind.cases():
            fields = dict(forms._fields(case.op, case.inputs, case.op.infer(case.inputs).outputs))
            assert fields.keys() == set(names_of(case.op)), case.op


def test_norms_that_are_an_argument() -> None:
    """All three norms differ, as the block's argument allows."""
    made = units(lambda _: None)
    for each in made.modules():
        if isinstance(each, nn.BatchNorm2d):
            each.eps = 1e-3
    assert "    repeat 3 { bottleneck(8, norm=bn(eps=0.001)) }\n" in with_blocks(made, 16).text


def test_the_net_has_the_name_of_a_block() -> None:
    made = with_blocks(units(lambda _: None), 16, name="bottleneck")
    assert "from blocks.residual import bottleneck as bottleneck2\n" in made.text
    assert "    repeat 3 { bottleneck2(8) }\n" in made.text


def test_blocks_of_families_and_blocks_around_them() -> None:
    """Units of a family's own file; the library has no block of the stages, which remain."""
    models = torchvision_models()
    torch.manual_seed(0)
    stages = [
        nn.Sequential(
            models.mobilenetv2.InvertedResidual(width, 2 * width, 2, 6),
            models.mobilenetv2.InvertedResidual(2 * width, 2 * width, 1, 6),
        )
        for width in (8, 16)
    ]
    made = with_blocks(nn.Sequential(nn.Conv2d(3, 8, 3), *stages), 32)
    assert "from mobilenet_v2 import inverted_residual\n" in made.text
    assert "inverted_residual(16, 2, 6)" in made.text


def test_units_that_few_nets_of_a_family_have() -> None:
    """Most RegNets have no squeeze and excitation, and some have: both are uses of the block."""
    models = torchvision_models()
    torch.manual_seed(0)
    regnet = models.regnet.BlockParams
    params = regnet(
        depths=[2], widths=[16], group_widths=[8], bottleneck_multipliers=[1.0], strides=[2],
        se_ratio=0.25,
    )  # fmt: skip
    made = with_blocks(models.RegNet(params, num_classes=3), 32)
    assert "from regnet import unit\n" in made.text
    assert "unit(16, 2, 8, 0.25)" in made.text
    assert "unit(16, 1, 8, 0.25)" in made.text


def test_no_block_of_a_library_in_a_flat_spec() -> None:
    asked = Asked("it", "A test.", library=True, blocks=False)
    made = import_module(units(lambda _: None), [torch.zeros(2, 3, 16, 16)], asked)
    assert not isinstance(made, Stub)
    assert "bottleneck" not in made.text
    assert made.notes == ("the library has neither this net nor a block of it",)


def test_what_is_compiled_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file may have thousands of different parts, none of which is a block."""
    compiled: list[str] = []
    spec = compiling.BlockCall.spec

    def counted(call: compiling.BlockCall) -> str:
        compiled.append(call.call)
        return spec(call)

    monkeypatch.setattr(compiling.BlockCall, "spec", counted)
    monkeypatch.setattr(calls, "_COMPILED", 300)
    made = with_blocks(units(_of_another_class), 16)
    assert 0 < len(compiled) <= 60
    assert set(made.weights) == set(units(_of_another_class).state_dict())


def test_numbers_that_no_block_is_tried_with() -> None:
    """One may be how often a block repeats its steps, each of which is compiled."""
    text = "net it {\n    input x: [4, 8, 8]\n\n    conv(1_000_000, 1x1) -> bn -> relu\n}\n"
    form = forms.Forms().of(netlang.loads(text).program)
    assert literals.known_values(form, 4).ints == (4, 0, 1)
