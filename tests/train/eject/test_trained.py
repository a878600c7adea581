"""Transfer learning: a script takes trained weights as `netlang train` does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from netlang.backends.torch.eject import script
from netlang.backends.weights import slots
from netlang.recipes import load_recipe
from netlang.recipes.places import Places
from tests.train.eject.support import printed, resumed_losses, script_losses, trained_losses
from tests.train.support import sketch

BODY = (
    "    input x: [40]\n    body: linear(16) -> norm: batch_norm -> relu\n"
    "    middle: linear(16) -> relu\n    head: linear(10)"
)
LINES = (
    'weights: pretrained("mine", rename=[("backbone", "body"), ("backbone.norm", "norm")], '
    'skip=["head"])',
    'freeze: ["body", "norm"]',
    'rates: [("middle", 0.1)]',
    "optimizer: sgd(lr=0.05, momentum=0.9)",
    "schedule: warmup(5, unit=steps) -> cosine",
    "checkpoint_every: 6",
    "steps: 24",
)

DENSE = """from densenet import densenet121
train short {
    model: densenet121(classes=3)
    data: image_folder("mine")
    augment: resize(32)
    loss: cross_entropy
    optimizer: sgd(lr=0.1)
    batch: 2
    steps: 2
    weights: pretrained("mine", skip=["classifier"])
}
"""


def tensors() -> dict[str, torch.Tensor]:
    """Those of a larger net with another head."""
    torch.manual_seed(3)
    return {
        "backbone.weight": torch.randn(16, 40) / 6,
        "backbone.bias": torch.randn(16),
        "backbone.norm.weight": torch.rand(16),
        "backbone.norm.bias": torch.randn(16),
        "backbone.norm.running_mean": torch.randn(16),
        "backbone.norm.running_var": torch.rand(16),
        "middle.weight": (torch.randn(16, 16) / 4).double(),
        "middle.bias": torch.randn(16),
        "head.weight": torch.randn(7, 16),
        "spare": torch.zeros(3),
    }


@pytest.mark.parametrize("kind", ["mine.safetensors", "mine.pth", "state.pth"])
def test_losses(kind: str, tmp_path: Path) -> None:
    path = tmp_path / kind
    if kind.endswith(".safetensors"):
        save_file(tensors(), path)
    else:
        torch.save(tensors() if kind == "mine.pth" else {"epoch": 3, "model": tensors()}, path)
    recipe, program = sketch(BODY, *LINES)
    options = "--weights", str(path)
    expected = trained_losses(recipe, program, tmp_path / "run", Places({"mine": path}))
    assert len(expected) == 24
    assert script_losses(recipe, program, tmp_path / "script", *options) == expected
    text = script(recipe, program)
    assert resumed_losses(text, tmp_path / "killed", 16, *options) == expected


def test_what_doesnt_fit_is_named(tmp_path: Path) -> None:
    save_file({"backbone.weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    text = script(*sketch(BODY, *LINES))
    with pytest.raises(SystemExit, match=r"body\.weight.*middle\.bias"):
        printed(text, tmp_path, "--weights", str(tmp_path / "other.safetensors"))


def test_former_names(tmp_path: Path) -> None:
    """Keys of torchvision's published densenets are renamed; other nets need no such line."""
    file = tmp_path / "mine.net"
    file.write_text(DENSE, encoding="utf-8")
    recipe, program = load_recipe(f"{file}:short", [])
    text = script(recipe, program)
    (line,) = re.findall(r"\{\n +re\.sub.*?\}", text, re.DOTALL)
    today = [slot.key for slot in slots(program)]
    former = [re.sub(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2", key) for key in today]
    assert former != today
    names = {"stored": dict(zip(former, today, strict=True)), "re": re}
    exec(f"stored = {line}", names)
    assert all(key == value for key, value in names["stored"].items())  # type: ignore[attr-defined]
    assert "re.sub" not in script(*sketch(BODY, *LINES))
