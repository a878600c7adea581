"""Which device a process gets, and what is refused before anything is connected."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from netlang.backends.torch.data.loader import Loader
from netlang.backends.torch.train.devices import choose_device
from netlang.backends.torch.train.processes.shares import require_shares
from netlang.backends.torch.train.setup import Prepare
from netlang.backends.torch.train.world import World
from netlang.diagnostics.errors import NetlangError
from tests.train.support import parts_of, sketch

_NORM = "    input x: [40]\n    linear(12) -> bn -> relu -> linear(10)"


def refused(device: str | None, world: World | None = None) -> str:
    with pytest.raises(NetlangError) as error:
        choose_device(device, world)
    (diagnostic,) = error.value.diagnostics
    return f"{diagnostic.code} {diagnostic.message} {diagnostic.help_text}"


@pytest.mark.parametrize(
    ("words", "devices", "shown"),
    [
        (["train", "a b.net", "seed=7", "--device", "cuda:0,cuda:1", "--shard"], "cuda:0,cuda:1",
         "`torchrun --nproc-per-node 2 -m netlang train 'a b.net' seed=7 --shard --device cuda`"),
        (["eval", "a.net", "--device=cuda:2, cuda:5"], "cuda:2, cuda:5",
         "`CUDA_VISIBLE_DEVICES=2,5 torchrun --nproc-per-node 2 -m netlang eval a.net"
         " --device cuda`"),
        (["train", "a.net", "--device", "cpu,cpu,cpu"], "cpu,cpu,cpu",
         "`torchrun --nproc-per-node 3 -m netlang train a.net --device cpu`"),
    ],
)  # fmt: skip
def test_several_devices_need_several_processes(
    words: list[str], devices: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole command is told, for the devices that were meant."""
    monkeypatch.setattr("sys.argv", ["/usr/bin/netlang", *words])
    assert refused(devices) == (
        f"E0775 `{devices}` are {devices.count(',') + 1} devices, and each needs a process of its"
        f" own start it as {shown}"
    )


def test_several_devices_of_a_script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "pets.py"
    script.touch()
    for program, shown in ((str(script), str(script)), ("ipykernel_launcher", "script.py")):
        monkeypatch.setattr("sys.argv", [program])
        said = refused("cuda:0,cuda:1")
        assert "give `device='cuda'` in a script" in said
        assert said.endswith(f"start that as `torchrun --nproc-per-node 2 {shown}`")


@pytest.fixture
def _four_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "set_device", lambda index: None)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")


@pytest.mark.usefixtures("_four_gpus")
def test_each_process_has_the_gpu_of_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(5, 8)
    monkeypatch.setenv("LOCAL_RANK", "1")
    for name in (None, "cuda"):
        assert choose_device(name, world) == torch.device("cuda:1")
    assert choose_device("cpu", world) == torch.device("cpu")
    assert choose_device("cuda:3") == torch.device("cuda:3")
    assert refused("cuda:3", world).startswith("E0776")
    monkeypatch.setenv("LOCAL_RANK", "4")
    assert refused(None, world).startswith("E0738")


@dataclass(frozen=True)
class Case:
    """A batch, in so many processes, whether it is refused."""

    batch: int
    processes: int
    accumulate: int = 1
    refused: bool = False
    sync: bool = False


@pytest.mark.parametrize(
    "case",
    [
        Case(8, 4),
        Case(7, 4, refused=True),
        Case(7, 4, sync=True),
        # 4,000 examples: the last batch has four.
        Case(999, 2),
        Case(999, 3, refused=True),
        # Each process has four examples in parts of one.
        Case(8, 2, accumulate=4, refused=True),
        Case(8, 2, accumulate=2),
        Case(1333, 1),
    ],
)
def test_a_batch_norm_needs_two_examples_in_each_process(case: Case) -> None:
    recipe, program = sketch(
        _NORM,
        f"batch: {case.batch}",
        f"accumulate: {case.accumulate}",
        f"sync_batch_norm: {str(case.sync).lower()}",
    )
    world = World(0, case.processes)
    train = Prepare(recipe, torch.device("cpu"), world, classes=10).training(parts_of(recipe).train)
    assert isinstance(train.source, Loader)
    if not case.refused:
        require_shares(recipe, program, world, train)
        return
    with pytest.raises(NetlangError, match="a single value of each channel in a process"):
        require_shares(recipe, program, world, train)
