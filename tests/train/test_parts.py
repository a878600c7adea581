"""Losses, optimizers, initial weights and data, each against what it stands for."""

from __future__ import annotations

import random
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from netlang.backends.torch.data.sets import Batch, Parts, Tensors
from netlang.backends.torch.data.sources import generated
from netlang.backends.torch.data.sources.generated import MNIST1D_SHA256
from netlang.backends.torch.train.devices import choose_device, derived_seed, threads_for
from netlang.backends.torch.train.objective import Objective
from netlang.diagnostics.errors import NetlangError
from netlang.recipes import load_recipe
from tests.train.support import parts_of, sketch


def both(parts: Parts) -> tuple[Tensors, Tensors]:
    """The training part and the test part."""
    assert isinstance(parts.train, Tensors)
    assert isinstance(parts.test, Tensors)
    return parts.train, parts.test


def normal(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


BODY = """    input x: [40]
    linear(8) -> relu
    auxiliary early: linear(10)
    output logits: linear(10)"""


def test_auxiliary_terms_count_in_training_only() -> None:
    both = "cross_entropy(logits, label) + 0.3 * cross_entropy(early, label)"
    recipe, program = sketch(BODY, f"loss: {both}")
    objective = Objective(recipe, program)
    values = {"logits": normal(6, 4, 10), "early": normal(7, 4, 10), "label": torch.arange(4)}
    main = F.cross_entropy(values["logits"], values["label"])
    early = F.cross_entropy(values["early"], values["label"])
    torch.testing.assert_close(objective.loss(values), main + 0.3 * early)
    deployed = {key: value for key, value in values.items() if key != "early"}
    torch.testing.assert_close(objective.loss(deployed), main)
    correct = objective.correct(values)
    assert correct is not None
    assert int(correct) == int((values["logits"].argmax(1) == values["label"]).sum())


def test_outputs_are_named_in_training_and_evaluation() -> None:
    from netlang.backends.torch import build

    recipe, program = sketch(BODY, "loss: cross_entropy(logits, label)")
    model, objective = build(program), Objective(recipe, program)
    batch = Batch((normal(8, 4, 40),), {"label": torch.arange(4)})
    assert set(objective.values(model.train(), batch)) == {"x", "label", "early", "logits"}
    assert set(objective.values(model.eval(), batch)) == {"x", "label", "logits"}


@pytest.mark.parametrize("kind", [torch.float64, torch.float16, torch.bfloat16])
def test_examples_are_given_in_the_type_of_the_input(kind: torch.dtype) -> None:
    from netlang.backends.torch import build

    body = f"    input x: {str(kind)[6:]}[40]\n    linear(8) -> relu\n    output logits: linear(10)"
    recipe, program = sketch(body)
    model, objective = build(program), Objective(recipe, program)
    values = objective.values(model, Batch((normal(8, 4, 40),), {"label": torch.arange(4)}))
    assert values["logits"].dtype is (kind if kind is torch.float64 else torch.float32)
    gradients = torch.autograd.grad(objective.loss(values), list(model.parameters()))
    assert [each.dtype for each in gradients] == [kind] * 4


def test_mnist1d_is_the_published_one() -> None:
    random.seed(3)
    np.random.seed(3)
    before = random.getstate(), np.random.randint(10**9, size=9).tolist()
    random.seed(3)
    np.random.seed(3)
    train, test = both(parts_of(load_recipe("mnist1d")[0]))
    assert (random.getstate(), np.random.randint(10**9, size=9).tolist()) == before
    parts = (train.inputs[0], train.targets["label"], test.inputs[0], test.targets["label"])
    assert [tuple(part.shape) for part in parts] == [(4000, 40), (4000,), (1000, 40), (1000,)]
    digest = sha256(b"".join(part.numpy().tobytes() for part in parts)).hexdigest()
    assert digest == MNIST1D_SHA256


def test_what_was_made_is_kept_and_damage_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = generated._generate_mnist1d()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    calls: list[int] = []

    def once_more() -> tuple[NDArray[np.generic], ...]:
        calls.append(1)
        return made

    monkeypatch.setattr(generated, "_made_by_its_authors", once_more)
    for damage, expected in ((None, 1), (None, 1), (b"", 2), (bytes(840_000), 3), (None, 3)):
        (file,) = tmp_path.glob("netlang/*") if calls else (None,)
        if damage is not None and file is not None:
            file.write_bytes(damage)
        found = generated._generate_mnist1d.__wrapped__()
        assert len(calls) == expected
        assert all(map(np.array_equal, found, made))


def test_other_data_under_the_same_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [array.copy() for array in generated._generate_mnist1d()]
    made[0][0, 0] += 1.0
    monkeypatch.setattr(generated, "_generate_mnist1d", lambda: tuple(made))
    with pytest.raises(NetlangError) as caught:
        parts_of(load_recipe("mnist1d")[0])
    assert [each.code for each in caught.value.diagnostics] == ["E0732"]


def test_digits() -> None:
    train, test = both(parts_of(load_recipe("vae:digits")[0]))
    assert (len(train), len(test)) == (1438, 359)
    assert train.inputs[0].shape[1:] == (1, 28, 28)
    assert 0.0 <= train.inputs[0].min() < train.inputs[0].max() <= 1.0


def test_digits_are_those_that_scikit_learn_gives() -> None:
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    recipe, _ = sketch("    input x: [1, 8, 8]\n    flatten -> linear(10)", "data: digits")
    train, test = both(parts_of(recipe))
    for part, chosen in ((train, slice(0, 4)), (test, slice(4, None))):
        rows = np.concatenate([np.arange(1797)[i::5] for i in range(5)[chosen]])
        rows.sort()
        expected = torch.from_numpy(pixels[rows] / 16.0).float().reshape(-1, 1, 8, 8)
        assert torch.equal(part.inputs[0], expected)
        assert part.targets["label"].tolist() == labels[rows].tolist()


def test_devices() -> None:
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(NetlangError) as caught:
        choose_device("tpu")
    assert [each.code for each in caught.value.diagnostics] == ["E0738"]


def test_small_nets_train_on_one_thread() -> None:
    cores = torch.get_num_threads()
    assert threads_for(load_recipe("mnist1d")[1], 100) == 1
    assert threads_for(load_recipe("resnet:imagenet")[1], 256) == cores


def test_streams_of_a_seed_differ() -> None:
    purposes = ["weights", "init", "noise", *(f"order of epoch {epoch}" for epoch in range(50))]
    assert len({derived_seed(seed, purpose) for seed in (0, 1) for purpose in purposes}) == 106
    assert derived_seed(10**30, "weights") >= 0
