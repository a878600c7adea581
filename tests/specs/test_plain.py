"""The bundled nets that torchvision lacks, beside the same nets in plain torch.

Keys, order and shapes of the state, the values in both modes on the same weights, and the figures
that papers give.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import nn

from netlang.analysis.facts import Facts
from netlang.backends.torch import build
from netlang.elaborate import load_program
from netlang.ir.program import Program
from tests.oracle import largest_difference, without_dropout
from tests.specs.plain import (
    detectors,
    efficientdet,
    language,
    others,
    pictures,
    points,
    residual,
    restoration,
    sequences,
    styles,
    transformers,
)
from tests.specs.settled import HUGE, feeds, outputs, settle

NETS: dict[str, Callable[[], nn.Module]] = {
    "alexnet_2012": pictures.AlexNet2012,
    "autoencoder": others.Autoencoder,
    "bert": partial(language.Bert, 768, 12, 12),
    "bert(width=16, depth=2, heads=2, words=50, drop=0)": partial(language.Bert, 16, 2, 2, 50),
    "bert_large": partial(language.Bert, 1024, 24, 16),
    "cdncnn_b": partial(restoration.Dncnn, 20, 3),
    "cnn": others.cnn1d,
    "conformer(16, 4, 64, 2)": partial(transformers.Conformer, 16, 4, 64, 2),
    "conformer_l": partial(transformers.Conformer, 512, 8, 2048, 17),
    "conformer_m": partial(transformers.Conformer, 256, 4, 1024, 16),
    "conformer_s": partial(transformers.Conformer, 144, 4, 576, 16),
    "conv_autoencoder": others.ConvAutoencoder,
    "crnn": restoration.Crnn,
    "cyclegan_discriminator": partial(restoration.patch_discriminator, 3, batch_norm=False),
    "cyclegan_generator": partial(restoration.CycleGenerator, 9, 64),
    "cyclegan_generator(blocks=2, width=8)": partial(restoration.CycleGenerator, 2, 8),
    "dcgan_discriminator": others.Discriminator,
    "dcgan_generator": others.Generator,
    "detr([1, 1, 1, 1], 2, 32, 4, 64, 10, drop=0)": partial(
        transformers.Detr, (1, 1, 1, 1), 2, 32, 4, 64, 10
    ),
    "detr_resnet101": partial(transformers.Detr, (3, 4, 23, 3)),
    "detr_resnet50": transformers.Detr,
    "dncnn": restoration.Dncnn,
    "dncnn_b": partial(restoration.Dncnn, 20),
    "edsr_baseline_x2": partial(restoration.Edsr, 16, 64, 2, 1.0),
    "edsr_baseline_x3": partial(restoration.Edsr, 16, 64, 3, 1.0),
    "edsr_baseline_x4": partial(restoration.Edsr, 16, 64, 4, 1.0),
    "edsr_net(4, 16, 4, 0.1)": partial(restoration.Edsr, 4, 16, 4, 0.1),
    "edsr_x2": partial(restoration.Edsr, 32, 256, 2, 0.1),
    "edsr_x3": partial(restoration.Edsr, 32, 256, 3, 0.1),
    "edsr_x4": partial(restoration.Edsr, 32, 256, 4, 0.1),
    "efficientdet_d0": efficientdet.EfficientDet,
    "espcn": restoration.Espcn,
    "gpt2": partial(language.Gpt2, 768, 12, 12),
    "gpt2(width=16, depth=2, heads=2, words=50, dropout=0.0)": partial(
        language.Gpt2, 16, 2, 2, 50, 0.0
    ),
    "gpt2_large": partial(language.Gpt2, 1280, 36, 20),
    "gpt2_medium": partial(language.Gpt2, 1024, 24, 16),
    "gpt2_xl": partial(language.Gpt2, 1600, 48, 25),
    "gru_classifier": partial(others.WordClassifier, nn.GRU),
    "lenet5": pictures.LeNet5,
    "lenet5_relu": pictures.LeNet5Relu,
    "llama(32, 2, 4, 48, kv_heads=2, words=50)": partial(
        transformers.Llama, 32, 2, 4, 48, 2, words=50
    ),
    "llama_13b": partial(transformers.Llama, 5120, 40, 40, 13_824, 40),
    "llama_33b": partial(transformers.Llama, 6656, 60, 52, 17_920, 52),
    "llama_65b": partial(transformers.Llama, 8192, 80, 64, 22_016, 64),
    "llama_7b": partial(transformers.Llama, 4096, 32, 32, 11_008, 32),
    "logistic": others.logistic1d,
    "lstm_classifier": partial(others.WordClassifier, nn.LSTM),
    "mlp": others.Mlp1d,
    "mobilenet_v1": pictures.MobileNetV1,
    "mobilenet_v1_025": partial(pictures.MobileNetV1, 0.25),
    "mobilenet_v1_050": partial(pictures.MobileNetV1, 0.5),
    "mobilenet_v1_075": partial(pictures.MobileNetV1, 0.75),
    "mobilenet_v1_full": partial(pictures.MobileNetV1, separable=False),
    "nin": pictures.NetworkInNetwork,
    "patch_discriminator": partial(restoration.patch_discriminator, 6, batch_norm=True),
    "pix2pix_generator": restoration.Pix2Pix,
    "pix2pix_generator(width=8)": partial(restoration.Pix2Pix, 8),
    "plain20": partial(residual.Cifar, 20, "plain"),
    "plain32": partial(residual.Cifar, 32, "plain"),
    "plain44": partial(residual.Cifar, 44, "plain"),
    "plain56": partial(residual.Cifar, 56, "plain"),
    "pointnet": points.PointNet,
    "pointnet_segmentation": points.PointNetSegmentation,
    "pointnet_vanilla": partial(points.PointNet, False),
    "resnet110": partial(residual.Cifar, 110),
    "resnet1202": partial(residual.Cifar, 1202),
    "resnet20": partial(residual.Cifar, 20),
    "resnet20_b": partial(residual.Cifar, 20, "B"),
    "resnet20_c": partial(residual.Cifar, 20, "C"),
    "resnet32": partial(residual.Cifar, 32),
    "resnet44": partial(residual.Cifar, 44),
    "resnet56": partial(residual.Cifar, 56),
    "resnet56_b": partial(residual.Cifar, 56, "B"),
    "resnet56_c": partial(residual.Cifar, 56, "C"),
    "rnn": others.Rnn1d,
    "rnn_classifier": partial(others.WordClassifier, nn.RNN),
    "se_resnet101": partial(residual.se_resnet, 101),
    "se_resnet152": partial(residual.se_resnet, 152),
    "se_resnet18": partial(residual.se_resnet, 18),
    "se_resnet34": partial(residual.se_resnet, 34),
    "se_resnet50": partial(residual.se_resnet, 50),
    "se_resnext101_32x4d": partial(residual.se_resnext, 101),
    "se_resnext50_32x4d": partial(residual.se_resnext, 50),
    "stylegan2": styles.StyleGan2,
    "stylegan2(levels=4, width=8, most=64)": partial(styles.StyleGan2, 4, 8, 64),
    "tcn": sequences.Tcn,
    "unet": others.UNet,
    "unet_3d": partial(restoration.UNet3D, 32),
    "unet_3d(width=2)": partial(restoration.UNet3D, 2),
    "unet_plus_plus": partial(restoration.NestedUNet, 32),
    "unet_plus_plus(width=4)": partial(restoration.NestedUNet, 4),
    "vae": others.VariationalAutoencoder,
    "wavenet": partial(restoration.WaveNet, 3, 10),
    "yolo_v5m": partial(detectors.YoloV5, 0.75, 0.67),
    "yolo_v5n": partial(detectors.YoloV5, 0.25, 0.33),
    "yolo_v5s": partial(detectors.YoloV5, 0.5, 0.33),
    "yolo_v8n": partial(detectors.YoloV8, 0.25, 0.33),
    "yolo_v8s": partial(detectors.YoloV8, 0.5, 0.33),
    "zfnet": pictures.ZFNet,
}
# These list a layer before others that it follows; a spec lists layers as they are applied.
REORDERED = {"efficientdet_d0", "yolo_v5m", "yolo_v5n", "yolo_v5s", "yolo_v8n", "yolo_v8s"}
# Of several that differ in width or depth alone one is run each time.
LARGE = {
    "bert", "bert_large",
    "cdncnn_b", "conformer_l", "conformer_m", "conformer_s", "cyclegan_generator",
    "detr_resnet101", "detr_resnet50", "dncnn_b", "edsr_baseline_x2", "edsr_baseline_x3",
    "edsr_baseline_x4", "edsr_x2", "edsr_x3", "edsr_x4", "gpt2", "gpt2_large", "gpt2_medium",
    "gpt2_xl", "mobilenet_v1_050", "mobilenet_v1_075",
    "mobilenet_v1_full", "pix2pix_generator", "plain32", "plain44", "plain56", "resnet110",
    "resnet1202", "resnet32", "resnet44", "resnet56", "resnet56_b", "resnet56_c", "se_resnet101",
    "se_resnet152", "se_resnet34", "se_resnet50", "se_resnext101_32x4d", "se_resnext50_32x4d",
    "stylegan2", "unet_3d",
    "unet_plus_plus", "yolo_v5m", "yolo_v5s", "yolo_v8s", "zfnet",
}  # fmt: skip
NAMES = [
    pytest.param(name, marks=pytest.mark.slow if name in LARGE else ())
    for name in NETS
    if name not in HUGE
]
# Maps of so many places that one image is enough for statistics.
WIDE = {"unet", "unet_3d(width=2)"}
# What it computes in training is drawn at random.
RANDOM = {
    "bert", "bert_large", "detr_resnet101", "detr_resnet50", "gpt2", "gpt2_large", "gpt2_medium",
    "gpt2_xl", "vae",
}  # fmt: skip
# Hundreds of layers magnify roundings.
TOLERANCES = {"resnet110": 1e-4, "resnet1202": 1e-3, "se_resnet152": 1e-4}

# In millions of parameters, as printed: table 6 of He et al. 2015, tables 4 and 6 of Howard et al.
# 2017, section 4.1 of Krizhevsky et al. 2012, section II.C of LeCun et al. 1998.
PUBLISHED = {
    "resnet20": 0.27, "resnet32": 0.46, "resnet44": 0.66, "resnet56": 0.85, "resnet110": 1.7,
    "resnet1202": 19.4, "mobilenet_v1": 4.2, "mobilenet_v1_075": 2.6, "mobilenet_v1_050": 1.3,
    "mobilenet_v1_025": 0.5, "mobilenet_v1_full": 29.3, "alexnet_2012": 61.0, "se_resnet50": 28.1,
}  # fmt: skip


def pair(name: str) -> tuple[Program, nn.Module, nn.Module]:
    """Our module and the plain one with the same settled weights."""
    program, theirs = load_program(name), NETS[name]()
    batch = 1 if name in WIDE else 8 if name in LARGE else 4
    settle(theirs, [feeds(program, batch, 11), feeds(program, batch, 12)])
    ours = build(program)
    ours.load_state_dict(theirs.state_dict())
    return program, ours, theirs


@pytest.mark.parametrize("name", NETS)
def test_state_is_that_of_plain_torch(name: str) -> None:
    program = load_program(name)
    ours = build(program, "meta")
    with torch.device("meta"):
        theirs = NETS[name]()
    found = [(key, value.shape) for key, value in ours.state_dict().items()]
    expected = [(key, value.shape) for key, value in theirs.state_dict().items()]
    if name in REORDERED:
        assert found != expected
        found.sort()
        expected.sort()
    assert found == expected
    counted = Facts(program).params
    assert counted == sum(parameter.numel() for parameter in theirs.parameters())
    if name in PUBLISHED:
        digits = len(str(PUBLISHED[name]).partition(".")[2])
        assert round(counted / 1e6, digits) == PUBLISHED[name]


@pytest.mark.parametrize("name", NAMES)
def test_values_are_those_of_plain_torch(name: str) -> None:
    program, ours, theirs = pair(name)
    tolerance = TOLERANCES.get(name, 1e-5)
    for mode in (False, True):
        if mode and name in RANDOM:
            continue
        ours.train(mode)
        theirs.train(mode)
        batch = 1 if name in WIDE else 3
        batches = feeds(program, batch, 21), feeds(program, batch, 22)
        with torch.no_grad(), without_dropout(ours):
            mine = [outputs(ours(*batch.values())) for batch in batches]
            wanted = [outputs(theirs(*batch.values())) for batch in batches]
        assert largest_difference(wanted[0][0], wanted[1][0]) >= 0.01
        for found, expected in zip(mine, wanted, strict=True):
            assert len(found) == len(expected)
            for one, other in zip(found, expected, strict=True):
                assert largest_difference(one, other) <= tolerance
    statistics = ours.state_dict()
    for key, value in theirs.state_dict().items():
        assert largest_difference(statistics[key].double(), value.double()) <= tolerance


def test_layers_of_lenet5_have_the_parameters_that_the_paper_counts() -> None:
    """Section II.B, layer by layer, and 60,000 in all; the centres are not among them."""
    printed = {"c1": 156, "s2": 12, "c3": 1516, "s4": 32, "c5": 48120, "f6": 10164}
    counted = dict.fromkeys(printed, 0)
    for key, value in build(load_program("lenet5")).named_parameters():
        layer = key.partition(".")[0]
        if layer != "penalties":
            counted[layer] += value.numel()
    assert counted == printed
    assert sum(counted.values()) == 60_000
