"""Which class was taken for which at the end of a run, against scikit-learn."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from sklearn.metrics import accuracy_score, confusion_matrix, recall_score

from netlang.backends.torch import build
from netlang.backends.torch.data.load import load_parts
from netlang.backends.torch.train import Result, progress_for, train
from netlang.backends.torch.train.records.metrics import read_metrics
from netlang.diagnostics.errors import NetlangError
from netlang.recipes.places import Places
from netlang.targets.options import RunOptions
from tests.train.support import sketch

Arrays = dict[str, NDArray[np.float32] | NDArray[np.int64]]

BODY = "    input x: [6]\n    linear(3)"


def drawn(seed: int, count: int) -> Arrays:
    generator = np.random.default_rng(seed)
    return {
        "x": generator.normal(size=(count, 6)).astype(np.float32),
        "label": generator.integers(0, 3, count),
    }


def trained(
    folder: Path,
    parts: Mapping[str, dict[str, Any]],
    *lines: str,
    body: str = BODY,
    resume: bool = False,
) -> tuple[Result, str]:
    """A run on these parts, and what it said."""
    (folder / "data").mkdir(exist_ok=True)
    for name, arrays in parts.items():
        np.savez(folder / "data" / f"{name}.npz", **arrays)
    keys = ('data: arrays("d", sizes=[6])', "batch: 10", "steps: 30", "optimizer: sgd(lr=4)")
    recipe, program = sketch(body, *keys, *lines)
    said = io.StringIO()
    result = train(
        recipe,
        program,
        RunOptions(folder / "run", Places({"d": folder / "data"}), resume=resume, device="cpu"),
        progress_for(said),
    )
    return result, said.getvalue()


def table(folder: Path) -> tuple[list[str], list[list[int]], list[str]]:
    """Names by column, counts, and the accuracies as they are written."""
    with (folder / "run" / "confusion.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    return head[3:], [list(map(int, row[3:])) for row in rows], [row[2] for row in rows]


def guesses(folder: Path, weights: Path, x: object, body: str = BODY) -> NDArray[np.int64]:
    model = build(sketch(body, 'data: arrays("d", sizes=[6])')[1]).eval()
    model.load_state_dict(load_file(weights))
    found: NDArray[np.int64] = model(torch.as_tensor(x)).argmax(1).numpy()
    return found


def test_without_a_test_part_that_of_validation_is_shown(tmp_path: Path) -> None:
    """Of the best weights, which aren't the last ones here."""
    parts = {"train": drawn(1, 60), "val": drawn(2, 50)}
    result, said = trained(tmp_path, parts, "evaluate_every: 3")
    assert result.best is not None
    assert result.best.step < 30
    true, found = parts["val"]["label"], guesses(tmp_path, result.folder.best, parts["val"]["x"])
    names, counts, shares = table(tmp_path)
    assert names == ["0", "1", "2"]
    assert counts == confusion_matrix(true, found, labels=range(3)).tolist()
    recall = recall_score(true, found, labels=range(3), average=None)
    assert [float(each) for each in shares] == pytest.approx(recall)
    lines = said.splitlines()
    place = lines.index("classes of the validation part:")
    assert f"{100.0 * recall[0]:.1f}%" in lines[place + 2]
    assert "test_loss" not in read_metrics(tmp_path / "run" / "metrics.jsonl")[-1]


def test_it_is_made_again_where_it_is_missing(tmp_path: Path) -> None:
    parts = {"train": drawn(1, 60), "val": drawn(2, 50)}
    result, _ = trained(tmp_path, parts, "evaluate_every: 3")
    kept = {path.name: path.read_bytes() for path in result.folder.path.rglob("*.*")}
    (tmp_path / "run" / "confusion.csv").unlink()
    _, said = trained(tmp_path, parts, "evaluate_every: 3", resume=True)
    assert "classes of the validation part:" in said
    assert kept == {path.name: path.read_bytes() for path in result.folder.path.rglob("*.*")}


def test_the_test_part_comes_first(tmp_path: Path) -> None:
    parts = {"train": drawn(1, 60), "val": drawn(2, 50), "test": drawn(3, 40)}
    result, said = trained(tmp_path, parts)
    assert "classes of the test part:" in said
    assert "validation part:" not in said
    found = guesses(tmp_path, result.folder.best, parts["test"]["x"])
    wanted = confusion_matrix(parts["test"]["label"], found, labels=range(3)).tolist()
    assert table(tmp_path)[1] == wanted


