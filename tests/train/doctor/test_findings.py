"""What else the checks find, and what they leave alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netlang.backends.torch.doctor.check import Check
from netlang.backends.torch.doctor.data.channels import ChannelStatistics
from netlang.backends.torch.doctor.data.classes import ClassCounts
from netlang.backends.torch.doctor.data.duplicates import Duplicates
from netlang.backends.torch.doctor.data.ranges import ValueRanges
from netlang.backends.torch.doctor.net.batch_of_one import BatchOfOne
from netlang.backends.torch.doctor.net.gradients import Gradients
from netlang.backends.torch.doctor.net.initial_loss import InitialLoss
from netlang.backends.torch.doctor.net.layers import Layers
from netlang.backends.torch.doctor.net.memory_and_time import MemoryAndTime
from netlang.backends.torch.doctor.patient import Patient
from netlang.backends.torch.doctor.trained.labels import LabelsAndInputs
from netlang.backends.torch.doctor.trained.overfit import OverfitsABatch
from netlang.backends.torch.doctor.trained.rates import Rates
from netlang.targets.doctor import CheckReport
from tests.train.doctor.planted import PLAIN, SLOW, by_class
from tests.train.doctor.support import CONV, digits, examined, mistakes, recipe_text, write

DEEP = """\
    input image: [1, 8, 8]
    flatten
    repeat 12 { linear(32) -> sigmoid }
    linear(10)
"""


def report_on(
    folder: Path, check: type[Check], body: str = PLAIN, keys: dict[str, str] | None = None
) -> CheckReport:
    """What one check reports of a recipe for digits, unless the folder has other data."""
    if not (folder / "train.npz").exists():
        write(folder, digits())
    return examined(folder, recipe_text(body, keys), (check,))[-1]


def found(report: CheckReport) -> list[tuple[str, bool]]:
    return [(each.mistake, each.wrong) for each in report.symptoms]


def test_vanishing_gradients(tmp_path: Path) -> None:
    report = report_on(tmp_path, Layers, DEEP)
    assert ("vanishing gradients", True) in found(report)
    assert report.symptoms[-1].label == "1"
    assert report.symptoms[-1].span is not None


def test_exploding_activations_and_a_loss_far_off(tmp_path: Path) -> None:
    keys = {"init": "normal(1.0)"}
    body = DEEP.replace("sigmoid", "relu")
    assert ("exploding activations", True) in found(report_on(tmp_path, Layers, body, keys))
    assert found(report_on(tmp_path, InitialLoss, body, keys)) == [("initial loss", True)]


def test_saturated_tanh(tmp_path: Path) -> None:
    body = PLAIN.replace("act: relu", "act: tanh")
    report = report_on(tmp_path, Layers, body, {"init": "normal(3.0)"})
    assert ("saturated tanh", True) in found(report)


@pytest.mark.parametrize("rate", [30.0, 10.0, 1.0, 0.1])
def test_a_rate_is_judged_where_the_range_test_suggests_none(rate: float, tmp_path: Path) -> None:
    """Plain SGD needs more steps than the test has to leave the plateau where this net starts."""
    report = report_on(tmp_path, Rates, SLOW, {"optimizer": f"sgd(lr={rate})"})
    assert report.measured.startswith("the loss falls at no rate")
    assert found(report) == [("learning rate too high", True)] * (rate > 1)
    for symptom in report.symptoms:  # a tenth of 10 learns, nothing that is tried for 30 does
        assert ("falls by" in symptom.what) == (rate == 10)
        assert ("lr=1" in symptom.advice) == (rate == 10)


def test_the_table_of_layers(tmp_path: Path) -> None:
    head, *rows = report_on(tmp_path, Layers).rows
    assert head == ("layer", "operator", "mean", "deviation", "gradient", "dead", "saturated")
    assert [row[:2] for row in rows] == [("one", "linear"), ("act", "relu"), ("two", "linear")]


def test_doubtful_labels_are_named(tmp_path: Path) -> None:
    parts = digits()
    label = parts["train"]["label"]
    wrong = np.arange(0, len(label), 50)
    label[wrong] = (label[wrong] + 5) % 10
    write(tmp_path, parts)
    (suspects,) = report_on(tmp_path, LabelsAndInputs, CONV).symptoms
    assert (suspects.mistake, suspects.wrong) == ("doubtful labels", False)
    named = [int(part.split()[0]) for part in suspects.what.split("number ")[1:]]
    assert len(set(named) & set(wrong.tolist())) >= 0.7 * len(named) > 0


def test_classes_of_very_unequal_size(tmp_path: Path) -> None:
    parts = digits()
    label = parts["train"]["label"]
    kept = (label != 3) | (np.cumsum(label == 3) <= 5)
    parts["train"] = {name: value[kept] for name, value in parts["train"].items()}
    write(tmp_path, parts)
    report = report_on(tmp_path, ClassCounts)
    assert found(report) == [("unequal classes", False)]
    assert report.rows[4] == ("3", "5", "52")


def test_an_order_by_class_is_no_mistake_if_it_is_shuffled(tmp_path: Path) -> None:
    write(tmp_path, by_class())
    assert found(report_on(tmp_path, ClassCounts)) == []
    write(tmp_path, digits())
    assert found(report_on(tmp_path, ClassCounts, keys={"shuffle": "false"})) == []


def test_equal_examples_are_natural_where_there_are_few(tmp_path: Path) -> None:
    """Of a truth table, training and test are the same by nature; contradictions are not."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32).repeat(10, 0)
    label = np.array([0, 1, 1, 0]).repeat(10)
    write(tmp_path, {name: {"x": x, "label": label} for name in ("train", "test")})
    body = "    input x: [2]\n    linear(4) -> relu -> linear(2)\n"
    keys = {"data": 'arrays("set", sizes=[2])', "batch": "4"}
    assert [wrong for _, wrong in found(report_on(tmp_path, Duplicates, body, keys))] == [False]
    label[0] = 1
    write(tmp_path, {name: {"x": x, "label": label} for name in ("train", "test")})
    assert ("contradicting labels", True) in found(report_on(tmp_path, Duplicates, body, keys))


