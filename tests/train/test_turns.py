"""Steps that take turns against loops written by hand in plain PyTorch, to 1e-6.

DCGAN, LSGAN, WGAN with clipped weights and with a gradient penalty: each of the papers' losses, its
optimizer, and whose turn it is.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from netlang.backends.torch.data.drawn import drawn_inputs
from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.runtime.drawing import normal_numbers, uniform_numbers
from netlang.backends.torch.seeds import derived_seed
from netlang.backends.torch.train import train
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.processes.process import TrainingProcess
from netlang.backends.torch.train.records.metrics import read_metrics
from netlang.backends.torch.train.run import _require_whole_turns
from netlang.backends.torch.train.scoring import evaluate
from netlang.backends.torch.train.setup import fresh_state
from netlang.backends.torch.train.steps.step import Stepper
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.modules.library import Library
from netlang.recipes import Recipe
from netlang.recipes.load import checked_recipe, program_of
from netlang.source import Source
from netlang.targets.options import RunOptions, ScoreOptions
from tests.train.test_step import examples_of, fresh, order_of

BATCH, STEPS = 200, 10

NET = """
block judge(norm) {
    conv(4, 4x4, stride=2, pad=1) -> leaky_relu(0.2)
    if norm { bn }
    conv(8, 4x4, stride=2, pad=1) -> leaky_relu(0.2) -> flatten -> linear(1)
}

net game(norm=true) {
    input image: [1, 8, 8]
    input z: [5]
    input mix: [1, 1, 1]
    z -> generator: { linear(64) -> reshape([4, 4, 4]) -> bn -> relu
        conv_transpose(1, 4x4, stride=2, pad=1) -> sigmoid }
    output fake: generator
    output real_score: image -> critic: judge(norm)
    output fake_score: generator -> reuse critic
    (image, generator) -> difference: sub
    (difference, mix) -> change: mul
    output between: add { change; generator }
    output between_score: between -> reuse critic
}
"""


def game(
    critic: str, generator: str, *keys: str, norm: bool = True, net: str = NET
) -> tuple[Recipe, Program]:
    given = {"data": "digits", "batch": BATCH, "steps": STEPS} | dict(
        each.split(": ", 1) for each in keys
    )
    lines = "\n    ".join(f"{name}: {value}" for name, value in given.items())
    text = f"""{net}