def test_shares_of_classes_count_as_the_largest(tmp_path: Path) -> None:
    """Labels that are probabilities, as others' models give them."""
    parts = {}
    for number, name in enumerate(("train", "test")):
        part = drawn(number, 40)
        shares = np.random.default_rng(number).dirichlet(np.ones(3), 40)
        parts[name] = {**part, "label": shares.astype(np.float32)}
    result, _ = trained(tmp_path, parts)
    found = guesses(tmp_path, result.folder.last, parts["test"]["x"])
    wanted = confusion_matrix(parts["test"]["label"].argmax(1), found, labels=range(3)).tolist()
    assert table(tmp_path)[1] == wanted


def test_more_channels_than_classes(tmp_path: Path) -> None:
    """A net made for other data: channels that no example was taken for are left out."""
    body = "    input x: [6]\n    linear(40)"
    parts = {"train": drawn(1, 60), "val": drawn(2, 50)}
    result, _ = trained(tmp_path, parts, "steps: 1", "optimizer: sgd(lr=1e-3)", body=body)
    found = guesses(tmp_path, result.folder.best, parts["val"]["x"], body)
    shown = sorted({0, 1, 2, *found.tolist()})
    assert 3 < len(shown) < 40
    names, counts, _ = table(tmp_path)
    assert names == list(map(str, shown))
    assert counts == confusion_matrix(parts["val"]["label"], found, labels=shown).tolist()


KINDS = ('data: arrays("d", sizes=[6], targets=["weight", "kind"])', "loss: mse(rebuilt, weight) + "
         "cross_entropy(logits, kind)")  # fmt: skip
TWO = (
    "    input x: [6]\n    fc: linear(4)\n    output rebuilt: fc -> linear(6)\n"
    "    output logits: fc -> linear(3)"
)


def kinds(seed: int, count: int) -> Arrays:
    """Examples whose classes have another name, beside numbers to rebuild."""
    part = drawn(seed, count)
    return {"x": part["x"], "weight": part["x"], "kind": part["label"]}


def test_classes_are_those_that_the_loss_compares_whatever_their_name(tmp_path: Path) -> None:
    parts = {"train": kinds(1, 60), "val": kinds(2, 50)}
    result, said = trained(tmp_path, parts, *KINDS, "optimizer: sgd(lr=0.1)", body=TWO)
    assert "classes of the validation part:" in said
    model = build(sketch(TWO, *KINDS)[1]).eval()
    model.load_state_dict(load_file(result.folder.best))
    found = model(torch.as_tensor(parts["val"]["x"]))[1].argmax(1).numpy()
    wanted = confusion_matrix(parts["val"]["kind"], found, labels=range(3)).tolist()
    assert table(tmp_path)[1] == wanted
    assert result.best is not None
    assert result.best.accuracy == pytest.approx(accuracy_score(parts["val"]["kind"], found))


def test_such_classes_are_held_out_alike_and_known(tmp_path: Path) -> None:
    kind, part = np.repeat([0, 1, 2], [60, 30, 10]), kinds(1, 100)
    np.savez(tmp_path / "train.npz", x=part["x"], weight=part["weight"], kind=kind)
    recipe, _ = sketch(TWO, *KINDS, "validation: 0.2")
    parts = load_parts(recipe, Places({"d": tmp_path}))
    assert parts.classes == ("0", "1", "2")
    assert parts.validation is not None
    assert parts.validation.labels is not None
    assert np.bincount(parts.validation.labels).tolist() == [12, 6, 2]


def test_such_classes_beyond_the_net_are_refused(tmp_path: Path) -> None:
    parts = {"train": {**kinds(1, 60), "kind": np.arange(60) % 4}}
    with pytest.raises(NetlangError, match="4 classes"):
        trained(tmp_path, parts, *KINDS, body=TWO)


def test_no_table_of_very_many_classes(tmp_path: Path) -> None:
    """It would have the square of their number; accuracy is still told."""
    parts = {"train": drawn(1, 20), "val": drawn(2, 20)}
    body = "    input x: [6]\n    linear(5000)"
    result, said = trained(tmp_path, parts, "steps: 1", "optimizer: sgd(lr=1e-3)", body=body)
    assert result.best is not None
    assert result.best.accuracy is not None
    assert "classes of" not in said
    assert not (tmp_path / "run" / "confusion.csv").exists()