def test_columns_of_unlike_sizes_want_a_normalisation(tmp_path: Path) -> None:
    draws = np.random.default_rng(0)
    x = (draws.normal(size=(200, 3)) * [0.01, 1, 5]).astype(np.float32)
    y = draws.normal(200, 5, (200, 1)).astype(np.float32)
    write(tmp_path, {"train": {"x": x, "y": y}})
    body = "    input x: [3]\n    linear(8) -> relu -> linear(1)\n"
    keys = {"data": 'arrays("set", sizes=[3], targets=["y"], test=none)', "loss": "mse"}
    report = report_on(tmp_path, ValueRanges, body, keys)
    assert found(report) == [("missing normalisation", True), ("large targets", False)]
    normed = body.replace("linear(8)", "bn -> linear(8)")
    assert found(report_on(tmp_path, ValueRanges, normed, keys)) == [("large targets", False)]


def test_parts_that_were_made_differently(tmp_path: Path) -> None:
    parts = digits()
    parts["test"]["x"] = parts["test"]["x"] * 2 - 1
    write(tmp_path, parts)
    assert found(report_on(tmp_path, ChannelStatistics)) == [("parts unlike each other", True)]


def test_a_few_examples_for_a_batch_norm(tmp_path: Path) -> None:
    report = report_on(tmp_path, BatchOfOne, CONV, {"accumulate": "16"})
    assert found(report) == [("small batch with batch norm", False)]


def test_a_net_that_can_not_learn_one_batch(tmp_path: Path) -> None:
    body = "    input image: [1, 8, 8]\n    gap -> flatten -> linear(10)\n"
    assert found(report_on(tmp_path, OverfitsABatch, body)) == [
        ("one batch can't be learned", True)
    ]


