"""Weights that are values, beside torch's own ways of writing them, and tied weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from torch import Tensor, nn

from netlang.analysis.facts import Facts
from netlang.backends.onnx import Form, export
from netlang.backends.torch import build, emit
from netlang.backends.torch.run.weights import filled
from netlang.build import BuildOptions
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.ir.program import Program
from netlang.ir.verify import verify
from tests.onnx.support import check_file, run
from tests.torch.programs import complaints

NETS = Path(__file__).parent / "nets" / "weight_values.net"
NAMES = ("normed", "adapted", "every", "table", "tied")


def program(name: str) -> Program:
    return load_program(f"{NETS}:{name}")


def inputs_of(net: Program) -> list[Tensor]:
    """Random inputs for a batch of 3."""
    found = []
    for port in net.net.inputs:
        shape = [3, *(net.defaults.get(str(size)) or int(str(size)) for size in port.type.shape)]
        found.append(torch.randn(shape) if port.type.dtype.is_float else torch.randint(9, shape))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_the_module(name: str, tmp_path: Path) -> None:
    net = program(name)
    verify(net)
    for model in (build(net), filled(net, BuildOptions(seed=1))):
        values = inputs_of(net)
        with torch.no_grad():
            found = model.eval()(*values)
        path = tmp_path / "net.onnx"
        export(net, path, weights={key: each.numpy() for key, each in model.state_dict().items()})
        check_file(path)
        feeds = {p.name: x.numpy() for p, x in zip(net.net.inputs, values, strict=True)}
        (told,) = run(path, feeds)
        torch.testing.assert_close(torch.from_numpy(told), found, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_the_source_is_as_ruff_writes_it(name: str) -> None:
    assert complaints(emit(program(name))) == ""


class ScaledStdConv2d(nn.Conv2d):
    """As timm has it: Brock et al. 2021, with gamma 1."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__(channels, out, 3, padding=1)
        self.gain = nn.Parameter(torch.ones(out, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        weight = F.batch_norm(
            self.weight.reshape(1, self.out_channels, -1), None, None,
            weight=(self.gain * self.weight[0].numel() ** -0.5).view(-1),
            training=True, momentum=0.0, eps=1e-6,
        ).reshape_as(self.weight)  # fmt: skip
        return F.conv2d(x, weight, self.bias, padding=1)


def test_weight_norm_and_standardisation_are_torchs() -> None:
    with pytest.warns(FutureWarning, match="weight_norm"):
        normed = [nn.utils.weight_norm(nn.Conv2d(c, 4, 3, padding=1)) for c in (3, 4)]
    theirs = nn.Sequential(*normed, ScaledStdConv2d(4, 6))
    state = {"abc"[int(key[0])] + key[1:]: each for key, each in theirs.state_dict().items()}
    ours = build(program("normed"))
    assert set(ours.state_dict()) == set(state)
    ours.load_state_dict(state)
    x = torch.randn(2, 3, 8, 8)
    compare_gradients(ours, theirs, x)


def compare_gradients(ours: nn.Module, theirs: nn.Module, x: Tensor) -> None:
    mine, other = ours(x), theirs(x)
    torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-5)
    mine.square().sum().backward()
    other.square().sum().backward()
    one = {key.split(".")[-1]: each.grad for key, each in ours.named_parameters()}
    two = {key.split(".")[-1]: each.grad for key, each in theirs.named_parameters()}
    assert one.keys() == two.keys()
    for key, grad in two.items():
        torch.testing.assert_close(one[key], grad, rtol=1e-3, atol=1e-3)


def test_an_adapter_adds_to_a_weight_that_stays() -> None:
    model = build(program("adapted"))
    frozen = {key: each.requires_grad for key, each in model.named_parameters()}
    assert frozen == {"q.weight": False, "q.lora_A": True, "q.lora_B": True}
    state = model.state_dict()
    for value in state.values():
        value.normal_()
    x = torch.randn(2, 5, 6)
    weight = state["q.weight"] + state["q.lora_B"] @ state["q.lora_A"]
    torch.testing.assert_close(model(x), x @ weight.T, rtol=1e-4, atol=1e-5)


# --- ties ----------------------------------------------------------------------------------------

KEYS = (
    ("lm_head.weight", "transformer.wte.weight"),
    ("two.weight", "one.weight"),
    ("three.weight", "one.weight"),
)


@pytest.mark.parametrize("is_filled", [False, True])
def test_a_tied_weight_is_one_tensor_with_two_keys(is_filled: bool) -> None:
    net = program("tied")
    model = filled(net, BuildOptions()) if is_filled else build(net)
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for key, other in KEYS:
        assert parameters[key] is parameters[other]
        assert {key, other} <= model.state_dict().keys()
    assert Facts(net).params == sum(each.numel() for each in model.parameters())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = parameters["lm_head.weight"].detach().clone()
    model(*inputs_of(net)).square().sum().backward()
    optimizer.step()
    state = model.state_dict()
    assert not torch.equal(state["lm_head.weight"], before)
    for key, other in KEYS:
        assert torch.equal(state[key], state[other])


def arrays(model: nn.Module) -> dict[str, np.ndarray]:
    return {key: each.detach().numpy() for key, each in model.state_dict().items()}


def without(state: Mapping[str, np.ndarray], *keys: str) -> dict[str, np.ndarray]:
    return {key: each for key, each in state.items() if key not in keys}


def test_a_file_may_have_either_key(tmp_path: Path) -> None:
    net = program("tied")
    state = arrays(build(net))
    path = tmp_path / "weights.safetensors"
    further, own = tuple(key for key, _ in KEYS), tuple(other for _, other in KEYS)
    for lacking in ((), further, own):
        save_file(without(state, *lacking), path)
        found = arrays(filled(net, BuildOptions(path)))
        assert found.keys() == state.keys()
        assert all(np.array_equal(found[key], each) for key, each in state.items())


def test_keys_of_one_tensor_with_different_values_are_refused(tmp_path: Path) -> None:
    net = program("tied")
    state = arrays(build(net))
    path = tmp_path / "weights.safetensors"
    save_file({**state, "lm_head.weight": state["lm_head.weight"] + 1}, path)
    with pytest.raises(NetlangError, match=r"the values of transformer\.wte\.weight"):
        filled(net, BuildOptions(path))


def test_onnx_holds_one(tmp_path: Path) -> None:
    path = tmp_path / "tied.onnx"
    export(program("tied"), path, form=Form(fold=False))
    names = {each.name for each in onnx.load(path).graph.initializer}
    assert {other for _, other in KEYS} <= names
    assert not {key for key, _ in KEYS} & names
    # A tensor that is only read transposed is stored so, under another name.
    export(program("tied"), path)
    assert len(onnx.load(path).graph.initializer) == len(names)
