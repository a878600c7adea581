"""Whole runs: their files, the same numbers each time, resumption, interruption, refusals."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from netlang.backends.torch import build
from netlang.backends.torch.train import evaluate, train
from netlang.backends.torch.train.folder import fingerprint
from netlang.backends.torch.train.metrics import read_metrics
from netlang.diagnostics.core import NetlangError
from netlang.recipes import load_recipe
from tests.quality import ROOT
from tests.train.support import SHORT, run, sketch

FILES = ("last.safetensors", "best.safetensors", "checkpoint.safetensors", "metrics.jsonl")


def contents(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in FILES}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def codes(error: pytest.ExceptionInfo[NetlangError]) -> list[str]:
    return [each.code for each in error.value.diagnostics]


def test_files_of_a_run(tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = run(out)
    assert (result.steps, result.finished) == (30, True)
    assert sorted(path.name for path in out.iterdir()) == sorted((*FILES, "run.json", "curves.svg"))
    records = read_metrics(out / "metrics.jsonl")
    assert [record["step"] for record in records] == [10, 15, 20, 30]
    assert [record["step"] for record in records if "accuracy" in record] == [15, 30]
    assert all(record["lr"] == 0.01 for record in records)
    record = json.loads((out / "run.json").read_text())
    assert record["keys"]["optimizer"].startswith("adam(lr=0.01")
    assert "train mnist1d" in record["spec"]
    assert (out / "curves.svg").read_text().startswith("<?xml")


def test_weights_have_the_keys_of_the_module(tmp_path: Path) -> None:
    run(tmp_path / "run")
    _, program = load_recipe("mnist1d")
    saved = load_file(tmp_path / "run" / "last.safetensors")
    expected = build(program).state_dict()
    assert {key: value.shape for key, value in saved.items()} == {
        key: value.shape for key, value in expected.items()
    }


def test_scores_are_those_of_a_loop_in_plain_torch(tmp_path: Path) -> None:
    from netlang.backends.torch.train.examples import load_split

    result = run(tmp_path / "run")
    recipe, program = load_recipe("mnist1d")
    model = build(program).eval()
    model.load_state_dict(load_file(result.folder.last))
    test = load_split(recipe).test
    logits = model(test.inputs)
    scores = evaluate(recipe, program, result.folder.last, device="cpu")
    assert scores.accuracy == int((logits.argmax(1) == test.labels).sum()) / len(test.labels)
    expected = nn.functional.cross_entropy(logits, test.labels).item()
    assert scores.loss == pytest.approx(expected, rel=1e-5)
    assert scores == result.last


def test_a_step_is_that_of_plain_torch(tmp_path: Path) -> None:
    """One epoch of full batches: order plays no part, so plain gradient descent must agree."""
    from netlang.backends.torch.train.devices import derived_seed
    from netlang.backends.torch.train.examples import load_split

    recipe, program = sketch(
        "    input x: [40]\n    fc: linear(10)",
        "batch: 4000",
        "steps: 3",
        "schedule: step(every=1)",
    )
    train(recipe, program, out=tmp_path / "run", device="cpu")
    torch.manual_seed(derived_seed(0, "weights"))
    layer = nn.Linear(40, 10)
    examples = load_split(recipe).train
    for rate in (0.1, 0.01, 0.001):
        loss = nn.functional.cross_entropy(layer(examples.inputs), examples.labels)
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
    result = train(recipe, program, out=tmp_path / "run", device="cpu")
    assert result.best is not None
    assert result.best.accuracy is None
    assert result.best.loss < 400


def test_auxiliary_heads_are_trained(tmp_path: Path) -> None:
    body = "    input x: [40]\n    linear(8) -> relu\n    auxiliary early: linear(10)\n"
    recipe, program = sketch(
        body + "    output logits: linear(10)",
        "loss: cross_entropy(logits, label) + 0.3 * cross_entropy(early, label)",
    )
    result = train(recipe, program, out=tmp_path / "run", device="cpu")
    deployed = {k: v for k, v in load_file(result.folder.last).items() if "early" not in k}
    assert len(deployed) == 4
    assert len(load_file(result.folder.last)) == 6
    assert result.finished


@pytest.mark.parametrize("cut", [10, 20])
def test_resumed_from_any_checkpoint(tmp_path: Path, cut: int) -> None:
    """With momentum, a plateau and dropout: everything that has a state of its own."""
    body = "    input x: [40]\n    linear(16) -> relu -> dropout(0.5) -> linear(10)"
    keys = ("steps: 30", "optimizer: rmsprop(lr=0.01, momentum=0.5)", "batch: 64",
            "schedule: plateau(patience=0, threshold=0.5)", "evaluate_every: 4",
            "checkpoint_every: 10")  # fmt: skip
    recipe, program = sketch(body, *keys)
    train(recipe, program, out=tmp_path / "whole", device="cpu")
    stopped = _StopAfter(cut)
    cut_short = train(recipe, program, out=tmp_path / "cut", device="cpu", progress=stopped)
    assert (cut_short.steps, cut_short.finished) == (cut, False)
    train(recipe, program, out=tmp_path / "cut", device="cpu", resume=True)
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")
    rates = {record["lr"] for record in read_metrics(tmp_path / "whole" / "metrics.jsonl")}
    assert len(rates) > 1


class _StopAfter:
    """Presses Ctrl-C after some steps."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.said: list[str] = []

    def begin(self, done: int, total: int) -> None:
        assert done < self.steps <= total

    def advance(self, done: int, status: str) -> None:
        assert status == "" or "loss" in status
        if done == self.steps:
            os.kill(os.getpid(), signal.SIGINT)

    def say(self, text: str) -> None:
        self.said.append(text)

    def end(self) -> None:
        self.steps = 0


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Python's own Ctrl-C: a process in the background of a shell starts without it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path: Path) -> None:
    recipe, program = load_recipe("mnist1d", SHORT)
    progress = _StopAfter(7)
    result = train(recipe, program, out=tmp_path / "run", device="cpu", progress=progress)
    assert (result.steps, result.finished) == (7, False)
    assert progress.said == [
        f"stopped after step 7 of 30: go on with --resume --out {tmp_path / 'run'}"
    ]
    assert result.folder.last.exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_finished_run_stays_as_it_is(tmp_path: Path) -> None:
    run(tmp_path / "run")
    before = contents(tmp_path / "run")
    assert run(tmp_path / "run", resume=True).finished
    assert contents(tmp_path / "run") == before


