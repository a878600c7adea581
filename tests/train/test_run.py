"""Whole runs: their files, what is learned, and the same numbers each time."""

from __future__ import annotations

import json
import platform
import subprocess
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from netlang.backends.torch import build, emit
from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.train import evaluate, train
from netlang.backends.torch.train.files.provenance import git_state, write_sources
from netlang.backends.torch.train.folder import fingerprint
from netlang.backends.torch.train.records.metrics import read_metrics
from netlang.recipes import load_recipe
from netlang.targets.options import RunOptions, ScoreOptions
from tests.train.support import FILES, SHORT, contents, run, sketch


@pytest.mark.usefixtures("pictures")
def test_files_of_a_run(tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = run(out)
    assert (result.steps, result.finished) == (30, True)
    assert sorted(path.name for path in out.iterdir()) == sorted(
        (*FILES, "run.json", "spec", "model.py", "metrics.csv", "curves.svg", "curves.png",
         "confusion.csv", "confusion.svg", "confusion.png", "checkpoints", "lock")
    )  # fmt: skip
    records = read_metrics(out / "metrics.jsonl")
    assert [record["step"] for record in records] == [10, 15, 20, 30, 30]
    assert [r["step"] for r in records if "validation_accuracy" in r] == [15, 30]
    assert all(record["lr"] == 0.01 for record in records[:-1])
    assert result.test is not None
    assert records[-1] == {
        "step": 30, "test_accuracy": result.test.accuracy, "test_loss": result.test.loss,
    }  # fmt: skip
    assert (out / "curves.svg").read_text().startswith("<?xml")


def test_a_run_can_be_repeated_from_its_folder(tmp_path: Path) -> None:
    """The spec, what was changed in it, the model, and what it all ran on."""
    first = run(tmp_path / "a", "seed=7")
    record = json.loads((tmp_path / "a" / "run.json").read_text())
    assert record["keys"]["optimizer"].startswith("adam(lr=0.01")
    assert record["overrides"] == [*SHORT, "seed=7"]
    assert record["versions"]["torch"] == torch.__version__
    assert record["versions"]["python"] == platform.python_version()
    assert (record["device"], record["processes"], record["threads"]) == ("cpu", 1, 1)
    assert record["net"] == "cnn"
    assert (tmp_path / "a" / "model.py").read_text() == emit(load_recipe("mnist1d")[1])
    recipe, program = load_recipe(tmp_path / "a" / record["spec"], record["overrides"])
    train(recipe, program, RunOptions(tmp_path / "b", device="cpu"))
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert first.finished


def test_the_revision_that_a_run_was_made_at(tmp_path: Path) -> None:
    """And whether files differ from it; what a repository's settings ask to be run isn't."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b", *words]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    assert git_state(tmp_path) is None
    git("init", "-q")
    (tmp_path / "a.net").write_text("first")
    git("add", "a.net")
    git("commit", "-qm", "first")
    revision = git("rev-parse", "HEAD")
    git("config", "core.fsmonitor", f"touch {tmp_path / 'ran'}")
    assert git_state(tmp_path) == {"revision": revision, "changed": False}
    (tmp_path / "a.net").write_text("second")
    assert git_state(tmp_path) == {"revision": revision, "changed": True}
    assert not (tmp_path / "ran").exists()


HEAD = "block head(classes) {\n    linear(classes)\n}\n"
NET = """from parts.head import head
from blocks.squeeze_excite import squeeze_excite

net mine {
    input x: [40]
    reshape([1, 40, 1]) -> conv(4, 1) -> squeeze_excite(2) -> flatten -> head(10)
}

train mine {
    model:     mine()
    data:      mnist1d
    loss:      cross_entropy
    optimizer: sgd(lr=0.1)
    batch:     100
    steps:     10
}
"""


def test_files_of_several_folders_are_copied(tmp_path: Path) -> None:
    """A spec that imports from elsewhere, and from the library, is read from its copies too."""
    (tmp_path / "mine" / "parts").mkdir(parents=True)
    (tmp_path / "mine" / "parts" / "head.net").write_text(HEAD)
    (tmp_path / "mine" / "net.net").write_text(NET)
    recipe, program = load_recipe(tmp_path / "mine" / "net.net")
    write_sources(tmp_path / "run", recipe, program)
    names = {str(path.relative_to(tmp_path / "run")) for path in tmp_path.glob("run/spec/**/*.net")}
    assert names == {"spec/net.net", "spec/parts/head.net", "spec/blocks/squeeze_excite.net"}
    again, copied = load_recipe(tmp_path / "run" / "spec" / "net.net")
    assert again.describe() == recipe.describe()
    assert fingerprint(copied) == fingerprint(program)


def test_weights_have_the_keys_of_the_module(tmp_path: Path) -> None:
    run(tmp_path / "run")
    _, program = load_recipe("mnist1d")
    saved = load_file(tmp_path / "run" / "last.safetensors")
    expected = build(program).state_dict()
    assert {key: value.shape for key, value in saved.items()} == {
        key: value.shape for key, value in expected.items()
    }


def test_scores_are_those_of_a_loop_in_plain_torch(tmp_path: Path) -> None:
    from tests.train.support import parts_of

    result = run(tmp_path / "run")
    recipe, program = load_recipe("mnist1d")
    model = build(program).eval()
    model.load_state_dict(load_file(result.folder.last))
    test = parts_of(recipe).test
    assert isinstance(test, Tensors)
    labels = test.targets["label"]
    logits = model(test.inputs[0])
    scores = evaluate(recipe, program, result.folder.last, ScoreOptions(device="cpu"))
    assert scores.accuracy == int((logits.argmax(1) == labels).sum()) / len(labels)
    expected = nn.functional.cross_entropy(logits, labels).item()
    assert scores.loss == pytest.approx(expected, rel=1e-5)
    assert scores == result.test
    held = load_recipe("mnist1d", ["validation=0.2"])[0]
    again = evaluate(
        held, program, result.folder.last, ScoreOptions(split="validation", device="cpu")
    )
    assert again == result.last


def test_a_state_dict_of_torch_is_scored_too(tmp_path: Path) -> None:
    result = run(tmp_path / "run")
    saved = tmp_path / "weights.pth"
    torch.save(load_file(result.folder.last), saved)
    recipe, program = load_recipe("mnist1d")
    scores = evaluate(recipe, program, saved, ScoreOptions(device="cpu"))
    assert scores.step == 0
    assert result.test is not None
    assert (scores.loss, scores.accuracy) == (result.test.loss, result.test.accuracy)


def test_a_step_is_that_of_plain_torch(tmp_path: Path) -> None:
    """One epoch of full batches: order plays no part, so plain gradient descent must agree."""
    from netlang.backends.torch.train.devices import derived_seed
    from tests.train.support import parts_of

    recipe, program = sketch(
        "    input x: [40]\n    fc: linear(10)",
        "batch: 4000",
        "steps: 3",
        "schedule: step(every=1)",
    )
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    torch.manual_seed(derived_seed(0, "weights"))
    layer = nn.Linear(40, 10)
    examples = parts_of(recipe).train
    assert isinstance(examples, Tensors)
    for rate in (0.1, 0.01, 0.001):
        loss = nn.functional.cross_entropy(layer(examples.inputs[0]), examples.targets["label"])
        gradients = torch.autograd.grad(loss, list(layer.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(layer.parameters(), gradients, strict=True):
                parameter.sub_(gradient, alpha=rate)
    saved = load_file(tmp_path / "run" / "last.safetensors")
    torch.testing.assert_close(saved["fc.weight"], layer.weight.detach(), rtol=1e-4, atol=1e-6)


def test_the_seed_decides_everything(tmp_path: Path) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    run(tmp_path / "a")
    assert torch.equal(torch.get_rng_state(), before), "the caller's random stream moved"
    torch.manual_seed(2)
    run(tmp_path / "b")
    run(tmp_path / "c", "seed=3")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


@pytest.mark.parametrize(
    "change", ["precision=bf16", "optimizer=sgd(lr=0.1, momentum=0.9)", "init=kaiming_normal"]
)
def test_other_recipes_learn(tmp_path: Path, change: str) -> None:
    result = run(tmp_path / "run", change, "steps=100")
    assert result.last is not None
    assert result.last.loss < 2.2


def test_images_and_a_loss_without_classes(tmp_path: Path) -> None:
    recipe, program = load_recipe("vae:digits", ["steps=24"])
    result = train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    assert result.best is None
    assert result.test is not None
    assert result.test.accuracy is None
    assert result.test.loss < 400


def test_auxiliary_heads_are_trained(tmp_path: Path) -> None:
    body = "    input x: [40]\n    linear(8) -> relu\n    auxiliary early: linear(10)\n"
    recipe, program = sketch(
        body + "    output logits: linear(10)",
        "loss: cross_entropy(logits, label) + 0.3 * cross_entropy(early, label)",
    )
    result = train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    deployed = {k: v for k, v in load_file(result.folder.last).items() if "early" not in k}
    assert len(deployed) == 4
    assert len(load_file(result.folder.last)) == 6
    assert result.finished
