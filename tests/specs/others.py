"""How far bundled nets that aren't torchvision's classifiers are from another's modules.

The other is torchvision's or timm's module, or the net in plain torch in `tests.specs.plain`, which
is written from the paper or its authors' code. Both get the same weights, on which a comparison
means something (`tests.specs.settled`).
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

from netlang.backends.onnx import export
from netlang.backends.torch.run.execute import instance
from netlang.elaborate import load_program
from netlang.ir.program import Program
from tests.onnx.support import run
from tests.oracle import largest_difference, without_dropout
from tests.specs import test_one_stage, test_plain, test_segmentation, test_timm
from tests.specs.measure import PLAIN_TOLERANCE, Measured
from tests.specs.settled import Feeds, feeds, outputs, settle

__all__ = ["OTHERS", "Other", "measure_other"]


@dataclass(frozen=True, slots=True)
class Other:
    """Whose module a net is compared with, and that module with settled weights.

    Nets that draw numbers in training are compared as deployed alone.
    """

    whose: str
    made: Callable[[Program], nn.Module]
    trains: bool = True


def measure_other(name: str) -> Measured:
    """Everything of a row that takes values; `training` is None where it isn't compared."""
    other, program = OTHERS[name], load_program(name)
    theirs = other.made(program).eval()
    ours = instance(program)
    ours.load_state_dict(theirs.state_dict())
    one, two = feeds(program, _FEW, 21), feeds(program, _FEW, 22)
    with torch.no_grad():
        wanted, second = outputs(theirs(*one.values())), outputs(theirs(*two.values()))
        apart = largest_difference(wanted[0], second[0])
        found, again = outputs(ours.eval()(*one.values())), outputs(ours(*two.values()))
        deployed = max(_largest(found, wanted), _largest(again, second))
        onnx, rounding = _onnx(program, theirs, one, wanted)
        # Last, since it moves the statistics.
        training = _training(ours.train(), theirs.train(), one) if other.trains else None
    return Measured(apart, deployed, training, onnx, rounding)


def _training(ours: nn.Module, theirs: nn.Module, given: Feeds) -> float:
    with without_dropout(ours):
        found, wanted = outputs(ours(*given.values())), outputs(theirs(*given.values()))
    statistics = ours.state_dict()
    moved = [(statistics[key], value) for key, value in theirs.named_buffers() if key in statistics]
    pairs = [*zip(found, wanted, strict=True), *moved]
    return max(largest_difference(one.double(), other.double()) for one, other in pairs)


def _onnx(
    program: Program, theirs: nn.Module, given: Feeds, wanted: list[Tensor]
) -> tuple[float, float | None]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "net.onnx"
        weights = {key: value.numpy() for key, value in theirs.state_dict().items()}
        export(program, path, weights=weights)
        found = run(path, {key: value.numpy() for key, value in given.items()})
    difference = _largest([torch.from_numpy(each) for each in found], wanted)
    if difference <= PLAIN_TOLERANCE:
        return difference, None
    exactly = [each.double() if each.is_floating_point() else each for each in given.values()]
    exact = outputs(deepcopy(theirs).double()(*exactly))
    return difference, _largest([each.double() for each in wanted], exact)


def _largest(found: list[Tensor], wanted: list[Tensor]) -> float:
    return max(largest_difference(one, two) for one, two in zip(found, wanted, strict=True))


_FEW = 2


def _settled(make: Callable[[], nn.Module], program: Program) -> nn.Module:
    return settle(make(), [feeds(program, _FEW, 11), feeds(program, _FEW, 12)])


def _timm(name: str) -> nn.Module:
    found: nn.Module = test_timm.timm.create_model(test_timm.NETS[name])
    return found


def _segmentation(name: str) -> nn.Module:
    """torchvision's, with a tuple in place of a dictionary, and no auxiliary output if deployed."""
    model = test_segmentation.theirs(name)
    model.register_forward_hook(
        lambda module, _, found: (found["out"], found["aux"]) if module.training else found["out"]
    )
    return model


class _Pyramid(nn.Module):
    """What the head of torchvision's detector says of the pyramid, with the detector's keys."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = model.get_submodule("backbone"), model.get_submodule("head")

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.head(list(self.backbone(image).values())).values())


def _frozen(name: str, program: Program) -> nn.Module:
    """A detector, whose norms are frozen, with statistics of one whose norms learn."""
    learned = _settled(lambda: _Pyramid(test_one_stage.made(name, frozen=False)), program)
    theirs, state = _Pyramid(test_one_stage.made(name, frozen=True)), learned.state_dict()
    theirs.load_state_dict({key: state[key] for key in theirs.state_dict()})
    return theirs


# One or a few of each family; more are compared by `pytest -m slow tests/specs`.
_TIMM = ("convnext_v2_atto", "hrnet_w18", "mixer_s_32", "mixer_b_16")
_SEGMENTATION = (
    "deeplabv3_mobilenet_v3_large", "deeplabv3_resnet50", "fcn_resnet50", "fcn_resnet101",
)  # fmt: skip
_DETECTORS = ("fcos_resnet50_fpn", "retinanet_resnet50_fpn")
_PLAIN = (
    "bert", "conformer_s", "conv_autoencoder", "crnn", "cyclegan_discriminator",
    "cyclegan_generator", "dcgan_discriminator", "dcgan_generator", "detr_resnet50", "dncnn",
    "edsr_baseline_x2", "efficientdet_d0", "espcn", "gpt2", "gru_classifier", "lenet5",
    "lstm_classifier", "mobilenet_v1", "nin", "patch_discriminator", "pix2pix_generator",
    "pointnet", "pointnet_segmentation", "resnet20", "resnet56", "se_resnet50",
    "se_resnext50_32x4d", "stylegan2", "tcn", "unet", "unet_3d", "unet_plus_plus", "vae",
    "wavenet", "yolo_v5n", "yolo_v5s", "yolo_v8n", "yolo_v8s", "zfnet",
)  # fmt: skip

OTHERS: dict[str, Other] = {
    **{name: Other("timm's", partial(_settled, partial(_timm, name))) for name in _TIMM},
    **{
        name: Other("torchvision's", partial(_settled, partial(_segmentation, name)))
        for name in _SEGMENTATION
    },
    **{name: Other("torchvision's", partial(_frozen, name)) for name in _DETECTORS},
    **{
        name: Other(
            "plain torch", partial(_settled, test_plain.NETS[name]), name not in test_plain.RANDOM
        )
        for name in _PLAIN
    },
}
