"""Weights to start from: what is taken, renamed, skipped, and refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from netlang.backends.torch import build
from netlang.backends.torch.recipes.pretrained import load_pretrained
from netlang.backends.torch.train import evaluate
from netlang.backends.torch.train.processes.process import TrainingProcess
from netlang.backends.torch.train.setup import fresh_state
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.load import load_recipe
from netlang.recipes.places import Places
from netlang.targets.options import RunOptions, ScoreOptions
from tests.train.support import run, sketch

BODY = "    input x: [40]\n    body: linear(8)\n    norm: batch_norm\n    head: linear(10)"


def weights(
    tmp_path: Path, prefix: str = "", classes: int = 10
) -> tuple[Path, dict[str, torch.Tensor]]:
    """A file of a net with this body."""
    torch.manual_seed(3)
    layers = {
        f"{prefix}body": nn.Linear(40, 8),
        f"{prefix}norm": nn.BatchNorm1d(8),
        "head": nn.Linear(8, classes),
    }
    states = ((name, layer.state_dict()) for name, layer in layers.items())
    tensors = {f"{name}.{k}": value + 1 for name, state in states for k, value in state.items()}
    path = tmp_path / "mine.safetensors"
    save_file(tensors, path)
    return path, tensors


def loaded(path: Path, written: str) -> nn.Module:
    recipe, program = sketch(BODY, f"weights: {written}")
    torch.manual_seed(0)
    model = build(program)
    load_pretrained(model, recipe, program, Places({"mine": path}))
    return model


def test_all_weights(tmp_path: Path) -> None:
    path, tensors = weights(tmp_path)
    found = loaded(path, 'pretrained("mine")').state_dict()
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[key], value) for key, value in tensors.items())


def test_a_head_that_starts_fresh(tmp_path: Path) -> None:
    path, tensors = weights(tmp_path, classes=7)
    found = loaded(path, 'pretrained("mine", skip=["head"])').state_dict()
    torch.manual_seed(0)
    fresh = build(sketch(BODY)[1]).state_dict()
    for key, value in found.items():
        assert torch.equal(value, (fresh if key.startswith("head") else tensors)[key]), key


def test_other_labels(tmp_path: Path) -> None:
    path, tensors = weights(tmp_path, prefix="backbone.")
    with pytest.raises(NetlangError):
        loaded(path, 'pretrained("mine")')
    pairs = '[("backbone.body", "body"), ("backbone.norm", "norm")]'
    found = loaded(path, f'pretrained("mine", rename={pairs})').state_dict()
    assert torch.equal(found["body.weight"], tensors["backbone.body.weight"])


def wrapped(tmp_path: Path, prefix: str) -> tuple[Path, dict[str, torch.Tensor]]:
    """A file as DataParallel and the like leave it: a word before every key."""
    path, tensors = weights(tmp_path)
    save_file({f"{prefix}{key}": value for key, value in tensors.items()}, path)
    return path, tensors


def test_a_word_before_every_key_is_told_and_taken_away(tmp_path: Path) -> None:
    path, tensors = wrapped(tmp_path, "module.")
    with pytest.raises(NetlangError) as caught:
        loaded(path, 'pretrained("mine")')
    (problem,) = caught.value.diagnostics
    advice = 'rename=[("module", "")]'
    assert problem.help_text.startswith(f"with `{advice}` 9 of 9 tensors fit; ")
    for pair in ("module", "module."):
        found = loaded(path, f'pretrained("mine", rename=[("{pair}", "")])').state_dict()
        assert all(torch.equal(found[key], value) for key, value in tensors.items())


def test_a_word_behind_one_that_is_taken_away(tmp_path: Path) -> None:
    """What is advised does both at once: of two names that match a key, the longest counts."""
    path, tensors = wrapped(tmp_path, "module.net.")
    with pytest.raises(NetlangError) as caught:
        loaded(path, 'pretrained("mine", rename=[("module", "")])')
    advice = 'rename=[("module.net", "")]'
    assert caught.value.diagnostics[0].help_text.startswith(f"with `{advice}` 9 of 9 tensors fit; ")
    found = loaded(path, f'pretrained("mine", {advice})').state_dict()
    assert all(torch.equal(found[key], value) for key, value in tensors.items())


def test_all_keys_may_go_below_a_label(tmp_path: Path) -> None:
    """The file is of a part of the net."""
    body = "    input x: [40]\n    trunk: { body: linear(8) -> relu }\n    head: linear(10)"
    torch.manual_seed(3)
    layer = nn.Linear(40, 8)
    path = tmp_path / "mine.safetensors"
    save_file({f"body.{key}": value for key, value in layer.state_dict().items()}, path)

    def start(written: str) -> dict[str, torch.Tensor]:
        recipe, program = sketch(body, f"weights: {written}")
        model = build(program)
        load_pretrained(model, recipe, program, Places({"mine": path}))
        return model.state_dict()

    with pytest.raises(NetlangError) as caught:
        start('pretrained("mine", skip=["head"])')
    advice = caught.value.diagnostics[0].help_text
    assert advice.startswith('with `rename=[("", "trunk")]` 2 of 2 tensors fit; ')
    found = start('pretrained("mine", skip=["head"], rename=[("", "trunk")])')
    assert torch.equal(found["trunk.body.weight"], layer.weight)


def test_a_new_name_for_nothing(tmp_path: Path) -> None:
    path, _ = weights(tmp_path)
    with pytest.raises(NetlangError) as caught:
        loaded(path, 'pretrained("mine", rename=[("module", "")])')
    (problem,) = caught.value.diagnostics
    assert problem.code == "E0928"
    assert problem.message == '`rename=[("module", "")]` changes no key'
    assert "`body.weight`" in problem.help_text


@pytest.mark.parametrize("pairs", ['("body", "head")', '("body", "x"), ("head", "x")'])
def test_two_keys_that_become_one(pairs: str, tmp_path: Path) -> None:
    """Neither tensor takes the other's place, whichever comes first in the file."""
    path, _ = weights(tmp_path)
    with pytest.raises(NetlangError) as caught:
        loaded(path, f'pretrained("mine", rename=[{pairs}])')
    (problem,) = caught.value.diagnostics
    assert problem.code == "E0928"
    assert " makes two keys `" in problem.message


