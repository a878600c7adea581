"""Data that are there and whole, but not what the net or its loss needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netlang.backends.torch.data.fit import require_fit, spare_channels
from netlang.backends.torch.data.load import load_parts
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.places import Places
from tests.train.data.support import pictures, tree
from tests.train.support import sketch

IMAGE = "    input image: [3, 8, 8]\n    output logits: flatten -> linear({})"
SIGNAL = "    input x: [3]\n    output y: linear({})"


def fit(root: Path, body: str, data: str, *lines: str) -> list[str]:
    """The code and text of each error, [] for data that fit."""
    recipe, program = sketch(body, f"data: {data}", *lines)
    parts = load_parts(recipe, Places({"pets": root}))
    try:
        require_fit(recipe, program, parts)
    except NetlangError as error:
        return [f"{each.code} {each.message}" for each in error.diagnostics]
    return []


def test_named_classes_need_a_channel_each(tmp_path: Path) -> None:
    pictures(tmp_path)
    assert fit(tmp_path, IMAGE.format(2), 'image_folder("pets")') == []
    (error,) = fit(tmp_path, IMAGE.format(1), 'image_folder("pets")')
    assert error.startswith("E0785 `pets` has 2 classes, `cat`, `dog`, but `logits` of net")
    assert error.endswith("has 1 channel")


def test_channels_for_more_classes_are_told(tmp_path: Path) -> None:
    pictures(tmp_path)
    assert fit(tmp_path, IMAGE.format(3), 'image_folder("pets")') == []
    recipe, program = sketch(IMAGE.format(3), 'data: image_folder("pets")')
    parts = load_parts(recipe, Places({"pets": tmp_path}))
    (note,) = spare_channels(recipe, program, parts)
    assert note.startswith("`logits` of net `sketch` has 3 channels, `pets` has 2 classes")


def test_every_head_is_compared(tmp_path: Path) -> None:
    body = "    input image: [3, 8, 8]\n    flat: flatten\n    output a: flat -> linear(3)\n"
    body += "    output b: flat -> linear(1)"
    loss = "loss: cross_entropy(a, label) + 0.5 * cross_entropy(b, label)"
    (error,) = fit(pictures(tmp_path), body, 'image_folder("pets")', loss)
    assert "`b`" in error


def test_many_classes_are_not_all_listed(tmp_path: Path) -> None:
    tree(tmp_path, {f"train/{number}/1.png": number for number in range(9)})
    (error,) = fit(tmp_path, IMAGE.format(2), 'image_folder("pets")')
    assert "9 classes, `0`, `1`, `2`, `3`, `4`, ..., but" in error


def arrays(root: Path, **more: Any) -> Path:
    given = {"x": np.zeros((6, 3)), "label": np.arange(6) % 3} | more
    np.savez(root / "train.npz", **given)
    return root


def test_class_numbers_need_a_channel(tmp_path: Path) -> None:
    data = 'arrays("pets", [3])'
    arrays(tmp_path)
    assert fit(tmp_path, SIGNAL.format(3), data) == []
    assert fit(tmp_path, SIGNAL.format(4), data) == []  # a class may just not occur
    (error,) = fit(tmp_path, SIGNAL.format(2), data)
    assert error.startswith("E0785")


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"age": np.zeros((6, 2))}, "`age` of `arrays` is [2], but input `b` of net"),
        ({"age": np.zeros(6)}, "is [], but input `b`"),
        ({"age": np.zeros((6, 1), int)}, "is int64[1], but input `b`"),
        ({"x": np.zeros((6, 3), int), "age": np.zeros((6, 1))}, "`x` of `arrays` is int64[3]"),
        ({"age": np.zeros((6, 1), np.uint8)}, ""),
        ({"age": np.zeros((6, 1), bool)}, ""),
    ],
)
def test_inputs(tmp_path: Path, more: dict[str, object], text: str) -> None:
    body = "    input a: [3]\n    input b: [1]\n    output y: (a, b) -> concat -> linear(3)"
    found = fit(arrays(tmp_path, **more), body, 'arrays("pets", [3], inputs=["x", "age"])')
    assert bool(found) == bool(text)
    if text:
        (error,) = found
        assert error.startswith("E0786")
        assert text in error


def test_targets(tmp_path: Path) -> None:
    data = 'arrays("pets", [3], targets=["height"])'
    arrays(tmp_path, height=np.zeros((6, 2)))
    assert fit(tmp_path, SIGNAL.format(2), data, "loss: mse") == []
    (error,) = fit(tmp_path, SIGNAL.format(1), data, "loss: mse")
    assert error.startswith("E0714")


@pytest.mark.parametrize("loss", ["binary_cross_entropy_with_logits", "focal"])
def test_targets_of_decisions_are_from_0_to_1(tmp_path: Path, loss: str) -> None:
    data = 'arrays("pets", [3], targets=["sick"])'
    shares = np.linspace(0, 1, 6)[:, None]
    arrays(tmp_path, sick=shares)
    assert fit(tmp_path, SIGNAL.format(1), data, f"loss: {loss}") == []
    for sick in (shares - 0.1, 2 * shares):
        arrays(tmp_path, sick=sick)
        (error,) = fit(tmp_path, SIGNAL.format(1), data, f"loss: {loss}")
        assert error.startswith("E0786 `sick` of `pets` goes from")
        assert error.endswith(f"but `{loss}` takes numbers from 0 to 1")


def test_class_numbers_are_no_shares(tmp_path: Path) -> None:
    arrays(tmp_path, kind=np.arange(6) % 3)
    data = 'arrays("pets", [3], targets=["kind"])'
    assert fit(tmp_path, SIGNAL.format(3), data, "loss: focal") == []
    (error,) = fit(tmp_path, SIGNAL.format(1), data, "loss: focal")
    assert "from 0 to 2" in error


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        ("cross_entropy(y, -kind)", "`(-kind)` of `pets` goes from -2 to 0, but `y` takes whole"),
        ("hinge(y, kind + kind)", "goes from 0 to 4, but `y` takes whole numbers from 0 to 2"),
        ("cross_entropy(y, kind) + mse(mean(y), float(kind))", ""),
        ("binary_cross_entropy(sigmoid(mean(y)), exp(share))", "takes numbers from 0 to 1"),
        ("binary_cross_entropy(sigmoid(mean(y)), share / 2)", ""),
    ],
)
def test_values_that_a_loss_computes_of_targets(tmp_path: Path, loss: str, told: str) -> None:
    """PyTorch ends with an index that is out of bounds, or on a GPU with a lost device."""
    arrays(tmp_path, kind=np.arange(6) % 3, share=np.linspace(0, 1, 6))
    data = 'arrays("pets", [3], targets=["kind", "share"])'
    found = fit(tmp_path, SIGNAL.format(3), data, f"loss: {loss}")
    assert len(found) == bool(told)
    assert all(each.startswith("E0786") and told in each for each in found)


def test_class_numbers_of_places(tmp_path: Path) -> None:
    """As in a mask; those that cross-entropy leaves out are no class."""
    mask = np.arange(24).reshape(6, 4) % 3
    body = "    input x: [3]\n    output y: linear(12) -> reshape([3, 4])"
    data = 'arrays("pets", [3], targets=["mask"])'
    arrays(tmp_path, mask=np.where(mask == 1, -100, mask))
    assert fit(tmp_path, body, data) == []
    arrays(tmp_path, mask=mask + 1)
    (error,) = fit(tmp_path, body, data)
    assert error.startswith("E0786 `mask` of `pets` goes from 1 to 3, but `y` takes whole numbers")


def test_class_numbers_that_no_loss_reads_are_not_mixed(tmp_path: Path) -> None:
    arrays(tmp_path, kind=np.arange(6) % 3, height=np.zeros((6, 3)))
    lines = ("augment: mixup", "loss: mse(y, height)")
    body = "    input x: [3]\n    output y: linear(3)"
    read = 'arrays("pets", [3], targets=["height"])'
    assert fit(tmp_path, body, read, *lines) == []
    unread = 'arrays("pets", [3], targets=["height", "kind"])'
    (error,) = fit(tmp_path, body, unread, *lines)
    assert error.startswith("E0786 `mixup` can't mix `kind` of `pets`: no loss reads it")


def test_an_output_without_channels_is_told(tmp_path: Path) -> None:
    arrays(tmp_path)
    body = "    input x: [3]\n    output y: { linear(1) -> reshape([]) }"
    found = fit(tmp_path, body, 'arrays("pets", [3])', "loss: dice(y, label)")
    assert any("`dice` can't compare []" in error for error in found)
