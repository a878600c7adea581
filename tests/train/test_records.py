"""Tables and pictures of a run, against scikit-learn, Pillow and TensorBoard's own reader."""

from __future__ import annotations

import csv
import errno
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import confusion_matrix, recall_score
from torch import nn

from netlang.backends.torch.train.records.board import Board
from netlang.backends.torch.train.records.confusion import (
    Confusion,
    draw_confusion,
    lines_of,
    write_confusion,
)
from netlang.backends.torch.train.records.curves import draw_curves
from netlang.backends.torch.train.records.metrics import Metrics, read_metrics
from netlang.diagnostics.errors import NetlangError

CLASSES = ("a", "b, with a comma", "c $_{2$", "\u00e4")


def sample(seed: int = 0) -> tuple[list[int], list[int], Confusion]:
    """True and predicted classes, and what becomes of them."""
    generator = np.random.default_rng(seed)
    true, guess = generator.integers(0, 3, 90), generator.integers(0, 4, 90)
    counts = np.bincount(true * 4 + guess, minlength=16).reshape(4, 4)
    return true.tolist(), guess.tolist(), Confusion(counts, CLASSES)


def test_confusion_is_that_of_scikit_learn(tmp_path: Path) -> None:
    true, guess, found = sample()
    assert found.counts.tolist() == confusion_matrix(true, guess, labels=range(4)).tolist()
    recall = recall_score(true, guess, labels=range(3), average=None)
    np.testing.assert_allclose(found.accuracy[:3], recall)
    assert np.isnan(found.accuracy[3])
    write_confusion(tmp_path / "confusion.csv", found)
    with (tmp_path / "confusion.csv").open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert head == ["class", "examples", "accuracy", *CLASSES]
    assert [row[0] for row in rows] == list(CLASSES)
    assert [list(map(int, row[3:])) for row in rows] == found.counts.tolist()
    assert [float(row[2]) for row in rows[:3]] == pytest.approx(recall)
    assert rows[3][1:3] == ["0", ""]


def test_confusion_for_a_person() -> None:
    _, _, found = sample()
    lines = lines_of(found)
    assert len(lines) == 5
    assert lines[4].split() == ["\u00e4", ".", ".", ".", ".", "-"]
    many = Confusion(np.diag(np.arange(30)) + 1, tuple(f"class {i}" for i in range(30)))
    lines = lines_of(many)
    assert len(lines) == 11
    assert lines[1].split()[:6] == ["class", "0", "3.3%", "of", "30,", "most"]


def test_names_of_classes_are_as_long_as_there_is_room_for() -> None:
    few = ("tabby cat", "red setter", "house sparrow")
    head = lines_of(Confusion(np.eye(3, dtype=np.int64), few))[0]
    assert head.split() == " ".join((*few, "right")).split()
    twelve = tuple(f"class of number {i}" for i in range(12))
    lines = lines_of(Confusion(np.eye(12, dtype=np.int64), twelve))
    assert max(map(len, lines)) <= 100
    assert lines[0].split() == [*map(str, range(12)), "right"]
    assert lines[12].startswith("11 class of number 11  ")


