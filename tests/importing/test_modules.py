"""What becomes of modules that show one construct each. Each import is compared with its module."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import netlang
from netlang.backends.torch.importing.operators import HANDLERS
from netlang.backends.torch.importing.original import ModuleOriginal
from netlang.backends.torch.importing.proof.prove import prove
from netlang.backends.torch.importing.text.names import snake
from netlang.syntax.format import format_source
from tests.importing.modules import (
    Attention,
    Bordered,
    Branches,
    Dense,
    Gate,
    Kept,
    Masked,
    Measured,
    Partly,
    Pooled,
    Positioned,
    Shared,
    Tree,
    units,
)
from tests.importing.support import Case, body_of, imported, same

_BEFORE = torch.ones(5, 5).tril().bool()
CASES = {
    "units": Case(
        units(),
        (3, 32, 32),
        (
            "input input: [3, H=32, W=32]",
            "repeat 2 { unit }",
            "block unit2 {",
            "down: conv(2 * in.channels, 1x1, stride=2)",
            "2: { gap -> flatten -> dropout(0.3) -> linear(5) }",
        ),
    ),
    "gate": Case(Gate(), (3, 6, 6), ("gap -> fc1: conv(2, 1x1) -> relu",)),
    "dense": Case(
        Dense(),
        (3, 8, 8),
        ("for i in range(4) { concat { identity; layers.{i}: conv(2, 3x3, pad=1) -> relu } }",),
    ),
    "attention": Case(
        Attention(),
        (8, 4, 4),
        (
            "input x: [8, 4, 4]",
            "token: parameter([1, 8], batch_axis=true)",
            "whole: multi_head_attention(2)",
        ),
    ),
    "pooled": Case(Pooled(), (7, 6), ("query: parameter(", "scale(0.5) -> softmax(-1)")),
    "everywhere": Case(Masked(torch.ones(1, 1, 5, 5).bool()), (5, 8), ("-> attention ",)),
    "before": Case(Masked(_BEFORE), (5, 8), ("-> attention(causal=true)",)),
    "far below": Case(
        Masked(torch.zeros(5, 5).masked_fill(~_BEFORE, -3e38)),
        (5, 8),
        ("-> attention(causal=true)",),
    ),
    "near": Case(
        Masked(_BEFORE & ~_BEFORE.tril(-2)), (5, 8), ("not_equal(to=0)", "here) -> attention")
    ),
    "positioned": Case(
        Positioned(),
        (9, 6),
        ("arange(9) -> reshape([1, 9]) codes: embedding(9, 6)", "weight: parameter([6, 5])"),
    ),
    "shared": Case(Shared(), (3, 8, 8), ("reuse conv -> relu",)),
    "tree": Case(Tree(), (3, 8, 8), ("low: { conv(3, 1x1) -> relu }",)),
    "partly": Case(Partly(), (4, 8, 8), ("units.0: stage",)),
    "kept": Case(Kept(), (4, 6, 6), ("gamma: parameter([4, 1, 1], init=1e-06)",)),
    "variance": Case(
        Measured(lambda x: x.var((2, 3), unbiased=False)),
        (3, 8, 8),
        (
            "input x: [3, H=8, W=8]",
            "sub { identity; mean([1, 2], keep=true) } -> pow(2) -> mean([1, 2])",
        ),
    ),
    "a learned map": Case(Bordered(), (2, 5, 5), ("pad(1, after=0)",)),
    "an empty part": Case(
        Measured(lambda x: torch.cat([x[:, :0], x[:, 0:].relu(), x[:, 5:]], 1)), (5, 3), ("relu",)
    ),
    "rows in front": Case(
        Measured(lambda x: F.pad(x, (0, 0, 1, 2, -1, 3), value=5.0)),
        (4, 6, 7),
        ("reshape([1, 4, 6, 7]) -> slice(1, axis=1) -> pad(0x1x0, after=3x2x0, value=5)",),
    ),
    "truths": Case(
        Measured(lambda x: torch.where(~(x > 0).logical_not() & (x < 1) | (x > 2), x, -x)),
        (5, 3),
        ("to_float",),
    ),
    "either": Case(
        Measured(lambda x: torch.where((x > 0).logical_xor(x.abs() > 1), x, x * 3)),
        (5, 3),
        ("greater(to=1) -> to_float } -> equal1: equal(to=1)",),
    ),
    "deviation": Case(
        Measured(lambda x: x.std(-1, correction=3, keepdim=True)),
        (3, 8, 9),
        ("mean(2, keep=true) -> scale(1.5) -> sqrt",),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_module_becomes_a_spec(case: Case) -> None:
    net = imported(case.module, case.shape)
    assert net.text is not None
    text = " ".join(body_of(net))
    for line in case.lines:
        assert line in text, net.text
    assert format_source(net.text, "it.net") == net.text
    assert net.weights is not None
    assert set(net.weights) == set(case.module.state_dict())
    example = torch.randn(2, *case.shape)
    assert torch.allclose(
        net.torch(net.weights).eval()(example), case.module.eval()(example), atol=1e-5
    )


def test_operators_have_the_names_of_pytorch() -> None:
    """A name that is none would never be met in a graph."""
    for name in HANDLERS:
        space, operator, overload = name.split(".")
        assert overload in getattr(getattr(torch.ops, space), operator).overloads(), name


def test_outputs_have_the_names_of_the_source() -> None:
    net = imported(Branches(), (3, 8, 8))
    assert [line for line in body_of(net) if line.startswith("output ")] == [
        "output mask: mask",
        "output features: concat1",
    ]


def test_a_module_is_left_as_it_was() -> None:
    module = units().train()
    first = next(module.children()).eval()
    before = {key: each.clone() for key, each in module.state_dict().items()}
    imported(module, (3, 32, 32))
    assert module.training
    assert not first.training
    assert all(torch.equal(each, before[key]) for key, each in module.state_dict().items())


def test_random_numbers_of_the_process_are_left_alone() -> None:
    module = Shared()
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    imported(module, (3, 8, 8))
    assert torch.equal(torch.rand(1), expected)


class _Odd(nn.Module):
    """Does two things that can't be said, and one behind them that can."""

    def forward(self, x: Tensor) -> Tensor:
        return (torch.erf(x) + x.flip(0)).relu()