train game {{
    model: game(norm={str(norm).lower()})
    draw {{ z: normal; mix: uniform(0, 1) }}
    step critic {{ train: ["critic"]; {critic} }}
    step generator {{ train: ["generator"]; {generator} }}
    {lines}
}}
"""
    return checked_recipe(Library().module(Source("game.net", text), None), "game")


def generator_by_hand() -> nn.Module:
    return nn.Sequential(
        nn.Linear(5, 64), nn.Unflatten(1, (4, 4, 4)), nn.BatchNorm2d(4), nn.ReLU(),
        nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Sigmoid(),
    )  # fmt: skip


def critic_by_hand(norm: bool) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 4, 4, 2, 1), nn.LeakyReLU(0.2), *([nn.BatchNorm2d(4)] if norm else []),
        nn.Conv2d(4, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(32, 1),
    )  # fmt: skip


Judge = Callable[[nn.Module, nn.Module, Tensor, Tensor, Tensor], Tensor]


def by_hand(
    recipe: Recipe,
    program: Program,
    losses: tuple[Judge, Judge],
    optimizers: Callable[[nn.Module], torch.optim.Optimizer],
    *,
    norm: bool = True,
    every: int = 1,
    clip: float | None = None,
) -> dict[str, Tensor]:
    """The trained weights of a generator and a critic, by the game's keys."""
    start = fresh(recipe, program).state_dict()
    generator, critic = generator_by_hand(), critic_by_hand(norm)
    for name, module in (("generator", generator), ("critic", critic)):
        own = [value for key, value in start.items() if key.startswith(name)]
        module.load_state_dict(dict(zip(module.state_dict(), own, strict=True)))
    steps = optimizers(critic), optimizers(generator)
    images, _ = examples_of(recipe)
    images = images.float() / 255 if images.dtype is torch.uint8 else images
    per_epoch = -(-len(images) // BATCH)
    for number in range(STEPS):
        epoch, position = divmod(number, per_epoch)
        chosen = order_of(recipe, epoch, len(images))[position * BATCH :][:BATCH]
        real = images[chosen]
        numbers = chosen.numpy().astype(np.int64)
        z = normal_numbers(derived_seed(0, "draw z"), epoch, numbers, (5,))
        mix = uniform_numbers(derived_seed(0, "draw mix"), epoch, numbers, (1, 1, 1))
        for place, (loss, step) in enumerate(zip(losses, steps, strict=True)):
            if place == 1 and (number + 1) % every:
                continue
            step.zero_grad()
            loss(generator, critic, real, z, mix).backward()
            step.step()
            if place == 0 and clip is not None:
                for weight in critic.parameters():
                    weight.data.clamp_(-clip, clip)
    return {
        f"{name}.{key}": value
        for name, module in (("generator", generator), ("critic", critic))
        for key, value in module.state_dict().items()
    }


def same(path: Path, wanted: dict[str, Tensor], start: dict[str, Tensor]) -> None:
    """Equal but for the running statistics, which count each pass through the net."""
    found = load_file(path / "last.safetensors")
    assert found.keys() == wanted.keys()
    for key, value in found.items():
        if "running" not in key and "tracked" not in key:
            assert torch.allclose(value, wanted[key], rtol=0, atol=1e-6), key
    assert not any(
        torch.equal(found[key], start[key]) for key in ("generator.0.weight", "critic.0.weight")
    )


ADAM = "optimizer: adam(lr=0.002, betas=[0.5, 0.999])"
BCE = (
    "loss: binary_cross_entropy_with_logits(real_score, 1)"
    f" + binary_cross_entropy_with_logits(fake_score, 0); {ADAM}",
    f"loss: binary_cross_entropy_with_logits(fake_score, 1); {ADAM}",
)


def adam(module: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam(module.parameters(), 0.002, (0.5, 0.999), fused=True)


def against(score: Tensor, target: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(
        score, torch.full_like(score, target), reduction="sum"
    )


def test_dcgan(tmp_path: Path) -> None:
    """The losses of Goodfellow et al. 2014 with the generator's that doesn't saturate."""
    recipe, program = game(*BCE)
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    wanted = by_hand(
        recipe, program,
        (
            lambda g, c, x, z, _: (against(c(x), 1) + against(c(g(z).detach()), 0)) / len(x),
            lambda g, c, x, z, _: against(c(g(z)), 1) / len(x),
        ),
        adam,
    )  # fmt: skip
    same(tmp_path / "run", wanted, fresh(recipe, program).state_dict())
    records = read_metrics(tmp_path / "run" / "metrics.jsonl")
    assert {"critic_loss", "generator_loss", "loss"} <= records[-1].keys()


def test_lsgan(tmp_path: Path) -> None:
    """Mao et al. 2017, arXiv:1611.04076, eq. 9: a = 0, b = c = 1."""
    recipe, program = game(
        "loss: 0.5 * mse(real_score, 1) + 0.5 * mse(fake_score, 0); optimizer: rmsprop(lr=0.001)",
        "loss: 0.5 * mse(fake_score, 1); optimizer: rmsprop(lr=0.001)",
    )
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    wanted = by_hand(
        recipe, program,
        (
            lambda g, c, x, z, _: 0.5 * ((c(x) - 1) ** 2).mean() + 0.5 * (c(g(z)) ** 2).mean(),
            lambda g, c, x, z, _: 0.5 * ((c(g(z)) - 1) ** 2).mean(),
        ),
        lambda module: torch.optim.RMSprop(module.parameters(), 0.001),
    )  # fmt: skip
    same(tmp_path / "run", wanted, fresh(recipe, program).state_dict())


def test_wgan_with_clipped_weights(tmp_path: Path) -> None:
    """Arjovsky et al. 2017, arXiv:1701.07875, alg. 1, with three steps of the critic for one."""
    recipe, program = game(
        "loss: value(fake_score) - value(real_score); optimizer: rmsprop(lr=0.002);"
        " clip_weights: 0.05",
        "loss: -value(fake_score); optimizer: rmsprop(lr=0.002); every: 3",
    )  # fmt: skip
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    wanted = by_hand(
        recipe, program,
        (
            lambda g, c, x, z, _: c(g(z)).mean() - c(x).mean(),
            lambda g, c, x, z, _: -c(g(z)).mean(),
        ),
        lambda module: torch.optim.RMSprop(module.parameters(), 0.002), every=3, clip=0.05,
    )  # fmt: skip
    same(tmp_path / "run", wanted, fresh(recipe, program).state_dict())


def penalty(critic: nn.Module, at: Tensor) -> Tensor:
    at = at.detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(at).sum(), at, create_graph=True)
    return ((slope.flatten(1).square().sum(1).sqrt() - 1) ** 2).mean()


def test_wgan_with_a_gradient_penalty(tmp_path: Path) -> None:
    """Gulrajani et al. 2017, arXiv:1704.00028, alg. 1, with two steps of the critic for one."""
    recipe, program = game(
        "loss: value(fake_score) - value(real_score)"
        f" + 10 * gradient_penalty(between_score, between); {ADAM}",
        f"loss: -value(fake_score); {ADAM}; every: 2",
        norm=False,
    )  # fmt: skip
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    wanted = by_hand(
        recipe, program,
        (
            lambda g, c, x, z, mix: c(g(z)).mean() - c(x).mean()
            + 10 * penalty(c, mix * x + (1 - mix) * g(z)),
            lambda g, c, x, z, _: -c(g(z)).mean(),
        ),
        adam, norm=False, every=2,
    )  # fmt: skip
    same(tmp_path / "run", wanted, fresh(recipe, program).state_dict())


@pytest.mark.parametrize(
    "keys", [(), ("ema: 0.9", "accumulate: 2", "clip_norm: 1", "schedule: cosine")]
)
def test_a_resumed_run_is_the_same(tmp_path: Path, keys: tuple[str, ...]) -> None:
    """The optimizers of all steps and the sums of their losses are in the checkpoint."""
    keys += ("checkpoint_every: 3", "evaluate_every: 7")
    recipe, program = game(BCE[0], f"{BCE[1]}; every: 2", *keys)
    train(recipe, program, RunOptions(tmp_path / "whole", device="cpu"))
    part, _ = game(BCE[0], f"{BCE[1]}; every: 2", *keys)
    train(part, program, RunOptions(tmp_path / "cut", device="cpu", share=0.5))
    train(part, program, RunOptions(tmp_path / "cut", device="cpu", resume=True))
    whole, cut = (
        {
            name: (tmp_path / run / name).read_bytes()
            for name in ("last.safetensors", "metrics.jsonl")
        }
        for run in ("whole", "cut")
    )
    assert whole == cut


def draws() -> Recipe:
    """A recipe with one loss whose net has an input that is drawn."""
    text = """
net small {
    input image: [1, 8, 8]
    input z: [64]
    noise: { z -> reshape([1, 8, 8]) }
    add { image; noise } -> flatten -> linear(10)
}
train small {
    model:     small
    data:      digits
    draw { z: normal(std=0.1) }
    loss:      cross_entropy
    optimizer: sgd(lr=0.1)
    batch:     500
    epochs:    1
}
"""
    return checked_recipe(Library().module(Source("small.net", text), None), "small")[0]


def test_an_input_is_drawn_for_training_and_for_scores(tmp_path: Path) -> None:
    """Each example's numbers are its own, so a batch of another size has the same."""
    recipe = draws()
    result = train(recipe, program_of(recipe), RunOptions(tmp_path / "run", device="cpu"))
    assert result.test is not None
    drawn = drawn_inputs(recipe, program_of(recipe))
    assert drawn is not None
    whole, part = (
        drawn.of(np.array(numbers), 3, "draw", torch.device("cpu"))[0]
        for numbers in ([4, 7, 9], [7])
    )
    assert torch.equal(whole[1:2], part)
    assert not torch.equal(whole[0], whole[1])


@pytest.mark.parametrize("shape", [(64,), (3, 5)])
def test_drawn_numbers_have_their_distribution(shape: tuple[int, ...]) -> None:
    """Means and deviations within five standard errors; no two examples or epochs alike."""
    numbers = np.arange(2000)
    found = normal_numbers(1, 0, numbers, shape, 2.0, 0.5)
    assert found.shape == (2000, *shape)
    count = found.numel() ** 0.5
    assert abs(float(found.mean()) - 2.0) < 5 * 0.5 / count
    assert abs(float(found.std()) - 0.5) < 5 * 0.5 / count
    assert not torch.equal(found, normal_numbers(1, 1, numbers, shape, 2.0, 0.5))
    even = uniform_numbers(1, 0, numbers, shape, -1.0, 1.0)
    assert -1 <= float(even.min()) < -0.99
    assert 0.99 < float(even.max()) < 1
    assert abs(float(even.mean())) < 5 * 3**-0.5 / count


def test_scores_are_refused(tmp_path: Path) -> None:
    recipe, program = game(*BCE)
    with pytest.raises(NetlangError) as caught:
        evaluate(recipe, program, tmp_path / "weights", ScoreOptions())
    assert [each.code for each in caught.value.diagnostics] == ["E0832"]


def test_a_penalty_counts_the_weights_that_its_step_trains() -> None:
    """Not those of the other player, which the step leaves as they are."""
    recipe, program = game(f"{BCE[0].replace('; opt', ' + l2_penalty; opt')}", BCE[1])
    state = fresh_state(TrainingProcess(recipe, program, RunOptions(Path()), torch.device("cpu")))
    stepper = Stepper(recipe, Objective(recipe, program), state, program=program)
    critic, generator = stepper.plays
    x, y = examples_of(recipe)
    x = x[:8].float() / (255 if x.dtype is torch.uint8 else 1)
    batch = Batch((x, torch.zeros(8, 5), torch.zeros(8, 1, 1, 1)), {"label": y[:8]})
    stepper.gradients(batch, 8, critic)
    own = dict(state.model.named_parameters())
    weights = [w for k, w in own.items() if k.startswith("critic") and w.dim() > 1]
    values = critic.objective.values(state.model, batch)
    plain = (against(values["real_score"], 1) + against(values["fake_score"], 0)) / 8
    wanted = plain + 0.5 * torch.stack([w.square().sum() for w in weights]).sum()
    assert torch.allclose(critic.objective.loss(values), wanted)
    assert all((w.grad is None) == k.startswith("generator") for k, w in own.items())
    assert {id(w) for w in generator.trained}.isdisjoint(id(w) for w in critic.trained)


def test_weights_that_are_shared_out_are_refused() -> None:
    recipe, _ = game(*BCE)
    _require_whole_turns(recipe, sharded=False)
    with pytest.raises(NetlangError) as caught:
        _require_whole_turns(recipe, sharded=True)
    assert [each.code for each in caught.value.diagnostics] == ["E0832"]
