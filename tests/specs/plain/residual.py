"""Residual nets in plain torch: those for CIFAR, and torchvision's with squeeze and excitation."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from tests.analysis.oracles import torchvision_models

__all__ = ["Cifar", "se_resnet", "se_resnext"]

_resnet = torchvision_models().resnet


class _Padded(nn.Module):
    """Option A: every other place, and zeros for the new channels."""

    def __init__(self, new: int) -> None:
        super().__init__()
        self.new = new

    def forward(self, x: Tensor) -> Tensor:
        return pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.new))


class _Unit(nn.Module):
    def __init__(self, before: int, width: int, stride: int, option: str) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.option = option
        changed = stride != 1 or before != width
        if option == "A" and changed:
            self.downsample: nn.Module = _Padded(width - before)
        elif option == "C" or (option == "B" and changed):
            conv = nn.Conv2d(before, width, 1, stride, bias=False)
            self.downsample = nn.Sequential(conv, nn.BatchNorm2d(width))
        else:
            self.downsample = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(out if self.option == "plain" else out + self.downsample(x))


class Cifar(nn.Module):
    """Section 4.2: 6n + 2 layers, shortcuts of an option or none."""

    def __init__(self, depth: int, option: str = "A") -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        before = 16
        for stage, width in enumerate((16, 32, 64), 1):
            units = []
            for unit in range((depth - 2) // 6):
                stride = 2 if stage > 1 and unit == 0 else 1
                units.append(_Unit(before, width, stride, option))
                before = width
            self.add_module(f"layer{stage}", nn.Sequential(*units))
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.bn1(self.conv1(x)))
        for stage in (1, 2, 3):
            x = self.get_submodule(f"layer{stage}")(x)
        out: Tensor = self.fc(x.mean((2, 3)))
        return out


class _Excited(nn.Module):
    """Figure 3 of Hu et al. 2017."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // 16, 1)
        self.fc2 = nn.Conv2d(channels // 16, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        weights: Tensor = self.fc2(torch.relu(self.fc1(x.mean((2, 3), keepdim=True))))
        return x * weights.sigmoid()


def _excited(model: nn.Module) -> nn.Module:
    """Squeeze and excitation behind the last normalisation of every unit of torchvision's net."""
    for unit in model.modules():
        if isinstance(unit, _resnet.BasicBlock | _resnet.Bottleneck):
            last = "bn2" if isinstance(unit, _resnet.BasicBlock) else "bn3"
            norm = unit.get_submodule(last)
            assert isinstance(norm, nn.BatchNorm2d)
            unit.se = _Excited(norm.num_features)
            _follow(norm, unit.se)
            _behind(unit, "se", last)
    return model


def _follow(norm: nn.Module, excited: nn.Module) -> None:
    norm.register_forward_hook(lambda _, __, out: excited(out))


def _behind(unit: nn.Module, name: str, last: str) -> None:
    """The module `name` registered right behind `last`, as the keys have it."""
    modules = list(unit._modules)
    modules.remove(name)
    modules.insert(modules.index(last) + 1, name)
    unit._modules = {key: unit._modules[key] for key in modules}


def se_resnet(depth: int) -> nn.Module:
    units = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3]}
    units[152] = [3, 8, 36, 3]
    unit = _resnet.BasicBlock if depth < 50 else _resnet.Bottleneck
    return _excited(_resnet.ResNet(unit, units[depth]))


def se_resnext(depth: int) -> nn.Module:
    layers = {50: [3, 4, 6, 3], 101: [3, 4, 23, 3]}[depth]
    return _excited(_resnet.ResNet(_resnet.Bottleneck, layers, groups=32, width_per_group=4))
