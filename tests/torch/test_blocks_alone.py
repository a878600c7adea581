"""Blocks by themselves: as classes for code of one's own, they are torchvision's blocks."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import netlang
from netlang.diagnostics.errors import NetlangError
from tests.oracle import largest_difference, torchvision_model, without_dropout

# A block and what it is given; how its class is called; where torchvision has the like of it.
CASES = [
    ("resnet:bottleneck(64)", "[64, H=9, W=9]", "Bottleneck(64, 64)", "resnet50", "layer1.0"),
    ("resnet:bottleneck(64)", "[256, H=9, W=9]", "Bottleneck(1024, 256)", "resnet50", "layer3.1"),
    ("resnet:bottleneck(64, stride=2)", "[9, 9, 9]", "Bottleneck(512, 256, 2)", "resnet50",
     "layer3.0"),
    ("resnet:basic(64)", "[64, H=9, W=9]", "Basic(128, 128)", "resnet18", "layer2.1"),
    ("resnet:basic(64, stride=2)", "[7, H=9, W=9]", "Basic(64, 128, 2)", "resnet18", "layer2.0"),
    ("mobilenet_v2:inverted_residual(8, 1, 6)", "[8, H=9, W=9]", "InvertedResidual(24, 24, 6)",
     "mobilenet_v2", "features.3"),
    ("mobilenet_v2:inverted_residual(24, 2, 6)", "[16, H=9, W=9]", "InvertedResidual(24, 32, 2, 6)",
     "mobilenet_v2", "features.4"),
    ("efficientnet:mbconv(bn, 6, 5x5, 8, 1, 0.2)", "[8, H=9, W=9]",
     "MBConv(40, 6, 5, 40, 0.05)", "efficientnet_b0", "features.3.1"),
    ("mobilenet_v3:bneck(3x3, 16, 8, true, relu, 2)", "[16, H=9, W=9]",
     "Bneck(16, 3, 16, 16, 2)", "mobilenet_v3_small", "features.1"),
    ("blocks.fire:fire(4, 8)", "[3, H=9, W=9]", "Fire(96, 16, 64)", "squeezenet1_0", "features.3"),
    ("blocks.dense:transition", "[4, H=9, W=9]", "Transition(256)", "densenet121",
     "features.transition1"),
    ("googlenet:inception(1, 2, 3, 4, 5, 6)", "[7, H=9, W=9]",
     "Inception(192, 64, 96, 128, 16, 32, 32)", "googlenet", "inception3a"),
    ("inception_v3:inception_c(4)", "[3, H=9, W=9]", "InceptionC(768, 128)", "inception_v3",
     "Mixed_6b"),
    ("blocks.shuffle:shuffle_unit", "[8, H=9, W=9]", "ShuffleUnit(48)", "shufflenet_v2_x0_5",
     "stage2.1"),
    ("convnext:unit(0.1)", "[8, H=9, W=9]", "Unit(96, 0)", "convnext_tiny", "features.1.0"),
    ("vit:encoder_layer(2, 8, 0.1)", "[L=5, 4]", "EncoderLayer(768, 12, 3072, 0.0)", "vit_b_16",
     "encoder.layers.encoder_layer_0"),
]  # fmt: skip


def _built(text: str, call: str) -> nn.Module:
    """What a call of a class in an emitted file gives."""
    namespace: dict[str, object] = {}
    exec(compile(text, "block.py", "exec"), namespace)
    made = eval(call, namespace)
    assert isinstance(made, nn.Module)
    return made


def _filled(model: nn.Module) -> nn.Module:
    """Random weights and statistics."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                drawn = torch.randn(value.shape, generator=generator)
                value.copy_(drawn.abs() + 0.5 if name.endswith("running_var") else 0.3 * drawn)
    return model


@pytest.mark.parametrize(("spec", "given", "call", "net", "place"), CASES)
def test_a_class_is_torchvisions_block(
    spec: str, given: str, call: str, net: str, place: str
) -> None:
    reference = _filled(torchvision_model(net).get_submodule(place))
    made = _built(netlang.load_block(spec, given).source(), call)
    expected, found = reference.state_dict(), made.state_dict()
    assert list(found) == list(expected)
    assert [each.shape for each in found.values()] == [each.shape for each in expected.values()]
    made.load_state_dict(expected)
    features = int(call.partition("(")[2].partition(",")[0].rstrip(")"))
    x = torch.randn((2, 5, features) if given.startswith("[L") else (2, features, 9, 9))
    for training in (False, True):
        mine, other = made.train(training), reference.train(training)
        with torch.no_grad(), without_dropout(mine), without_dropout(other):
            assert largest_difference(mine(x.clone()), other(x.clone())) < 1e-6


