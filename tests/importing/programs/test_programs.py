"""Programs of `torch.export.save` as specs: keys and values are those of the program."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from netlang.backends.torch.importing.holes.stub import Stub
from netlang.backends.torch.importing.layouts import BATCH
from netlang.backends.torch.importing.programs.batches import expanded, reshaped
from netlang.diagnostics.errors import NetlangError
from tests.analysis.oracles import torchvision_models
from tests.cli.support import Runner
from tests.importing.modules import units
from tests.importing.programs.support import exported, imported, records, written


class Tokens(nn.Module):
    """A token, positions, and an attention of PyTorch's own, which moves the batch."""

    positions: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.rand(1, 1, 8))
        self.conv = nn.Conv2d(3, 8, 4, 4)
        self.register_buffer("positions", torch.rand(1, 17, 8))
        self.norm = nn.LayerNorm(8)
        self.attend = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        count = x.shape[0]
        x = self.conv(x).reshape(count, 8, 16).permute(0, 2, 1)
        x = torch.cat([self.token.expand(count, -1, -1), x], 1) + self.positions
        y = self.norm(x)
        y, _ = self.attend(y, y, y, need_weights=False)
        return {"token": (x + y)[:, 0], "rest": torch.tensor([1.0, 2.0]) * x.mean(1)[:, :2]}


@pytest.mark.parametrize("any_size", [True, False])
def test_units(tmp_path: Path, any_size: bool) -> None:
    module = units()
    made = imported(exported(module, (3, 32, 32), tmp_path / "net.pt2", any_size=any_size))
    assert not isinstance(made, Stub)
    assert "block unit2 {" in made.text
    assert "input input: [3, H=32, W=32]" in made.text
    state = module.state_dict()
    assert set(made.weights) == set(state)
    assert all(torch.equal(each, state[key]) for key, each in made.weights.items())
    assert made.proof.inputs == ("[2, 3, 32, 32]", "[3, 3, 32, 32]", "[1, 3, 64, 96]")


@pytest.mark.parametrize(
    ("layer", "what"), [(nn.Dropout(), "a dropout"), (nn.BatchNorm1d(5), "a batch norm")]
)
def test_a_program_in_training_is_told(layer: nn.Module, what: str, tmp_path: Path) -> None:
    torch.export.save(torch.export.export(layer, (torch.zeros(2, 5),)), tmp_path / "net.pt2")
    with pytest.raises(NetlangError) as caught:
        imported(tmp_path / "net.pt2")
    assert f"{what} in training; call `eval()` first" in "\n".join(caught.value.diagnostics[0].rows)


def test_an_attention_and_several_outputs(tmp_path: Path) -> None:
    made = imported(exported(Tokens(), (3, 16, 16), tmp_path / "net.pt2", any_size=False))
    assert not isinstance(made, Stub)
    for line in ("att", "multi_head_attention(2)", "output token: ", "output rest: "):
        assert line in made.text, made.text
    assert set(made.weights) == set(Tokens().state_dict())


class _Tied(nn.Module):
    """The rows of a table stand for words, and are compared with what is found for each."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(9, 4)
        self.found = nn.Linear(4, 4)
        self.head = nn.Linear(4, 9, bias=False)
        self.head.weight = self.words.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        places: torch.Tensor = self.head(self.found(self.words(x)).relu())
        return places


@pytest.mark.parametrize("any_size", [False, True])
def test_a_table_that_is_read_as_weights_too(any_size: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)  # of other weights, the activation can be 0 for both words that there are
    sizes = ({0: torch.export.Dim.DYNAMIC},) if any_size else None
    example = (torch.zeros(3 if any_size else 1, 5, dtype=torch.int64),)
    path = tmp_path / "net.pt2"
    torch.export.save(torch.export.export(_Tied().eval(), example, dynamic_shapes=sizes), path)
    made = imported(path)
    assert not isinstance(made, Stub)
    assert set(made.weights) == {"head.weight", "found.weight", "found.bias"}
    assert "embedding(9, 4, weight=head.weight)" in made.text


def test_a_net_of_torchvision(tmp_path: Path) -> None:
    """A small one: all of them are in the long run, `tests.importing.programs.survey`."""
    models = torchvision_models()
    module = models.get_model("squeezenet1_1", weights=None, num_classes=3)
    made = imported(exported(module, (3, 64, 64), tmp_path / "net.pt2", any_size=False))
    assert not isinstance(made, Stub)
    assert set(made.weights) == set(module.state_dict())


def test_a_hole(tmp_path: Path) -> None:
    class Picks(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Linear(8, 8), nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            picked: Tensor = self.last(self.first(x).topk(4).values)
            return picked

    path = exported(Picks(), (8,), tmp_path / "net.pt2", any_size=True)
    with pytest.raises(NetlangError, match=r"E0982(.|\n)*topk"):
        imported(path)
    made = imported(path, stub=True)
    assert isinstance(made, Stub)
    assert 'hole([4], "topk", why="the language has no such operator")' in made.text
    assert set(made.weights) == set(Picks().state_dict())


def test_the_command(run: Runner) -> None:
    written(records(), run.folder / "net.pt2")
    done = run("import", "net.pt2", "-o", "a.net", "--weights-out", "a.safetensors")
    assert (done.status, done.err) == (0, "")
    assert "2 keys are those of the source" in done.out
    assert (run.folder / "a.net").read_text().startswith('"""Imported from net.pt2."""')
    for wrong in (("--input", "[3, 9, 8]"), ("--graph",), ("--input", "[3, 8]")):
        assert "E0989" in run("import", "net.pt2", "-o", "b.net", *wrong).err
    assert "E0001" in run("import", "absent.pt2", "-o", "b.net").err
    assert not (run.folder / "b.net").exists()


@pytest.mark.parametrize(
    ("given", "sizes", "batch", "found"),
    [
        ((BATCH, 512, 7, 7), (1, 25088), 1, (BATCH, 25088)),
        ((BATCH, 512, 7, 7), (4, 25088), 4, (BATCH, 25088)),
        ((BATCH, 8, 8, 7, 7, 3), (64, 49, 3), 1, (64 * BATCH, 49, 3)),
        ((64 * BATCH, 49, 3), (2, 8, 8, 49, 3), 2, (BATCH, 8, 8, 49, 3)),
        ((17, BATCH, 8), (17, 4, 4), 2, (17, 2 * BATCH, 4)),
        ((5, 6), (30,), 2, (30,)),
    ],
)
def test_the_axis_of_the_batch(
    given: tuple[int, ...], sizes: tuple[int, ...], batch: int, found: tuple[int, ...]
) -> None:
    assert reshaped(given, sizes, batch) == found


def test_a_token_for_each_example() -> None:
    assert expanded((1, 1, 8), (1, -1, -1), 1) == (BATCH, -1, -1)
    assert expanded((4, 8), (3, 4, 8), 2) == (3, 4, 8)