def test_what_cannot_be_said_is_told_in_a_table() -> None:
    with pytest.raises(netlang.NetlangError) as caught:
        imported(_Odd(), (4,))
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == (
        "E0982",
        "2 of 4 steps can't be said in the language",
    )
    assert [row.split()[:2] for row in found.rows] == [
        ["operator", "nodes"],
        ["erf.default", "1"],
        ["flip.default", "1"],
    ]


class _Deciding(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if x.sum() > 0 else -x


class _Drawing(nn.Module):
    """Gives other numbers each time."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 1.0

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        return x * self.count


def test_what_cannot_be_traced() -> None:
    with pytest.raises(netlang.NetlangError, match="E0981"):
        imported(_Deciding(), (4,))


def test_a_spec_that_is_not_the_module_is_an_error() -> None:
    with pytest.raises(netlang.NetlangError, match=r"E0984.*is off by"):
        imported(_Drawing(), (4,))


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_numbers_that_are_not_finite_are_no_rounding(number: str) -> None:
    def spoilt(x: Tensor) -> Tensor:
        return torch.cat([x[:, :1] * float(number), x[:, 1:]], 1)

    with pytest.raises(netlang.NetlangError, match=r"in 2 of 800 numbers(.|\n)*please report"):
        prove(ModuleOriginal(Measured(lambda x: x)), Measured(spoilt), [(torch.randn(2, 400),)])


@pytest.mark.parametrize(
    "ends",
    [
        lambda x: x.transpose(0, 1),
        lambda x: x.reshape(-1, 3),
        lambda x: x.transpose(0, 1).reshape(-1, 3),
    ],
)
def test_an_output_whose_first_axis_is_not_the_batch(ends: Callable[[Tensor], Tensor]) -> None:
    """It is refused for what it is: no spec has such an output."""
    with pytest.raises(netlang.NetlangError, match=r"E0982(.|\n)*first axis isn't the batch"):
        imported(Measured(ends), (5, 3))


@pytest.mark.parametrize("places", [1, 9])
def test_a_few_numbers_that_differ(places: int) -> None:
    """They are a mistake, unless rounding has decided them."""
    source = Measured(lambda x: x)
    copy = Measured(lambda x: torch.cat([x[:, :places] + 1, x[:, places:]], 1))
    with pytest.raises(
        netlang.NetlangError, match=rf"in {2 * places} of 800 numbers(.|\n)*report it"
    ):
        prove(ModuleOriginal(source), copy, [(torch.randn(2, 400),)])


def test_a_spec_that_fails_is_an_error() -> None:
    """What Python raises in a spec is told, such as for places beyond an axis."""
    source, copy = Measured(lambda x: x), Measured(lambda x: x[:, 24])
    with pytest.raises(netlang.NetlangError, match="index 24 is out of bounds"):
        prove(ModuleOriginal(source), copy, [(torch.randn(2, 24),)])


def test_trained_weights_go_along() -> None:
    module = units()
    for each in module.parameters():
        nn.init.normal_(each, std=0.1)
    net = imported(module, (3, 32, 32))
    assert same(module, net.torch(net.weights), torch.randn(1, 3, 64, 48))


def test_a_loop_is_one_branch() -> None:
    """Steps that follow each other in a branch stay so, though a loop in a merge makes branches."""

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.conv2 = nn.Conv1d(4, 4, 3, 1, 1), nn.Conv1d(4, 4, 3, 1, 1)

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = self.conv2(self.conv1(x).relu()).relu()
            return y + x

    net = imported(Twice(), (4, 8))
    loop = "for i in range(1, 3) { conv{i}: conv(4, 3, pad=1) -> relu }"
    assert f"add {{ {{ {loop} }}; identity }}" in body_of(net)


class _Padded(nn.Sequential):
    def __init__(self, out: int, kernel: int) -> None:
        super().__init__(nn.LazyConv2d(out, kernel, padding=kernel // 2), nn.ReLU())


def test_a_padding_of_0_follows_from_its_kernel_too() -> None:
    module = nn.Sequential(_Padded(4, 3), _Padded(6, 1), _Padded(8, 5))
    module(torch.zeros(1, 3, 8, 8))
    lines = body_of(imported(module, (3, 8, 8)))
    assert "block padded(out, kernel) {" in lines
    assert "conv(out, kernel, pad=kernel // 2) -> relu" in lines


def test_words_of_classes() -> None:
    """Acronyms with lowercase letters are one word, and so is a number of axes."""
    names = {
        "ViTAttention": "vit_attention", "ViTMLP": "vit_mlp", "XCiTBlock": "xcit_block",
        "DeiTModel": "deit_model", "ConvBNReLU": "conv_bn_relu", "Conv1D": "conv1d",
        "Conv2DBlock": "conv2d_block", "GPT2Block": "gpt2_block", "MultiTask": "multi_task",
        "ConvNormAct": "conv_norm_act", "HTMLParser": "html_parser",
    }  # fmt: skip
    assert {each: snake(each) for each in names} == names


def test_a_class_called_block() -> None:
    """The language has that word."""
    assert [snake(each) for each in ("nets.Block", "nets.ConvBlock")] == ["unit", "conv_block"]
