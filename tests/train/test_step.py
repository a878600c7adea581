"""Steps against loops written by hand in plain PyTorch: everything on, and each thing by itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import cos, pi
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from netlang.backends.torch import build
from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.recipes.optimizers import optimization_for
from netlang.backends.torch.runtime.random import epoch_order
from netlang.backends.torch.runtime.slices import slices
from netlang.backends.torch.seeds import derived_seed
from netlang.backends.torch.train import train
from netlang.backends.torch.train.records.metrics import read_metrics
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.recipes import Recipe
from netlang.targets.options import RunOptions, ScoreOptions
from tests.train.support import parts_of, run, sketch

BODY = "    input x: [40]\n    fc1: linear(16) -> norm: bn -> relu -> fc2: linear(10)"


def order_of(recipe: Recipe, epoch: int, count: int) -> Tensor:
    seed = derived_seed(recipe.seed, "order")
    return torch.from_numpy(epoch_order(seed, epoch, count))


def examples_of(recipe: Recipe) -> tuple[Tensor, Tensor]:
    train = parts_of(recipe).train
    assert isinstance(train, Tensors)
    return train.inputs[0], train.targets["label"]


def fresh(recipe: Recipe, program: Program) -> nn.Module:
    torch.manual_seed(derived_seed(recipe.seed, "weights"))
    return build(program).train()


def by_hand(
    recipe: Recipe, program: Program, steps: int, step: Callable[[int, Tensor, Tensor], Tensor]
) -> list[float]:
    """The losses of calling `step` on every batch."""
    x, y = examples_of(recipe)
    per_epoch = -(-len(x) // recipe.batch)
    losses = []
    for number in range(steps):
        epoch, position = divmod(number, per_epoch)
        chosen = order_of(recipe, epoch, len(x))[position * recipe.batch :][: recipe.batch]
        losses.append(step(number, x[chosen], y[chosen]).item())
    return losses


def same_weights(path: Path, expected: nn.Module) -> None:
    saved, wanted = load_file(path), expected.state_dict()
    assert saved.keys() == wanted.keys()
    for key, value in saved.items():
        assert torch.equal(value, wanted[key]), key


def test_fifty_steps_with_everything_are_those_of_plain_torch(tmp_path: Path) -> None:
    """Bit for bit: two parts, both bounds, a warmup, a cosine, no decay, averaged weights."""
    recipe, program = sketch(
        BODY, "batch: 300", "steps: 50", "optimizer: adamw(lr=0.01, weight_decay=0.1)",
        "no_decay: [norms, biases]", 'rates: [("fc2", 2)]', "accumulate: 2", "clip_norm: 0.5",
        "clip_value: 0.2", "ema: 0.9", "schedule: warmup(5, unit=steps) -> cosine",
        "evaluate_every: 50",
    )  # fmt: skip
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))

    model = fresh(recipe, program)
    named = dict(model.named_parameters())
    groups = [
        {"params": [named["fc1.weight"]], "weight_decay": 0.1, "factor": 1.0},
        {"params": [named["fc2.weight"]], "weight_decay": 0.1, "factor": 2.0},
        {"params": [named[key] for key in ("fc1.bias", "norm.weight", "norm.bias")],
         "weight_decay": 0.0, "factor": 1.0},
        {"params": [named["fc2.bias"]], "weight_decay": 0.0, "factor": 2.0},
    ]  # fmt: skip
    optimizer = torch.optim.AdamW(groups, lr=0.01, fused=True)
    average = get_ema_multi_avg_fn(0.9)
    averaged = AveragedModel(model, multi_avg_fn=average, use_buffers=True)

    def step(number: int, x: Tensor, y: Tensor) -> Tensor:
        warm, rest = 0.01 + 0.99 * (number / 5), (number - 5) / 45
        scale = warm if number < 5 else (1.0 + cos(pi * rest)) / 2
        for group in optimizer.param_groups:
            group["lr"] = 0.01 * group["factor"] * scale
        optimizer.zero_grad()
        total = torch.zeros(())
        # A batch of 300 in halves; the last one of an epoch, of 100, is no longer than those.
        for part in (slice(0, 150), slice(150, 300)) if len(x) == 300 else (slice(0, 100),):
            loss = F.cross_entropy(model(x[part]), y[part]) * (len(x[part]) / len(x))
            loss.backward()
            total += loss.detach()
        nn.utils.clip_grad_value_(model.parameters(), 0.2)
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        averaged.update_parameters(model)
        return total

    losses = by_hand(recipe, program, 50, step)
    records = read_metrics(tmp_path / "run" / "metrics.jsonl")
    ten = [record["loss"] for record in records if record["step"] in (10, 20) and "loss" in record]
    sums = [torch.tensor(losses[i : i + 10]).cumsum(0)[-1].item() / 10 for i in (0, 10)]
    assert ten == pytest.approx(sums, rel=1e-6)
    wanted = averaged.module.state_dict()
    counter = wanted.pop("norm.num_batches_tracked")
    saved = load_file(tmp_path / "run" / "last.safetensors")
    # PyTorch averages the counter of batches too, and cuts it off at each step.
    assert saved.pop("norm.num_batches_tracked") == 97 > counter
    for key, value in saved.items():
        assert torch.equal(value, wanted[key]), key


def test_a_compiled_net_takes_the_same_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Followed by torch's compiler, and carried out by PyTorch as it stands: bit for bit."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    run(tmp_path / "plain", "arch=mlp", "steps=6")
    run(tmp_path / "compiled", "arch=mlp", "steps=6", "compile=true")
    plain, compiled = (
        load_file(tmp_path / name / "last.safetensors") for name in ("plain", "compiled")
    )
    assert plain.keys() == compiled.keys()
    assert all(torch.equal(plain[key], compiled[key]) for key in plain)
    assert run(tmp_path / "compiled", "arch=mlp", "steps=6", "compile=true", resume=True).finished


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_is_autocast(tmp_path: Path, precision: str) -> None:
    recipe, program = sketch(
        BODY, "steps: 20", "clip_norm: 0.1", f"precision: {precision}", "batch: 200"
    )
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    model = fresh(recipe, program)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, fused=True)
    scaler = torch.amp.GradScaler("cpu", enabled=precision == "fp16")
    kind = torch.float16 if precision == "fp16" else torch.bfloat16

    def step(_: int, x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=kind):
            logits = model(x)
        loss = F.cross_entropy(logits.float(), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        scaler.step(optimizer)
        scaler.update()
        return loss

    by_hand(recipe, program, 20, step)
    same_weights(tmp_path / "run" / "last.safetensors", model)


def test_a_scaled_step_that_overflows_is_left_out(tmp_path: Path) -> None:
    """Gradients of a loss times 10,000 overflow fp16 until the scale has come down."""
    recipe, program = sketch(
        "    input x: [40]\n    fc: linear(10)", "steps: 12", "precision: fp16",
        "loss: 10000 * cross_entropy", "optimizer: sgd(lr=1e-6)",
    )  # fmt: skip
    result = train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    assert result.finished
    saved = load_file(tmp_path / "run" / "last.safetensors")
    assert saved["fc.weight"].isfinite().all()
    assert not torch.equal(saved["fc.weight"], fresh(recipe, program).state_dict()["fc.weight"])


@pytest.mark.parametrize("parts", [2, 3, 7])
def test_a_batch_in_parts_is_the_whole_batch(tmp_path: Path, parts: int) -> None:
    """Within rounding; the last batch of an epoch, of 3 examples, too."""
    body = "    input x: [40]\n    fc: linear(10)"
    keys = ("batch: 571", "steps: 16", "optimizer: sgd(lr=0.5, momentum=0.9)")
    for name, accumulate in (("whole", 1), ("parts", parts)):
        recipe, program = sketch(body, *keys, f"accumulate: {accumulate}")
        train(recipe, program, RunOptions(tmp_path / name, device="cpu"))
    whole, split = (load_file(tmp_path / name / "last.safetensors") for name in ("whole", "parts"))
    for key, value in whole.items():
        torch.testing.assert_close(split[key], value, rtol=1e-5, atol=1e-6)
    losses = [
        [record.get("loss") for record in read_metrics(tmp_path / name / "metrics.jsonl")[:-1]]
        for name in ("whole", "parts")
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.parametrize("most", [1, 2, 3, 16])
def test_slices_cover_a_batch(most: int) -> None:
    for count in range(1, 60):
        parts = slices(count, most)
        assert np.concatenate([np.arange(count)[part] for part in parts]).tolist() == list(
            range(count)
        )
        lengths = [part.stop - part.start for part in parts]
        assert max(lengths) - min(lengths) <= 1
        assert max(lengths) <= most or (most == 2 and max(lengths) == 3) or count == 1
        assert min(lengths) > 1 or most == 1 or count == 1


def test_frozen_parts_stay_as_they_are(tmp_path: Path) -> None:
    """Their norms are those of evaluation; what isn't frozen learns."""
    recipe, program = sketch(BODY, "steps: 30", 'freeze: ["fc1", "norm"]', "validation: 0.2",
                             "evaluate_every: 7")  # fmt: skip
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    start = fresh(recipe, program).state_dict()
    saved = load_file(tmp_path / "run" / "last.safetensors")
    changed = {key for key, value in saved.items() if not torch.equal(value, start[key])}
    assert changed == {"fc2.weight", "fc2.bias"}


