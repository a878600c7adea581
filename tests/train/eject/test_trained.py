"""Transfer learning: a script takes trained weights as `netlang train` does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from netlang.backends.torch import build
from netlang.backends.torch.eject import script
from netlang.backends.torch.runtime.trained import take_weights
from netlang.recipes import load_recipe
from netlang.recipes.places import Places
from tests.train.eject.support import (
    complaints,
    module_of_text,
    printed,
    resumed_losses,
    script_losses,
    trained_losses,
)
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
    stored = {"backbone.weight": torch.zeros(3), "backbone.norm.weight": torch.zeros(16)}
    save_file(stored, tmp_path / "other.safetensors")
    text = script(*sketch(BODY, *LINES))
    with pytest.raises(SystemExit, match=r"body\.weight.*middle\.bias"):
        printed(text, tmp_path, "--weights", str(tmp_path / "other.safetensors"))


def filled(text: str, stored: dict[str, torch.Tensor], tmp_path: Path) -> nn.Module:
    """The model of a script after its first line that takes weights."""
    module = module_of_text(text, tmp_path / "script.py")
    (call,) = re.findall(r"^ +take_weights\(.*?\)\n(?=    \w)", text, re.DOTALL | re.MULTILINE)
    (name,) = re.findall(r"    model = (\w+)\(\)", text)
    torch.manual_seed(1)
    model: nn.Module = getattr(module, name)()
    with torch.no_grad():
        exec(call.strip(), vars(module) | {"model": model, "stored": stored})
    return model


RENAMED = {
    "a wrapper": ('("module", "")', "module.{}"),
    "a wrapper with a point": ('("module.", "")', "module.{}"),
    "all of it": ('("", "net")', "{}"),
    "all of it but a part": ('("", "net"), ("net.body", "net.body")', "{}"),
    "a point behind": ('("trunk.", "net.")', "trunk.{}"),
}


@pytest.mark.parametrize("name", RENAMED)
def test_renamed(name: str, tmp_path: Path) -> None:
    """Labels may be empty, as they may for `netlang train`."""
    pairs, pattern = RENAMED[name]
    inner = "net." if '"net' in pairs else ""
    body = f"    input x: [40]\n    {inner}body: linear(8) -> relu\n    {inner}head: linear(10)"
    lines = f'weights: pretrained("mine", rename=[{pairs}])', "steps: 2"
    recipe, program = sketch(body, *lines)
    stored = {pattern.format(key): each for key, each in trunk().items()}
    if "but a part" in name:
        stored = {key.replace("body", "net.body"): each for key, each in stored.items()}
    save_file(stored, tmp_path / "mine.safetensors")
    places = Places({"mine": tmp_path / "mine.safetensors"})
    expected = trained_losses(recipe, program, tmp_path / "run", places)
    options = "--weights", str(tmp_path / "mine.safetensors")
    assert script_losses(recipe, program, tmp_path / "script", *options) == expected


@pytest.mark.parametrize("rename", [(("body", "head"),), (("body", "x"), ("head", "x"))])
def test_two_keys_that_become_one(rename: tuple[tuple[str, str], ...]) -> None:
    model = nn.ModuleDict({"body": nn.Linear(40, 8), "head": nn.Linear(8, 10)})
    with pytest.raises(SystemExit, match="two keys of the file of weights become "):
        take_weights(model, trunk(), rename=rename)


def trunk() -> dict[str, torch.Tensor]:
    """Those of a net with `body` and `head`."""
    torch.manual_seed(5)
    model = nn.ModuleDict({"body": nn.Linear(40, 8), "head": nn.Linear(8, 10)})
    return dict(model.state_dict())


def test_a_label_that_fits_nothing(tmp_path: Path) -> None:
    save_file(tensors(), tmp_path / "mine.safetensors")
    lines = (LINES[0].replace('("backbone", "body")', '("backbone", "body"), ("module", "")'),)
    text = script(*sketch(BODY, *lines, *LINES[1:]))
    with pytest.raises(SystemExit, match=r"no key of the file of weights fits .*: module$"):
        printed(text, tmp_path, "--weights", str(tmp_path / "mine.safetensors"))


def test_former_names(tmp_path: Path) -> None:
    """Keys of torchvision's published densenets are renamed, and no others."""
    file = tmp_path / "mine.net"
    file.write_text(DENSE, encoding="utf-8")
    recipe, program = load_recipe(f"{file}:short", [])
    text = script(recipe, program)
    torch.manual_seed(0)
    fresh = build(program).state_dict()
    today = {key: torch.rand(each.shape).to(each) for key, each in fresh.items()}
    former = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2", key): each
        for key, each in today.items()
    }
    assert former.keys() != today.keys()
    for stored in (former, today):
        found = filled(text, stored, tmp_path).state_dict()
        for key, each in today.items():
            if not key.startswith("classifier"):
                assert torch.equal(found[key], each)
    plain = script(*sketch(BODY, *LINES))
    assert len(re.findall("former", plain)) < len(re.findall("former", text))
    (tmp_path / "plain.py").write_text(plain, encoding="utf-8")
    assert not complaints(tmp_path)


OWN = """    input x: [40]
    mlp.linear_1: linear(8) -> relu
    mlp.0: linear(8) -> relu
    head: linear(10)"""


def test_a_net_that_has_former_names(tmp_path: Path) -> None:
    """A key that the net knows stays, whatever torchvision once called by it."""
    torch.manual_seed(5)
    stored = {
        f"mlp.{name}.{part}": torch.randn(*shape)
        for name, inputs in (("linear_1", 40), ("0", 8))
        for part, shape in (("weight", (8, inputs)), ("bias", (8,)))
    }
    save_file(stored, tmp_path / "mine.safetensors")
    recipe, program = sketch(OWN, 'weights: pretrained("mine", skip=["head"])', "steps: 2")
    places = Places({"mine": tmp_path / "mine.safetensors"})
    expected = trained_losses(recipe, program, tmp_path / "run", places)
    options = "--weights", str(tmp_path / "mine.safetensors")
    assert script_losses(recipe, program, tmp_path / "script", *options) == expected


def test_former_names_after_a_rename(tmp_path: Path) -> None:
    body = "    input x: [40]\n    mlp.0: linear(8) -> relu\n    head: linear(10)"
    stored = {"old.linear_1.weight": torch.randn(8, 40), "old.linear_1.bias": torch.randn(8)}
    save_file(stored, tmp_path / "mine.safetensors")
    line = 'weights: pretrained("mine", rename=[("old", "mlp")], skip=["head"])'
    recipe, program = sketch(body, line, "steps: 2")
    places = Places({"mine": tmp_path / "mine.safetensors"})
    expected = trained_losses(recipe, program, tmp_path / "run", places)
    options = "--weights", str(tmp_path / "mine.safetensors")
    assert script_losses(recipe, program, tmp_path / "script", *options) == expected