def test_metrics_cut_in_the_middle_of_a_line(tmp_path: Path) -> None:
    run(tmp_path / "whole")
    recipe, program = load_recipe("mnist1d", SHORT)
    train(recipe, program, out=tmp_path / "cut", device="cpu", progress=_StopAfter(17))
    with (tmp_path / "cut" / "metrics.jsonl").open("a") as file:
        file.write('{"step": 18, "loss": 1.0}\n{"step": 20, "lo')
    run(tmp_path / "cut", resume=True)
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


def test_another_recipe_is_not_resumed(tmp_path: Path) -> None:
    run(tmp_path / "run")
    with pytest.raises(NetlangError) as caught:
        run(tmp_path / "run", "seed=5", resume=True)
    assert codes(caught) == ["E0734"]
    assert "`seed` is 42 there, 5 here" in caught.value.diagnostics[0].message


def test_a_changed_net_is_not_resumed(tmp_path: Path) -> None:
    body = "    input x: [40]\n    linear({width}) -> {act} -> linear(10)"
    recipe, program = sketch(body.format(width=8, act="relu"))
    train(recipe, program, out=tmp_path / "run", device="cpu")
    for other in ({"width": 9, "act": "relu"}, {"width": 8, "act": "tanh"}):
        changed = sketch(body.format(**other))
        with pytest.raises(NetlangError) as caught:
            train(*changed, out=tmp_path / "run", device="cpu", resume=True)
        assert codes(caught) == ["E0734"]
    assert fingerprint(program) == fingerprint(sketch(body.format(width=8, act="relu"))[1])


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    run(tmp_path / "run")
    with pytest.raises(NetlangError) as caught:
        run(tmp_path / "run")
    assert codes(caught) == ["E0733"]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x00" * 64])
def test_a_damaged_checkpoint_is_named(tmp_path: Path, content: bytes) -> None:
    run(tmp_path / "run")
    (tmp_path / "run" / "checkpoint.safetensors").write_bytes(content)
    with pytest.raises(NetlangError) as caught:
        run(tmp_path / "run", resume=True)
    assert codes(caught) == ["E0735"]


def test_a_checkpoint_that_is_another_file_is_named(tmp_path: Path) -> None:
    result = run(tmp_path / "run")
    result.folder.checkpoint.write_bytes(result.folder.last.read_bytes())
    with pytest.raises(NetlangError) as caught:
        run(tmp_path / "run", resume=True)
    assert codes(caught) == ["E0735"]


def test_a_folder_that_cant_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NetlangError) as caught:
        run(tmp_path / "file" / "run")
    assert codes(caught) == ["E0014"]


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(NetlangError) as caught:
        run(tmp_path / "run", "optimizer=sgd(lr=1e30)")
    assert codes(caught) == ["E0736"]


def test_weights_of_another_net_are_refused(tmp_path: Path) -> None:
    result = run(tmp_path / "run")
    recipe, program = load_recipe("mnist1d", ["arch=mlp"])
    with pytest.raises(NetlangError) as caught:
        evaluate(recipe, program, result.folder.best, device="cpu")
    assert codes(caught) == ["E0737"]


def command(out: Path) -> list[str]:
    changes = ("steps=200", "evaluate_every=25", "checkpoint_every=50")
    return [sys.executable, "-m", "netlang", "train", "mnist1d", *changes, "--resume",
            "--out", str(out)]  # fmt: skip


def test_killed_at_random_and_resumed(tmp_path: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(command(whole), cwd=ROOT, env=environment, check=True, capture_output=True)
    generator = random.Random(5)
    for _ in range(2):
        process = subprocess.Popen(
            command(killed), cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )
        while not (killed / "run.json").exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(generator.uniform(0.2, 2.0))
        process.kill()
        process.wait()
    subprocess.run(command(killed), cwd=ROOT, env=environment, check=True, capture_output=True)
    assert contents(killed) == contents(whole)


def killed_at_each_moment(tmp_path: Path, stride: int) -> list[int]:
    """The moments that were tried; fails for one after which the run ended differently."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.train.killed", str(tmp_path), str(stride)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
    )
    outcome = json.loads(done.stdout)
    assert outcome["different"] == []
    tried: list[int] = outcome["tried"]
    return tried


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_some_moments(tmp_path: Path) -> None:
    assert len(killed_at_each_moment(tmp_path, 13)) >= 5


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_every_moment(tmp_path: Path) -> None:
    assert len(killed_at_each_moment(tmp_path, 1)) >= 70
