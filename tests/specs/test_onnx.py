"""Every bundled net as an ONNX file, beside the emitted module with the same weights.

The models that torchvision has are compared with torchvision's, in `test_torchvision`; what stands
here are the others, and the large ones of them only in the long run.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from netlang.analysis.facts import Facts
from netlang.backends.onnx import export
from netlang.backends.torch import build
from netlang.cli.library import groups
from netlang.elaborate import load_program
from netlang.modules.files import bundled_definitions
from tests.onnx.support import check_file, largest_difference, run
from tests.specs.rows import ROWS
from tests.specs.settled import HUGE, Feeds, feeds, outputs, settle
from tests.specs.test_plain import NETS as PLAIN

# Nets that are complete as they stand: no parameter is left to be given.
NETS = [
    entry.name
    for group in groups()
    for family in group.families
    for entry in family.of("net")
    if not entry.parameters
]
OURS = [name for name in NETS if name not in ROWS]
# Small ones of families whose nets are all large or huge.
SMALL = [
    "detr([1, 1, 1, 1], 2, 32, 4, 64, 10)", "llama(32, 2, 4, 48, kv_heads=2, words=50, longest=40)",
]  # fmt: skip
# Of several that differ in width or depth alone the smallest is run each time, and none that takes
# seconds unless no other has its steps.
LARGE = {
    "bert", "bert_large", "cdncnn_b", "conformer_l", "conformer_m", "conformer_s",
    "convnext_v2_base", "convnext_v2_femto", "convnext_v2_huge", "convnext_v2_large",
    "convnext_v2_nano", "convnext_v2_pico", "convnext_v2_tiny", "cyclegan_generator",
    "deeplabv3_mobilenet_v3_large", "deeplabv3_resnet101", "deeplabv3_resnet50", "detr_resnet101",
    "detr_resnet50", "dncnn_b", "edsr_baseline_x3", "edsr_baseline_x4", "edsr_x2", "edsr_x3",
    "edsr_x4", "fasterrcnn_resnet50_fpn", "fcn16s", "fcn32s", "fcn8s", "fcn_resnet101",
    "fcn_resnet50", "fcos_resnet50_fpn", "gpt2", "gpt2_large", "gpt2_medium", "gpt2_xl",
    "hrnet_w30", "hrnet_w32", "hrnet_w40", "hrnet_w44", "hrnet_w48", "hrnet_w64", "mixer_b_16",
    "mixer_b_32", "mixer_l_16", "mixer_l_32", "mixer_s_16", "mobilenet_v1_050", "mobilenet_v1_075",
    "mobilenet_v1_full", "patch_discriminator", "pix2pix_generator", "plain32", "plain44",
    "plain56", "resnet110", "resnet1202", "resnet32", "resnet44", "resnet56", "resnet56_b",
    "resnet56_c", "retinanet_resnet50_fpn", "se_resnet101", "se_resnet152", "se_resnet34",
    "se_resnet50", "se_resnext101_32x4d", "se_resnext50_32x4d", "segnet", "ssd300_vgg16",
    "stylegan2", "unet_3d", "unet_plus_plus", "wavenet", "yolo_v1", "yolo_v5m", "yolo_v5s",
    "yolo_v8s", "zfnet",
}  # fmt: skip
# Another runtime sums in another order, and deep nets magnify what that rounds off: as much as
# this, or a few times as much as torch itself is off beside double precision.
TOLERANCE = 1e-4
ROUNDINGS = 3
# Any two inputs may give the same: their truth tables are in `test_gates`.
GATES = {"and_perceptron", "nand_perceptron", "or_perceptron", "xor"}


def test_every_net_is_compared() -> None:
    nets = {name for kind, name, _ in bundled_definitions() if kind == "net"}
    generic = {
        entry.name
        for group in groups()
        for family in group.families
        for entry in family.of("net")
        if entry.parameters
    }
    assert set(NETS) == nets - generic
    assert set(OURS) >= LARGE | GATES | HUGE


def rounding(model: nn.Module, given: Feeds, found: list[Tensor]) -> float:
    """How far a model is off beside itself in double precision, at most a thousandth."""
    values = [value.double() if value.is_floating_point() else value for value in given.values()]
    with torch.no_grad():
        exact = outputs(deepcopy(model).double()(*values))
    off = [
        largest_difference(one.double().numpy(), other.numpy())
        for one, other in zip(found, exact, strict=True)
    ]
    assert max(off) <= 1e-3
    return max(off)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name in LARGE else ())
        for name in OURS + SMALL
        if name not in HUGE
    ],
)
def test_file_agrees_with_torch(name: str, tmp_path: Path) -> None:
    program = load_program(name)
    batch = 2 if name == "unet" else 4 if name in LARGE else 8
    model = settle(build(program), [feeds(program, batch, 11), feeds(program, batch, 12)])
    path = tmp_path / "net.onnx"
    export(program, path, weights={k: v.numpy() for k, v in model.state_dict().items()})
    check_file(path)
    one, other = feeds(program, 3, 21), feeds(program, 1, 22)
    with torch.no_grad():
        wanted, second = outputs(model(*one.values())), outputs(model(*other.values()))
    apart = largest_difference(wanted[0][:1].numpy(), second[0].numpy())
    assert name in GATES or apart >= 0.01
    for given, expected in ((one, wanted), (other, second)):
        found = run(path, {key: value.numpy() for key, value in given.items()})
        pairs = zip(found, expected, strict=True)
        difference = max(largest_difference(mine, theirs.numpy()) for mine, theirs in pairs)
        assert difference <= TOLERANCE or difference <= ROUNDINGS * rounding(model, given, expected)
    # Weights of whole nets are too many to be kept.
    path.unlink()


# The others' parameters are counted beside plain torch's.
@pytest.mark.parametrize("name", [name for name in OURS if name not in PLAIN])
def test_emitted_module_has_the_counted_parameters(name: str) -> None:
    program = load_program(name)
    with torch.device("meta"):
        model = build(program, "meta")
    facts = Facts(program)
    assert sum(p.numel() for p in model.parameters()) == facts.params + facts.auxiliary_params