@pytest.mark.usefixtures("pictures")
def test_pictures_are_the_same_each_time(tmp_path: Path) -> None:
    found = sample()[2]
    records = [{"step": step, "loss": 1.0 / step, "lr": 0.1} for step in range(1, 9)]
    shown = {"accuracy": 0.25, "validation_loss": 2.0, "validation_accuracy": 0.5}
    scored = [{**record, **shown} for record in records]
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        draw_confusion(folder / "confusion.svg", found, "net")
        draw_curves(folder / "curves.svg", scored, "recipe: net")
    for name in ("confusion.svg", "confusion.png", "curves.svg", "curves.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    with Image.open(tmp_path / "a" / "curves.png") as image:
        assert image.size[0] > image.size[1] > 100
    assert "mathdefault" not in (tmp_path / "a" / "curves.svg").read_text(encoding="utf-8")
    text = (tmp_path / "a" / "confusion.svg").read_text(encoding="utf-8")
    assert "c $_{2$" in text
    assert "b, with a comma" in text


@pytest.mark.usefixtures("pictures")
@pytest.mark.parametrize("count", [1, 2, 45])
def test_names_of_classes_have_room(tmp_path: Path, count: int) -> None:
    """Matplotlib warns, which is an error here, where a picture has no room for its matrix."""
    names = tuple(f"{i}: a name that goes on and on, as those of species do" for i in range(count))
    found = Confusion(np.diag(np.arange(count)), names)
    draw_confusion(tmp_path / "confusion.svg", found, "a recipe: a net: validation")
    text = (tmp_path / "confusion.svg").read_text(encoding="utf-8")
    assert text.count("0: a name that goes on …") == (2 if count <= 40 else 0)
    assert "right in %" in text
    assert (">100.0<" in text) == (count == 2)


@pytest.mark.usefixtures("pictures")
def test_a_run_without_scores_is_drawn(tmp_path: Path) -> None:
    draw_curves(tmp_path / "curves.svg", [], "recipe: net")
    draw_curves(tmp_path / "other.svg", [{"step": 1, "loss": -1.0, "lr": 0.1}], "recipe: net")
    assert (tmp_path / "other.svg").read_text().startswith("<?xml")


@pytest.mark.usefixtures("pictures")
@pytest.mark.parametrize(
    ("losses", "shown"),
    [([2.3, 0.004], (">0.01<", ">1<")), ([0.9, 0.55], (">0.6<",)), ([2.5, 0.24], (">0.5<", ">2<"))],
    ids=["decades", "within one", "over one"],
)
def test_losses_have_plain_numbers(
    tmp_path: Path, losses: list[float], shown: tuple[str, ...]
) -> None:
    records = [{"step": step, "loss": loss, "lr": 0.1} for step, loss in enumerate(losses)]
    draw_curves(tmp_path / "curves.svg", records, "recipe: net")
    text = (tmp_path / "curves.svg").read_text(encoding="utf-8")
    assert "mathdefault" not in text
    assert all(number in text for number in shown)


def test_metrics_as_a_table(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "metrics.jsonl", b"")
    metrics.add({"step": 1, "loss": 0.5, "lr": 0.1})
    metrics.add({"step": 2, "loss": 0.25, "lr": 0.1, "validation_loss": None})
    metrics.close()
    kept = (tmp_path / "metrics.jsonl").read_bytes().splitlines(keepends=True)[0]
    again = Metrics(tmp_path / "metrics.jsonl", kept)
    again.add({"step": 2, "test_loss": 0.125, "test_accuracy": 1.0})
    again.close()
    with (tmp_path / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2"]
    assert [row["loss"] for row in rows] == ["0.5", ""]
    assert rows[1]["test_accuracy"] == "1.0"
    assert len(read_metrics(tmp_path / "metrics.jsonl")) == 2


def test_the_table_has_the_loss_of_each_step_that_takes_turns(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "metrics.jsonl", b"", ("critic", "generator"))
    metrics.add({"step": 1, "loss": 0.5, "critic_loss": 0.5, "lr": 0.1})
    metrics.add({"step": 2, "loss": 3.0, "critic_loss": 1.0, "generator_loss": 2.0, "lr": 0.1})
    metrics.close()
    with (tmp_path / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["critic_loss"] for row in rows] == ["0.5", "1.0"]
    assert [row["generator_loss"] for row in rows] == ["", "2.0"]


@pytest.mark.usefixtures("pictures")
def test_curves_of_steps_that_take_turns(tmp_path: Path) -> None:
    records = [{"step": step, "loss": 3.0, "critic_loss": -1.0, "lr": 0.1} for step in (1, 2)]
    draw_curves(tmp_path / "curves.svg", records, "recipe: net", ("critic",))
    assert "critic" in (tmp_path / "curves.svg").read_text(encoding="utf-8")


def test_tensorboard_reads_it(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing import event_accumulator

    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
    board = Board(tmp_path)
    images = torch.rand(40, 3, 8, 8)
    board.add({"step": 10, "loss": 0.5, "accuracy": 0.625, "lr": 0.1, "validation_accuracy": 0.75})
    board.show_batch(images, 10)
    board.show_batch(torch.rand(40, 7), 10)
    model[0].eval()
    assert board.show_graph(model, (images,))
    assert [module.training for module in model.modules()] == [True, False, True, True, True]
    board.close()
    found = event_accumulator.EventAccumulator(str(tmp_path))
    found.Reload()
    tags = found.Tags()
    scalars = ["accuracy/train", "accuracy/validation", "loss/train", "lr"]
    assert sorted(tags["scalars"]) == scalars
    assert tags["images"] == ["batch"]
    assert tags["graph"]
    (value,) = found.Scalars("accuracy/validation")
    assert (value.step, value.value) == (10, 0.75)


def test_a_resumed_run_takes_the_place_of_steps_that_were_lost(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing import event_accumulator

    for first, losses in ((0, {10: 0.9, 20: 0.8, 30: 0.7}), (20, {30: 0.1, 40: 0.05})):
        board = Board(tmp_path)
        board.open(first)
        for step, loss in losses.items():
            board.add({"step": step, "loss": loss, "lr": 0.1})
        board.close()
    found = event_accumulator.EventAccumulator(str(tmp_path))
    found.Reload()
    shown = [(each.step, round(each.value, 4)) for each in found.Scalars("loss/train")]
    assert shown == [(10, 0.9), (20, 0.8), (30, 0.1), (40, 0.05)]


@pytest.mark.parametrize("call", ["open", "write", "mkdir"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_what_the_system_refuses_of_tensorboard_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: int
) -> None:
    original = getattr(os, call)

    def refused(path: object, *arguments: object, **more: object) -> object:
        of_board = call == "write" or "tensorboard" in str(path)
        if of_board:
            raise OSError(error, os.strerror(error))
        return original(path, *arguments, **more)

    board = Board(tmp_path / "tensorboard")
    monkeypatch.setattr(os, call, refused)
    with pytest.raises(NetlangError) as caught:
        board.add({"step": 10, "loss": 0.5})
    monkeypatch.undo()
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0795"
    assert "tensorboard" in diagnostic.message
    assert os.strerror(error) in diagnostic.message


def test_a_net_that_cant_be_followed_has_no_graph(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Stubborn(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("not traced")

    board = Board(tmp_path)
    assert not board.show_graph(Stubborn(), (torch.zeros(1, 3),))
    board.close()
    assert capsys.readouterr() == ("", "")


def test_nothing_to_show_makes_no_file(tmp_path: Path) -> None:
    Board(tmp_path / "board").close()
    assert not (tmp_path / "board").exists()
