"""The script of every word that a recipe has passes `ruff check` and `ruff format`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from netlang.backends.torch.eject import script
from tests.train.eject.support import complaints
from tests.train.support import sketch

BODY = (
    "    input x: [40]\n    fc1: linear(16) -> dropout(0.2) -> norm1: bn -> relu\n"
    "    fc2: linear(10)\n    output fc2: fc2"
)
PIXELS = (
    "    input x: [1, H=8, W=8]\n    conv1: conv(8, 3x3) -> norm1: bn -> relu\n"
    "    gap -> flatten -> fc: linear(10)"
)
VALUES = "    input x: [6]\n    output code: linear(6)"
ARRAYS = 'data: arrays("mine", [6], targets=["target", "whole"])'

SCHEDULES = (
    "constant(factor=0.5)",
    "step(every=5, unit=steps)",
    "exponential(gamma=0.9)",
    "exponential(gamma=0.9, unit=steps)",
    "multistep([3, 6])",
    "multistep([3], unit=steps, gamma=0.5)",
    "poly(power=2)",
    "poly(power=0.9, floor=0.1)",
    "linear(start=0.5, end=0.1)",
    "cosine(floor=0.05)",
    "cosine(restart=2, growth=2)",
    "one_cycle",
    "plateau(factor=0.5, cooldown=2)",
    "plateau(floor=0.01)",
    "warmup(3, unit=steps) -> plateau",
    "warmup(5, unit=steps) -> exponential(gamma=0.99, unit=steps)",
)
OPTIMIZERS = (
    "sgd(lr=0.1, momentum=0.9, nesterov=true)",
    "adagrad(lr=0.1, lr_decay=0.1)",
    "rmsprop(lr=0.01, momentum=0.9, centered=true)",
    "adadelta(lr=1)",
    "adam(lr=0.001, amsgrad=true)",
    "adamax(lr=0.01)",
    "adamw(lr=0.01)",
    "nadam(lr=0.01)",
    "muon(lr=0.02)",
)
LOSSES = (
    "cross_entropy(label_smoothing=0.1)",
    "cross_entropy(weights=[1, 2, 1, 1, 1, 1, 1, 1, 1, 1])",
    "cross_entropy + focal + hinge + 0.5 * l2_penalty",
    "2 * cross_entropy - 0.25 * value(log_softmax(fc2))",
    "cross_entropy + 0.001 * value((fc2 - 1)**2 * 3)",
)
EXPRESSIONS = (
    "l1(-code**2, target)",
    "mse(code**-2, target**3)",
    "mse(2**code, target)",
    "mse((code + 1)**2, target)",
    "mse(abs(code)**2, target)",
    "mse(mean(code), mean(target))",
    "kl(code / 4, softmax(target / 4))",
    "mse(sqrt(abs(code)), -1 / 2) - 0.25 * value(log_softmax(code))",
)
AUGMENTATIONS = (
    "hflip -> vflip",
    "rotate(10) -> scale(0.8..1.2) -> translate(0.1) -> shear(5)",
    "color_jitter(0.2, 0.2) -> grayscale(0.2) -> noise(0.1) -> blur(3)",
    "random_erasing -> cutout(3)",
    "trivial_augment",
    "rand_augment",
    "mixup(0.2) -> cutmix(1.0)",
    "random_resized_crop(8)",
    "resize_shorter(8..12) -> random_crop(8, pad=1)",
    "resize(10) -> center_crop(8) -> hflip -> hflip",
)
NORMALIZATIONS = (
    "standardize",
    "standardize(mean=[0.3], std=[0.1])",
    "subtract_mean",
    "min_max",
    "pca_whitening",
    "zca_whitening",
)
INITIALIZATIONS = (
    "xavier_normal",
    "xavier_uniform(of=[conv]) -> constant(0.1, of=[linear])",
    "orthogonal",
    "truncated_normal(std=0.02)",
    "zero_last_norm",
)
OTHERS = (
    (BODY, "ema: 0.99", "validation: 0.1", "early_stopping: 3"),
    (BODY, "accumulate: 4", "precision: bf16", "compile: true"),
    (BODY, "evaluate_every: 3", "checkpoint_every: 5", "validation: 0.1", "schedule: plateau"),
    (BODY, "sync_batch_norm: true", 'freeze: ["fc1"]', "ema: 0.9", "epochs: 3"),
    (PIXELS, "data: digits", "test: multi_scale([8, 12]) -> ten_crop(8)", "precision: bf16"),
)


def recipes() -> Iterator[tuple[str, ...]]:
    """A net and lines of a recipe for each word."""
    groups = ("epochs: 4", "no_decay: [norms, biases]", "optimizer: sgd(lr=0.1, weight_decay=0.01)")
    for each in SCHEDULES:
        yield BODY, f"schedule: {each}", "steps: 40"
        yield BODY, f"schedule: {each}", *groups
        yield BODY, f"schedule: {each}", "steps: 40", 'rates: [("fc2", 10)]'
    for each in OPTIMIZERS:
        yield BODY, f"optimizer: {each}"
        yield BODY, f"optimizer: {each}", "no_decay: [norms]", "clip_norm: 1.0", "precision: fp16"
    yield from ((BODY, f"loss: {each}") for each in LOSSES)
    yield from ((VALUES, ARRAYS, f"loss: {each}") for each in EXPRESSIONS)
    yield from ((PIXELS, "data: digits", f"augment: {each}") for each in AUGMENTATIONS)
    yield from ((PIXELS, "data: digits", f"normalize: {each}") for each in NORMALIZATIONS)
    yield from ((PIXELS, "data: digits", f"init: {each}") for each in INITIALIZATIONS)
    yield from OTHERS


def test_every_word(tmp_path: Path) -> None:
    for number, (body, *lines) in enumerate(recipes()):
        text = script(*sketch(body, *lines))
        (tmp_path / f"train_{number}.py").write_text(text, encoding="utf-8")
    assert not complaints(tmp_path)
