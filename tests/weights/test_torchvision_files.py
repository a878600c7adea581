"""`netlang compile --weights` with files of the kinds that torchvision publishes."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import onnx
import pytest
import torch
from onnx import numpy_helper
from safetensors.torch import save_file
from torch import Tensor, nn

from netlang.backends.weights.former import renamed
from tests.analysis.oracles import torchvision_models
from tests.cli.support import Runner
from tests.onnx.support import run as run_file
from tests.oracle import allocated, largest_difference, pictures, settle
from tests.quality import ROOT

State = dict[str, Tensor]
SHAPE = (2, 3, 64, 64)


@pytest.fixture(scope="module")
def resnet50() -> nn.Module:
    return settle(allocated("resnet50"), SHAPE).eval()


def state_of(model: nn.Module) -> State:
    return dict(model.state_dict())


def drawn(name: str, **options: object) -> State:
    """The weights of one of torchvision's models, as it draws them."""
    model: nn.Module = getattr(torchvision_models(), name)(**options)
    return state_of(model)


def in_file(path: Path) -> State:
    """The initializers of an ONNX file."""
    found = onnx.load(path).graph.initializer
    return {each.name: torch.from_numpy(numpy_helper.to_array(each).copy()) for each in found}


def assert_holds(found: State, state: State) -> None:
    """Every weight that a deployed net has, and its value."""
    assert set(found) <= set(state)
    assert len(found) > 30
    for key, value in found.items():
        assert torch.equal(value, state[key])


def saved(state: object, name: str, *, legacy: bool = False) -> str:
    torch.save(state, name, _use_new_zipfile_serialization=not legacy)
    return name


@pytest.mark.parametrize("kind", ["pth", "legacy", "safetensors"])
def test_a_file_of_torchvisions_gives_torchvisions_outputs(
    run: Runner, resnet50: nn.Module, kind: str
) -> None:
    name = "w.safetensors" if kind == "safetensors" else "w.pth"
    if kind == "safetensors":
        save_file(state_of(resnet50), name)
    else:
        saved(resnet50.state_dict(), name, legacy=kind == "legacy")
    result = run("compile", "resnet50", "-o", "r.onnx", "--weights", name)
    assert (result.status, result.err) == (0, "")
    images = pictures(SHAPE, 5)
    with torch.no_grad():
        expected = resnet50(images)
    (found,) = run_file(Path("r.onnx"), {"image": images.numpy()})
    assert largest_difference(torch.from_numpy(found), expected) <= 1e-4


def test_what_does_not_fit_stands_in_one_table(run: Runner, resnet50: nn.Module) -> None:
    state = state_of(resnet50)
    del state["conv1.weight"]
    state["layer1.0.extra"] = torch.zeros(3)
    state["fc.weight"] = torch.zeros(9, 2048)
    given = saved(state, "w.pth")
    text = run.refused("compile", "resnet50", "-o", "r.onnx", "--weights", given)
    rows = [line.split() for line in text.splitlines()]
    assert "E0921" in text
    assert "1 of another shape or type, 1 missing, 1 unexpected" in text
    assert ["fc.weight", "[1000,", "2048]", "[9,", "2048]"] in rows
    assert ["conv1.weight", "[64,", "3,", "7,", "7]", "-"] in rows
    assert ["layer1.0.extra", "-", "[3]"] in rows
    assert "--partial" in text
    assert not Path("r.onnx").exists()


def test_the_page_shows_what_is_said(run: Runner, resnet50: nn.Module) -> None:
    page = (ROOT / "docs" / "weights.md").read_text(encoding="utf-8")
    *_, refused, partial = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    state = state_of(resnet50)
    saved(state, "resnet50.pth")
    command, _, said = partial.partition("\n")
    result = run(*shlex.split(command)[2:])
    assert result.err + result.out == said
    saved(state | {"fc.weight": torch.zeros(7, 2048), "fc.bias": torch.zeros(7)}, "seven.pth")
    given = ("compile", "resnet50", "-o", "r.onnx", "--no-fold", "--weights", "seven.pth")
    assert run.refused(*given) == refused


def test_the_page_shows_what_is_said_of_an_edited_file(run: Runner, resnet50: nn.Module) -> None:
    """All but how large the difference is, and the rounding: weights are drawn here."""
    page = (ROOT / "docs" / "weights.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^`netlang (verify .*?)`", page, re.MULTILINE)
    (shown,) = re.findall(r"^```text\n(error\[E0937\].*?)^```$", page, re.MULTILINE | re.DOTALL)
    given = ("--weights", saved(state_of(resnet50), "resnet50.pth"))
    assert run("compile", "resnet50", "-o", "resnet50.onnx", *given).status == 0
    model = onnx.load("resnet50.onnx")
    (node,) = (each for each in model.graph.node if each.name == "layer1.0.bn2")
    (pads,) = (each for each in node.attribute if each.name == "pads")
    pads.ints[:] = [0, 0, 2, 2]
    onnx.save(model, "resnet50.onnx")
    said = run.refused(*command.split(), "--size", "64")
    figures = re.compile(r"(?<=difference is )\S+|(?<=explains )\S+")
    assert figures.sub("", said) == figures.sub("", shown.replace("224", "64"))


