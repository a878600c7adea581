"""What processes share out among themselves, seen without starting any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from netlang.backends.torch.recipes.optimizers import optimization_for
from netlang.backends.torch.runtime.muon import MuonAndAdamW
from netlang.backends.torch.train.files.encoding import encode
from netlang.backends.torch.train.files.memory import kept_of
from netlang.backends.torch.train.files.part import CheckpointPart
from netlang.backends.torch.train.files.reader import opened
from netlang.backends.torch.train.modules import empty_module
from netlang.backends.torch.train.processes.rows import Rows, rows_of_each
from netlang.backends.torch.train.processes.shares import parts_of
from netlang.backends.torch.train.sharding.layout import Sharded
from netlang.backends.torch.train.sharding.model import require_shardable
from netlang.backends.torch.train.sharding.muon import over_rows
from netlang.backends.torch.train.sharding.standing import Attended
from netlang.backends.torch.train.sharding.units import units
from netlang.backends.torch.train.world import World
from netlang.diagnostics.errors import NetlangError
from netlang.recipes import load_recipe
from tests.train.support import sketch


@pytest.mark.parametrize("length", [1, 2, 3, 7, 10, 12])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_rows_are_shared_out_as_torch_does(length: int, size: int) -> None:
    whole = torch.arange(length)
    chunks = [chunk.tolist() for chunk in torch.chunk(whole, size)]
    assert [list(rows) for rows in rows_of_each(length, size)] == [
        *chunks, *([] for _ in range(size - len(chunks)))
    ]  # fmt: skip


def test_a_process_reads_its_rows_alone(tmp_path: Path) -> None:
    tensors = {"a": torch.randn(7, 2, 3), "b": torch.arange(5), "c": torch.randn(7).bfloat16()}
    path = tmp_path / "some.safetensors"
    path.write_bytes(b"".join(encode(tensors, {})))
    with opened(path) as file:
        part = CheckpointPart(file, "")
        for name, value in tensors.items():
            for rows in rows_of_each(len(value), 3):
                own = torch.empty_like(value[rows.start : rows.stop])
                found = part.one(name, Rows(own, tuple(value.shape), rows.start))
                assert torch.equal(found, value[rows.start : rows.stop])
        with pytest.raises(ValueError, match="of shape"):
            part.one("a", Rows(torch.empty(2, 2, 3), (8, 2, 3), 0))
        with pytest.raises(ValueError, match="7 rows"):
            file.rows("a", 5, 3)


@pytest.mark.parametrize("whole", [2, 3, 20, 47, 53])
def test_all_processes_compute_equally_many_parts(whole: int) -> None:
    for size in (2, 3):
        counts = [World(rank, size).part(whole) for rank in range(size)]
        lengths = [part.stop - part.start for part in counts]
        cut = [parts_of(length, 6, World(0, size), whole) for length in lengths]
        assert len({len(each) for each in cut}) == 1
        for length, parts in zip(lengths, cut, strict=True):
            assert [n for part in parts for n in range(length)[part]] == list(range(length))
            assert max(part.stop - part.start for part in parts) <= 6


def test_muon_over_rows_is_muon() -> None:
    """Each half of a matrix is changed as torch changes the whole, to the last bit."""
    torch.manual_seed(0)
    start, halves = torch.randn(12, 40), (slice(0, 7), slice(7, 12))
    settings = {"lr": 0.02, "weight_decay": 0.1}
    whole = nn.Parameter(start.clone())
    optimizer = MuonAndAdamW([{"params": [whole], **settings}], [])
    gathered: dict[str, Tensor] = {}

    def half(rows: slice) -> tuple[nn.Parameter, torch.optim.Optimizer]:
        weight = nn.Parameter(start[rows].clone())
        made = MuonAndAdamW([{"params": [weight], **settings}], [])
        over_rows(made, lambda _, update: (gathered["whole"], rows))
        return weight, made

    parts = [half(rows) for rows in halves]
    momentum = torch.zeros_like(start)
    for _ in range(5):
        whole.grad = torch.randn_like(start)
        momentum.lerp_(whole.grad, 0.05)
        gathered["whole"] = whole.grad.lerp(momentum, 0.95)
        for (weight, own), rows in zip(parts, halves, strict=True):
            weight.grad = whole.grad[rows].clone()
            own.step()
        optimizer.step()
        assert torch.equal(whole, torch.cat([weight for weight, _ in parts]))


def test_what_muon_keeps_is_known_without_a_process() -> None:
    recipe, _ = sketch("    input x: [40]\n    linear(10)", "optimizer: muon(lr=0.1)")
    optimizer = optimization_for(recipe, torch.device("cpu")).build(nn.Linear(5, 3))
    expected = kept_of(optimizer)

    def gather(weight: Tensor, value: Tensor) -> tuple[Tensor, slice]:
        return value, slice(None)

    over_rows(optimizer, gather)
    for found, kept in zip(kept_of(optimizer), expected, strict=True):
        assert {n: v.shape for n, v in found.items()} == {n: v.shape for n, v in kept.items()}


def _sizes(model: nn.Module) -> tuple[list[str], list[float]]:
    """The units of a model, and which share of the weights each gathers; at last the rest."""
    names = {id(module): name for name, module in model.named_modules()}
    total = sum(each.numel() for each in model.parameters())
    taken: set[nn.Parameter] = set()
    sizes: list[float] = []
    made = units(model)
    for unit in (*made, model):
        own = set(unit.parameters()) - taken
        taken |= own
        sizes.append(sum(each.numel() for each in own) / total)
    return [names[id(unit)] for unit in made], sizes


def test_units_are_blocks() -> None:
    _, program = load_recipe("resnet:imagenet", ["arch=resnet50"])
    names, sizes = _sizes(empty_module(program))
    assert {"layer3.0", "layer3.5", "fc"} <= set(names)
    assert not any(name.startswith("layer3.0.") for name in names)
    assert max(sizes) < 0.125
    assert sum(sizes) == pytest.approx(1.0)


def test_units_of_a_net_without_blocks_are_layers() -> None:
    layers = "a: linear(40) -> relu -> bn -> b: linear(40) -> relu -> c: linear(10)"
    body = f"    input x: [40]\n    {layers}"
    _, program = sketch(body)
    assert {"a", "b", "c"} <= set(_sizes(empty_module(program))[0])


def test_shared_weights_stay_together() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4))
    model[2].weight = model[0].weight
    assert units(model) == [model[1]]


def test_a_block_keeps_weights_that_only_its_parts_share() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second, self.third = (nn.Linear(4, 4) for _ in range(3))
            self.third.weight = self.first.weight

    block, other, last = Block(), nn.Linear(4, 4), nn.Linear(4, 4)
    assert units(nn.Sequential(block, other)) == [block.second, block, other]
    last.weight = block.first.weight
    assert units(nn.Sequential(block, other, last)) == [block.second, other]


def test_a_norm_whose_square_float16_does_not_hold() -> None:
    """As torch bounds the whole: 100 gradients of 63.25 have a norm of 632.5."""
    weights = [nn.Parameter(torch.zeros(100, dtype=torch.float16)) for _ in range(2)]
    for weight in weights:
        weight.grad = torch.full_like(weight, 63.25)
    Sharded(nn.Identity(), World()).bound(weights[:1], 1.0)
    nn.utils.clip_grad_norm_(weights[1:], 1.0)
    found, expected = (weight.grad for weight in weights)
    assert found is not None
    assert expected is not None
    assert torch.allclose(found, expected, rtol=2e-3)
    assert found[0].item() == pytest.approx(0.1, rel=2e-3)


def test_weights_that_cannot_be_shared_out() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))

    mixed = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2).double())
    for model, what in ((Scaled(), "`scale` has no axes"), (mixed, "float32, float64")):
        with pytest.raises(NetlangError) as caught:
            require_shardable(model)
        (problem,) = caught.value.diagnostics
        assert problem.code == "E0771"
        assert what in problem.message
    require_shardable(nn.Linear(2, 2))


def test_nothing_of_no_examples() -> None:
    """The net is computed, and neither a gradient nor a statistic shows it."""
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    before = {key: value.clone() for key, value in net.state_dict().items()}
    model: Any = Attended(net, (0,), spare=True)
    found = model(torch.zeros(0, 3))
    found.backward()
    assert found.item() == 0.0
    for each in net.parameters():
        assert each.grad is not None
        assert not each.grad.any()
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert all(module.training for module in net.modules())