def test_averaged_weights_are_scored_and_kept(tmp_path: Path) -> None:
    """What `best` and `last` hold gives the scores of the records; a checkpoint has both."""
    from netlang.backends.torch.train import evaluate

    recipe, program = sketch(
        BODY, "steps: 30", "ema: 0.95", "validation: 0.2", "evaluate_every: 10"
    )
    result = train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    scores = evaluate(
        recipe, program, result.folder.last, ScoreOptions(split="validation", device="cpu")
    )
    assert scores == result.last
    (newest, *_) = sorted((tmp_path / "run" / "checkpoints").iterdir(), reverse=True)
    state = load_file(newest)
    last = load_file(result.folder.last)
    assert torch.equal(state["averaged/fc1.weight"], last["fc1.weight"])
    assert not torch.equal(state["model/fc1.weight"], last["fc1.weight"])


def test_schedules_count_steps(tmp_path: Path) -> None:
    """14 batches an epoch: epochs end at 14 and 28, steps where they say."""
    keys = ("batch: 300", "steps: 40", "evaluate_every: 1", "optimizer: sgd(lr=1)")
    for name, schedule in (("epochs", "step(every=1)"), ("steps", "step(every=14, unit=steps)")):
        recipe, program = sketch(BODY, *keys, f"schedule: {schedule}")
        train(recipe, program, RunOptions(tmp_path / name, device="cpu"))
        rates = [
            record["lr"]
            for record in read_metrics(tmp_path / name / "metrics.jsonl")
            if "lr" in record
        ]
        assert rates == pytest.approx([1.0] * 14 + [0.1] * 14 + [0.01] * 12)


def test_optimizers_are_fused_where_pytorch_can() -> None:
    """One kernel for all weights; `adadelta`, `rmsprop` and `adamax` have none."""
    found = {}
    for optimizer in ("sgd", "adagrad", "adam", "adamw", "rmsprop"):
        recipe, program = sketch(BODY, f"optimizer: {optimizer}(lr=0.1)")
        made = optimization_for(recipe, torch.device("cpu")).build(fresh(recipe, program))
        found[optimizer] = bool(made.defaults.get("fused"))
    assert found == {"sgd": True, "adagrad": True, "adam": True, "adamw": True, "rmsprop": False}


def test_a_precision_that_the_device_lacks_is_refused(tmp_path: Path) -> None:
    recipe, program = sketch(BODY, "precision: tf32")
    with pytest.raises(NetlangError, match="E0741"):
        train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    assert not (tmp_path / "run").exists()
