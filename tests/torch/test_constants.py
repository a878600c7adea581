"""Constants and values without a batch axis, beside plain torch and ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import netlang
from netlang.backends.onnx import export
from netlang.backends.torch import build, emit
from netlang.backends.torch.run.weights import filled
from netlang.backends.weights import constants, slots
from netlang.build import BuildOptions
from netlang.elaborate import load_program
from netlang.ir.program import Program
from tests.onnx.support import check_file, run
from tests.torch.programs import complaints

NETS = Path(__file__).parent / "nets" / "constants.net"
State = Mapping[str, Tensor]


def program(name: str) -> Program:
    return load_program(f"{NETS}:{name}")


def tables(state: State, x: Tensor) -> list[Tensor]:
    height = x.shape[2]
    y = x + torch.tensor([2, 0.5, 4])
    rows = torch.arange(1, 1 + 2 * height, 2.0)[:, None] + torch.linspace(0, 3, height)[:, None]
    names = torch.tensor([1.0, 2.0, 3.0, 4.0])[:, None, None]
    total = torch.linspace(-1, 1, 3) + 0.25 + state["fixed"] + rows + names + 0.5
    return [y * total.relu()]


def learned(state: State, x: Tensor, words: Tensor) -> list[Tensor]:
    def conv(name: str, given: Tensor, stride: int = 1) -> Tensor:
        return F.conv2d(given, state[f"{name}.weight"], state[f"{name}.bias"], stride)

    c = conv("c", F.pad(state["w"][None], (1, 1, 1, 1)))
    d = conv("2", F.pad(c, (1, 1, 1, 1), mode="reflect"), 2)
    d = F.conv_transpose2d(d, state["d.weight"], state["d.bias"], 2)
    y = F.group_norm(F.max_pool2d(d, 2), 2, state["5.weight"], state["5.bias"])
    y = F.instance_norm(y).permute(0, 2, 3, 1)
    y = F.layer_norm(y, (4,), state["7.weight"], state["7.bias"]).permute(0, 3, 1, 2)
    y = F.prelu(y, state["8.weight"])
    y = torch.maximum(y[:, ::2], y[:, 1::2]).softmax(-1)
    y = F.normalize(y.repeat_interleave(2, 2).repeat_interleave(2, 3))
    y = F.pad(y, (1, 1, 1, 1))[:, :, 2:5, 3:6].mean((2, 3))[0, 0]
    b = c[0].reshape(12, 24)[1:5].flatten() @ state["b.weight"].T + state["b.bias"]
    tokens = state["t.weight"][words] + state["e.weight"][: words.shape[1]]
    v = F.pixel_shuffle(d, 2).reshape(8, 24)
    return [x + y + b, tokens, v @ state["table.0.weight"].T + state["table.0.bias"]]


@pytest.mark.parametrize("height", [6, 1, 9])
def test_tables_are_torchs(height: int, tmp_path: Path) -> None:
    compare(program("tables"), tables, tmp_path, x=torch.randn(3, 4, height, 3))


@pytest.mark.parametrize("length", [7, 1])
def test_operators_take_values_without_a_batch_axis(length: int, tmp_path: Path) -> None:
    words = torch.randint(20, (3, length))
    compare(program("learned"), learned, tmp_path, x=torch.randn(3, 4, 6, 5), words=words)


def compare(
    net: Program, plain: Callable[..., list[Tensor]], folder: Path, **inputs: Tensor
) -> None:
    """The emitted class, a class of filled weights and the ONNX file beside plain torch."""
    torch.manual_seed(0)
    for model in (build(net), filled(net, BuildOptions())):
        state = model.state_dict()
        with torch.no_grad():
            found = model.eval()(*inputs.values())
            expected = plain(state, *inputs.values())
        mine = [found] if isinstance(found, Tensor) else list(found)
        torch.testing.assert_close(mine, expected, rtol=1e-4, atol=1e-5)
        path = folder / "net.onnx"
        export(net, path, weights={key: value.numpy() for key, value in state.items()})
        check_file(path)
        told = run(path, {name: value.numpy() for name, value in inputs.items()})
        for one, other in zip(told, expected, strict=True):
            torch.testing.assert_close(torch.from_numpy(one), other, rtol=1e-4, atol=1e-5)


def test_constants_without_a_key_are_no_weights() -> None:
    net = program("tables")
    assert [slot.key for slot in slots(net)] == ["names", "fixed"]
    assert [slot.key for slot in constants(net)] == ["y.1", "ramp", "half"]
    model = build(net)
    assert list(model.state_dict()) == ["fixed", "names"]
    assert [name for name, value in model.named_parameters() if value.requires_grad] == []


def test_constants_without_a_key_have_names_of_their_own() -> None:
    net = program("named")
    for model in (build(net), filled(net, BuildOptions())):
        assert list(model.state_dict()) == ["constant_2.weight", "constant_2.bias"]
        weight, bias = model.state_dict().values()
        x = torch.randn(3, 2)
        y = x + torch.tensor([4, 6])
        expected = y * (y @ weight.T + bias) * torch.tensor([5, 12])
        torch.testing.assert_close(model(x), expected)


def test_a_constant_named_by_a_number_beside_layers_in_two_depths() -> None:
    text = """net n {
        input x: [4]
        x -> a.q.r: linear(4) -> b: linear(4) -> a.q.s: linear(4)
        a.7: full([4], 3)
        (a.q.s, a.7) -> add -> c: linear(4) -> a.p: linear(4)
    }"""
    model, x = netlang.loads(text).torch(), torch.randn(2, 4)
    layers = [model.get_submodule(name) for name in ("a.q.r", "b", "a.q.s", "c", "a.p")]
    assert len(model.state_dict()) == 2 * len(layers)
    y = torch.nn.Sequential(*layers[:3])(x) + 3
    torch.testing.assert_close(model(x), torch.nn.Sequential(*layers[3:])(y))


def test_halves_stay_halves(tmp_path: Path) -> None:
    net = program("halves")
    model = filled(net, BuildOptions()).eval()
    x = torch.randn(3, 5, 2).half()
    with torch.no_grad():
        found = model(x)
    (table,) = model.state_dict().values()
    expected = x + table[1] + 0.1 + torch.tensor([0.3, 0.7]).half()
    torch.testing.assert_close(found, expected, rtol=1e-2, atol=1e-2)
    path = tmp_path / "halves.onnx"
    export(net, path, weights={k: v.numpy() for k, v in model.state_dict().items()})
    (told,) = run(path, {"x": x.numpy()})
    torch.testing.assert_close(torch.from_numpy(told), found, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("name", ["tables", "learned", "named", "halves"])
def test_the_source_is_as_ruff_writes_it(name: str) -> None:
    assert complaints(emit(program(name))) == ""