def test_another_head_for_transfer_learning(run: Runner, resnet50: nn.Module) -> None:
    state = state_of(resnet50)
    given = (
        "compile",
        "resnet50(classes=7)",
        "-o",
        "r.onnx",
        "--no-fold",
        "--weights",
        saved(state, "w.pth"),
    )
    assert "E0921" in run.refused(*given)
    result = run(*given, "--partial")
    assert result.status == 0
    assert [line.split()[0] for line in result.err.splitlines()] == [
        "loaded", "not", "key", "fc.weight", "fc.bias",
    ]  # fmt: skip
    found = in_file(Path("r.onnx"))
    assert found.pop("fc.weight").shape == (7, 2048)
    assert found.pop("fc.bias").abs().max() > 0
    assert_holds(found, state)


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
@pytest.mark.parametrize("heads", [True, False], ids=["with heads", "without"])
def test_auxiliary_heads_may_be_absent(run: Runner, name: str, heads: bool) -> None:
    state = drawn(name, aux_logits=heads, init_weights=False)
    result = run("compile", name, "-o", "n.onnx", "--no-fold", "--weights", saved(state, "w.pth"))
    assert (result.status, result.err) == (0, "")
    assert_holds(in_file(Path("n.onnx")), state)


def test_a_head_that_is_there_must_fit(run: Runner) -> None:
    state = drawn("googlenet", aux_logits=True, init_weights=False)
    state["aux1.fc2.bias"] = torch.zeros(3)
    given = saved(state, "w.pth")
    text = run.refused("compile", "googlenet", "-o", "n.onnx", "--weights", given)
    assert "aux1.fc2.bias" in text


def test_the_keys_of_densenets_published_files(run: Runner) -> None:
    """They have `norm.1` for `norm1`, and none of the counters that batch norms have today."""
    state = drawn("densenet121")
    old = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))([12])\.", r"\1.\2.", key): value
        for key, value in state.items()
        if not key.endswith("num_batches_tracked")
    }
    assert len(set(old) & set(state)) == len(old) - 58 * 10
    result = run(
        "compile", "densenet121", "-o", "d.onnx", "--no-fold", "--weights", saved(old, "w.pth")
    )
    assert (result.status, result.err) == (0, "")
    assert_holds(in_file(Path("d.onnx")), state)


RENAMED = {
    "encoder.layers.encoder_layer_0.mlp.linear_1.bias": "encoder.layers.encoder_layer_0.mlp.0.bias",
    "encoder.layers.encoder_layer_0.mlp.linear_2.bias": "encoder.layers.encoder_layer_0.mlp.3.bias",
    "backbone.fpn.inner_blocks.2.weight": "backbone.fpn.inner_blocks.2.0.weight",
    "fpn.layer_blocks.0.bias": "fpn.layer_blocks.0.0.bias",
    "rpn.head.conv.weight": "rpn.head.conv.0.0.weight",
}


@pytest.mark.parametrize("key", RENAMED)
def test_former_keys(key: str) -> None:
    new = RENAMED[key]
    assert renamed({key: 1}, {new}) == {new: 1}
    assert renamed({key: 1}, {"other"}) == {key: 1}
    assert renamed({key: 1}, {key, new}) == {key: 1}
    assert renamed({key: 1, new: 2}, {new}) == {key: 1, new: 2}


def test_torchvision_renames_these_keys_itself() -> None:
    models = torchvision_models()
    net = models.vision_transformer.MLPBlock(2, 3, 0.0)
    old = {"linear_1.weight": torch.ones(3, 2), "linear_1.bias": torch.ones(3)}
    old |= {"linear_2.weight": torch.ones(2, 3), "linear_2.bias": torch.ones(2)}
    expected = {f"mlp.{key}" for key in net.state_dict()}
    assert set(renamed({f"mlp.{key}": 1 for key in old}, expected)) == expected
    net.load_state_dict(old)
    head = models.detection.rpn.RPNHead(2, 3)
    expected = {f"head.{key}" for key in head.state_dict()}
    old = {key.replace("conv.0.0", "conv"): value for key, value in head.state_dict().items()}
    assert set(renamed({f"head.{key}": 1 for key in old}, expected)) == expected
    head.load_state_dict(old)


def test_a_pickle_bomb_is_refused(run: Runner) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return (os.mkdir, (str(run.folder / "ran"),))

    for legacy in (False, True):
        name = saved({"conv1.weight": Bomb()}, "w.pth", legacy=legacy)
        assert "E0924" in run.refused("compile", "resnet18", "-o", "r.onnx", "--weights", name)
    assert not (run.folder / "ran").exists()
    torch.load("w.pth", weights_only=False)
    assert (run.folder / "ran").exists()


def test_a_whole_model_is_refused(run: Runner) -> None:
    name = saved(nn.Linear(2, 3), "w.pth")
    assert "E0924" in run.refused("compile", "resnet18", "-o", "r.onnx", "--weights", name)


def test_images_for_googlenets_published_weights_lie_in_minus_one_to_one(run: Runner) -> None:
    """torchvision's model of the published file shifts and scales images of the usual kind."""
    models = torchvision_models()
    made = models.googlenet(transform_input=True, aux_logits=True, init_weights=False)
    theirs = settle(made, SHAPE).eval()
    given = saved(theirs.state_dict(), "w.pth")
    assert run("compile", "googlenet", "-o", "n.onnx", "--weights", given).status == 0
    images = torch.rand(SHAPE, generator=torch.Generator().manual_seed(3))
    mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])
    usual = (images - mean[:, None, None]) / deviation[:, None, None]
    with torch.no_grad():
        expected = theirs(usual)
    (found,) = run_file(Path("n.onnx"), {"image": (2 * images - 1).numpy()})
    assert largest_difference(torch.from_numpy(found), expected) <= 1e-4


def test_source_says_that_it_holds_no_weights(run: Runner) -> None:
    given = saved(drawn("resnet18"), "w.pth")
    result = run("compile", "resnet18", "-o", "r.py", "--weights", given)
    assert result.status == 0
    assert "r.py is source alone" in result.err