def test_penalties_do_not_keep_a_batch_from_being_learned(tmp_path: Path) -> None:
    keys = {"loss": "cross_entropy + 3 * l2_penalty"}
    assert found(report_on(tmp_path, OverfitsABatch, PLAIN, keys)) == []


def test_a_batch_that_has_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = "netlang.backends.torch.doctor.net.memory_and_time"
    monkeypatch.setattr(f"{module}._available", lambda device: 1000)
    assert found(report_on(tmp_path, MemoryAndTime)) == [("too little memory", True)]


def test_a_wrong_backward_pass_of_a_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gradient of a linear map that is a hundredth too large."""
    state = Patient.state

    def broken(self: Patient) -> object:
        made = state(self)
        weight = dict(made.model.named_parameters())["one.weight"]
        weight.register_hook(lambda gradient: 1.01 * gradient)
        return made

    monkeypatch.setattr(Patient, "state", broken)
    report = report_on(tmp_path, Gradients)
    assert found(report) == [("wrong gradient", True)]
    assert report.symptoms[0].label == "one"


def test_images_in_files(tmp_path: Path) -> None:
    """Files are read as they are trained on; the same file in two parts is found."""
    draws = np.random.default_rng(0)
    for part, count in {"train": 20, "test": 8}.items():
        for name, level in {"cat": 60, "dog": 180}.items():
            folder = tmp_path / part / name
            folder.mkdir(parents=True)
            for number in range(count):
                pixels = draws.integers(0, 60, (20, 20, 3)) + level
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
    copied = (tmp_path / "train" / "cat" / "3.png").read_bytes()
    (tmp_path / "test" / "cat" / "copy.png").write_bytes(copied)
    text = recipe_text(
        "    input image: [3, 16, 16]\n    conv(4, 3x3) -> relu -> gap -> flatten -> linear(2)\n",
        {"data": 'image_folder("set")', "augment": "random_resized_crop(16)", "batch": "8"},
    )
    reports = examined(tmp_path, text, (Duplicates, ValueRanges, ChannelStatistics, Layers))
    assert mistakes(reports) == ["test examples among the training examples"]


@pytest.mark.parametrize("mirrored", [True, False])
def test_mirror_images_among_the_files_of_the_test(tmp_path: Path, mirrored: bool) -> None:
    """Compressed anew, a copy has other bytes and almost the same pixels."""
    draws = np.random.default_rng(0)
    for part, count in {"train": 12, "test": 8}.items():
        for name in ("cat", "dog"):
            folder = tmp_path / part / name
            folder.mkdir(parents=True)
            for number in range(count):
                coarse = draws.integers(0, 256, (5, 5, 3)).astype(np.uint8)
                image = Image.fromarray(coarse).resize((60, 48), Image.Resampling.BICUBIC)
                image.save(folder / f"{number}.jpg", quality=90)
                if mirrored and part == "test":
                    flipped = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
                    flipped.save(folder / f"{number}_copy.jpg", quality=60)
    text = recipe_text(
        "    input image: [3, 16, 16]\n    conv(4, 3x3) -> relu -> gap -> flatten -> linear(2)\n",
        {"data": 'image_folder("set")', "augment": "random_resized_crop(16)", "batch": "8"},
    )
    (report,) = examined(tmp_path, text, (Duplicates,))[1:]
    wanted = ["augmentation on the test set"] if mirrored else []
    assert mistakes([report]) == wanted
    if mirrored:
        assert "32 of 32 test images are there mirrored as well" in report.symptoms[0].what


def test_what_is_found_depends_on_the_seed_alone(tmp_path: Path) -> None:
    checks = (InitialLoss, Gradients, OverfitsABatch)
    write(tmp_path, digits())
    one, two = (examined(tmp_path, recipe_text(PLAIN), checks) for _ in range(2))
    assert [each.measured for each in one] == [each.measured for each in two]