def test_a_checkpoint_of_a_run_names_the_weights(tmp_path: Path) -> None:
    result = run(tmp_path / "run")
    checkpoint = max((tmp_path / "run" / "checkpoints").iterdir())
    recipe, program = load_recipe("mnist1d")
    for best in (True, False):
        with pytest.raises(NetlangError) as caught:
            evaluate(recipe, program, checkpoint, ScoreOptions(device="cpu"))
        (problem,) = caught.value.diagnostics
        assert problem.code == "E0772"
        assert str(checkpoint) in problem.message
        assert (str(result.folder.best) in problem.help_text) == best
        assert str(result.folder.last) in problem.help_text
        result.folder.best.unlink(missing_ok=True)
    result.folder.last.unlink()
    with pytest.raises(NetlangError, match="go on with it to its end"):
        evaluate(recipe, program, checkpoint, ScoreOptions(device="cpu"))


def test_what_doesnt_fit_is_listed(tmp_path: Path) -> None:
    path, _ = weights(tmp_path, prefix="backbone.", classes=7)
    with pytest.raises(NetlangError) as caught:
        loaded(path, 'pretrained("mine")')
    (problem,) = caught.value.diagnostics
    assert problem.code == "E0921"
    shown = "\n".join(problem.rows)
    assert "head.weight" in shown
    assert "body.weight" in shown
    assert "backbone" not in shown


def test_a_run_starts_from_them_and_freezes(tmp_path: Path) -> None:
    path, tensors = weights(tmp_path)
    recipe, program = sketch(BODY, 'weights: pretrained("mine")', 'freeze: ["body", "norm"]')
    wanted = RunOptions(tmp_path, Places({"mine": path}))
    state = fresh_state(TrainingProcess(recipe, program, wanted, torch.device("cpu")))
    found = state.model.state_dict()
    assert all(torch.equal(found[key], value) for key, value in tensors.items())
    assert {k for k, v in state.model.named_parameters() if v.requires_grad} == {
        "head.weight",
        "head.bias",
    }


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    """No run can start from them; those that it skips don't matter."""
    path, tensors = weights(tmp_path)
    tensors["head.bias"][3] = torch.nan
    save_file(tensors, path)
    with pytest.raises(NetlangError) as caught:
        loaded(path, 'pretrained("mine")')
    (problem,) = caught.value.diagnostics
    assert problem.code == "E0922"
    assert "NaN or infinite values in `head.bias`" in problem.message
    loaded(path, 'pretrained("mine", skip=["head"])')