WRITTEN = """
block up(out, mid=out // 2, kernel=3x3, act=relu) {
    \"\"\"Joins a coarse map, made finer, to a fine one.\"\"\"
    input coarse
    input fine
    coarse -> finer: upsample(2)
    (finer, fine) -> concat
    conv(mid, kernel, pad=same) -> act -> conv(out, 1x1)
    output map
    auxiliary seen: conv(1, 1x1)
}

block tower(width, depth=3, p=0.1, last=in.channels if width > 8 else width) {
    repeat depth { conv(width, 3x3, pad=1) -> dropout(p) }
    conv(last, 1x1)
}
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "a.net"
    path.write_text(WRITTEN, encoding="utf-8")
    return str(path)


def _signature(text: str) -> str:
    """The constructor of the last class, on one line."""
    last = text[text.rindex("\nclass ") :]
    return " ".join(last[last.index("def __init__(") :].partition(" -> None")[0].split())


def test_parameters_are_arguments_and_defaults_defaults(file: str) -> None:
    block = netlang.load_block(f"{file}:up", "[8, H=4, W=4]", "[4, A=8, B=8]", out=6)
    text = block.source()
    assert _signature(text) == (
        "def __init__( self, coarse_channels: int, fine_channels: int, out: int,"
        " mid: int | None = None, kernel: int = 3, )"
    )
    assert "if mid is None:\n            mid = out // 2\n" in text
    assert "def forward(self, coarse: Tensor, fine: Tensor)" in text
    for made, mid in ((_built(text, "Up(8, 4, 6)"), 3), (_built(text, "Up(8, 4, 6, 5, 1)"), 5)):
        assert made.get_parameter("2.weight").shape[:2] == (mid, 12)
        maps, seen = made(torch.zeros(2, 8, 3, 5), torch.zeros(2, 4, 6, 10))
        assert (maps.shape, seen.shape) == ((2, 6, 6, 10), (2, 1, 6, 10))


def test_the_docstring_says_what_is_fixed_and_gives_an_example(file: str) -> None:
    text = netlang.load_block(f"{file}:up", "[8, H=4, W=4]", "[4, A=8, B=8]", out=6).source()
    doc = " ".join(text.split())
    assert "Joins a coarse map, made finer, to a fine one. Block `up` of a.net, line 2" in doc
    assert "with act=relu" in doc
    assert "`Up(8, 4, 6)` maps coarse [8, H, W] and fine [4, A, B] to" in doc
    assert "seen (in training) [1," in doc


def test_what_a_parameter_decides_is_fixed(file: str) -> None:
    text = netlang.load_block(f"{file}:tower(4)", "[3, H=4, W=4]").source()
    assert "with depth=3" in text
    # The default of `last` is another one for other widths: it has to be given.
    assert _signature(text) == (
        "def __init__(self, in_channels: int, width: int, last: int, p: float = 0.1)"
    )
    assert "`Tower(3, 4, 4)` maps [3, H, W] to [4, H, W]." in text


def test_a_default_for_which_the_class_is_not_the_block_is_none(file: str) -> None:
    text = netlang.load_block("resnet:bottleneck", "[9, H=8, W=8]", width=4, stride=2).source()
    assert "where stride != 1." in text
    assert _signature(text) == "def __init__(self, in_channels: int, width: int, stride: int)"


def test_a_block_is_a_module_and_an_onnx_file(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    block = netlang.load_block("resnet:bottleneck", "[8, H=5, W=7]", width=4)
    assert repr(block) == "<netlang block bottleneck: 448 params, 12,880 MACs>"
    module = block.torch(seed=3).eval()
    session = onnxruntime.InferenceSession(block.onnx(tmp_path / "a.onnx", module))
    x = torch.randn(2, 8, 5, 7)
    (found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    with torch.no_grad():
        assert largest_difference(torch.from_numpy(found), module(x)) < 1e-5
    with pytest.raises(ValueError, match="a guard is for nets"):
        block.source(guard=True)


@pytest.mark.parametrize(
    ("spec", "inputs", "code"),
    [
        ("resnet:bottleneck(4)", (), "E0022"),
        ("resnet:bottleneck(4)", ("[4, 8, 8]", "[4, 8, 8]"), "E0022"),
        ("detr:decoder_layer(2, 8, 0.1)", ("[4, 8]",), "E0022"),
        ("resnet:bottleneck(4)", ("4, 8, 8",), "E0023"),
        ("resnet:bottleneck(4)", ("[4, 8, 8] }",), "E0023"),
        ("resnet:bottleneck(4)", ("[4, 8, 8]\nnet b { }",), "E0023"),
        ("resnet:bottleneck(4)", ("[H, 8, 8]",), "E0516"),
        ("resnet:bottleneck(4)", ("[N, 8, 8, 8]",), "E0528"),
        ("resnet:bottleneck(4)", ("half[8, 8, 8]",), "E0517"),
        ("resnet:bottleneck(4)", ("[8, 8]",), "E0404"),
        ("resnet:bottleneck", ("[8, 8, 8]",), "E0302"),
        ("resnet:bottlenek(4)", ("[8, 8, 8]",), "E0007"),
    ],
)
def test_what_is_wrong_has_its_code(spec: str, inputs: tuple[str, ...], code: str) -> None:
    with pytest.raises(NetlangError) as caught:
        netlang.load_block(spec, *inputs)
    assert {each.code for each in caught.value.diagnostics} == {code}


RELATED = """
block halves(width) {
    assert width % 2 == 0
    conv(width, 1x1) -> conv(width // 2, 1x1)
}

block heads(heads) {
    assert in.features % heads == 0
    linear(3 * in.features) -> parts: split(in.features, axis=-1)
    (parts.0, parts.1, parts.2) -> attention(heads)
}

block groups(groups=2) {
    assert in.channels % groups == 0, "the groups must divide the channels"
    conv(in.channels, 2x2, stride=2, groups=groups)
}

block pooled(width, stride) {
    if stride % 2 == 0 { maxpool(stride) }
    if width // stride == 4 { conv(width, 1x1) }
}

block anything(width) {
    assert width * 0 == 0
    conv(width, 1x1)
}

block repeated(depth, width) {
    for i in range(2 * depth - 1) { conv(width + i, 1x1) }
}
"""


@pytest.mark.parametrize(
    ("call", "given", "arguments", "example", "other_call", "other_given"),
    [
        ("halves(8)", "[4, 6, 6]", "in_channels width", "Halves(7, 10)", "halves(10)",
         "[7, 6, 6]"),
        ("heads(2)", "[5, 4]", "in_features heads", "Heads(9, 3)", "heads(3)", "[5, 9]"),
        ("groups", "[4, 6, 6]", "in_channels groups", "Groups(9, 3)", "groups(3)", "[9, 6, 6]"),
        ("pooled(8, 2)", "[4, 8, 8]", "in_channels width stride", "Pooled(5, 17, 4)",
         "pooled(17, 4)", "[5, 8, 8]"),
        ("anything(4)", "[4, 8, 8]", "in_channels width", "Anything(3, 5)", "anything(5)",
         "[3, 8, 8]"),
        ("repeated(2, 5)", "[4, 8, 8]", "in_channels width", "Repeated(3, 6)", "repeated(2, 6)",
         "[3, 8, 8]"),
    ],
)  # fmt: skip
def test_a_relation_fixes_no_argument(
    tmp_path: Path, call: str, given: str, arguments: str, example: str, other_call: str,
    other_given: str,
) -> None:  # fmt: skip
    """What divides what, and the like, holds for many arguments: each of them is right."""
    path = tmp_path / "a.net"
    path.write_text(RELATED, encoding="utf-8")
    text = netlang.load_block(f"{path}:{call}", given).source()
    named = [part.partition(":")[0] for part in _signature(text).split(", ")[1:]]
    assert [name.strip() for name in named] == [*arguments.split()]
    other = netlang.load_block(f"{path}:{other_call}", other_given)
    reference = _filled(other.torch()).eval()
    made = _built(text, example).eval()
    made.load_state_dict(reference.state_dict())
    x = torch.randn(2, *(int(size) for size in other_given.strip("[]").split(",")))
    with torch.no_grad():
        assert largest_difference(made(x.clone()), reference(x.clone())) < 1e-6
