"""Warnings on the command line and in Python: shown, exit status 0; errors with `--strict`."""

from __future__ import annotations

import json
import warnings

import pytest

import netlang
from tests.cli.support import Runner

IMAGE = """\
net a {
    input image: [1, 28, 28]
    conv(6, 5x5, pad=2) -> maxpool(2x2)
    linear(10)
}
"""
TRAINED = (
    IMAGE.replace("linear(10)", "flatten -> linear(10) -> softmax").replace("28, 28", "8, 8")
    + "\ntrain t { model: a; data: digits; loss: cross_entropy; optimizer: adam(lr=0.1)"
    + "; batch: 8; epochs: 1 }\n"
)


@pytest.fixture
def warned(run: Runner) -> Runner:
    """A folder with a net and a recipe that are probably not meant."""
    (run.folder / "w.net").write_text(IMAGE)
    (run.folder / "t.net").write_text(TRAINED)
    return run


def test_check(warned: Runner) -> None:
    result = warned("check", "w.net")
    assert result.status == 0
    assert result.out.startswith("a: ")
    assert result.err.startswith("warning[W0201]: `linear` maps only the last axis of this image")
    assert warned("check", "good.net").err == ""


def test_strict(warned: Runner) -> None:
    result = warned("check", "--strict", "w.net")
    assert result.status == 1
    assert result.out == ""
    assert result.err.startswith("error[W0201]: `linear` maps only the last axis of this image")
    assert warned("check", "--strict", "good.net", "two.net").status == 0


@pytest.mark.parametrize(("options", "level"), [((), "warning"), (("--strict",), "error")])
def test_documents(warned: Runner, options: tuple[str, ...], level: str) -> None:
    result = warned("check", "w.net", "--format", "json", *options)
    assert result.status == len(options)
    assert result.err == ""
    (found,) = json.loads(result.out)["diagnostics"]
    assert (found["code"], found["severity"]) == ("W0201", level)
    (log,) = json.loads(warned("check", "w.net", "--format", "sarif", *options).out)["runs"]
    (rule,) = log["tool"]["driver"]["rules"]
    assert (rule["id"], rule["defaultConfiguration"]) == ("W0201", {"level": "warning"})
    assert rule["shortDescription"]["text"] == "a linear map of an image"
    assert [each["level"] for each in log["results"]] == [level]


def test_errors_come_first(warned: Runner) -> None:
    (warned.folder / "w.net").write_text(IMAGE.replace("maxpool", "maxpol"))
    result = warned("check", "w.net")
    assert result.status == 1
    assert "warning" not in result.err


def test_compile(warned: Runner) -> None:
    result = warned("compile", "w.net", "-o", "a.dot")
    assert result.status == 0
    assert result.err.startswith("warning[W0201]")
    assert (warned.folder / "a.dot").is_file()
    result = warned("compile", "t.net:t", "-o", "a.dot")
    assert result.status == 0
    assert result.err.startswith("warning[W0301]")


def test_compile_refuses_unknown_codes(warned: Runner) -> None:
    (warned.folder / "w.net").write_text(IMAGE.replace("linear(10)", "linear(10)  # allow W0999"))
    result = warned("compile", "w.net", "-o", "a.dot")
    assert result.status == 1
    assert "error[E0223]" in result.err
    assert not (warned.folder / "a.dot").exists()


def test_load(warned: Runner) -> None:
    with pytest.warns(netlang.NetlangWarning) as told:
        net = netlang.load(warned.folder / "w.net")
    assert net.name == "a"
    (warning,) = told
    assert warning.filename == __file__
    assert str(warning.message).startswith("warning[W0201]")
    assert isinstance(warning.message, netlang.NetlangWarning)
    assert warning.message.diagnostic is not None
    assert warning.message.diagnostic.code == "W0201"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        netlang.load("resnet18")


def test_rule(run: Runner) -> None:
    result = run("rule", "w0201")
    assert result.status == 0
    assert result.out.startswith("W0201: a linear map of an image\n")
    assert "W0201" in run("rule").out


def test_after_a_hundred_warnings_the_rest_is_counted(run: Runner) -> None:
    names = "".join(f"unused{number} = 1\n" for number in range(130))
    (run.folder / "many.net").write_text(f"{names}net a {{ input x: [3]; relu }}\n")
    result = run("check", "many.net")
    assert result.status == 0
    assert "warning[E0127]: and 30 more warnings not shown" in result.err
    errors = "".join(f"net b{number} {{ input x: [3]; rleu }}\n" for number in range(3))
    (run.folder / "more.net").write_text(errors)
    result = run("check", "many.net", "more.net")
    assert result.status == 1
    assert result.err.count("error[E0201]") == 3
    assert "warning[E0127]: and 33 more warnings not shown" in result.err


def test_train_shows_what_may_be_the_cause(warned: Runner) -> None:
    """Beside the error stand the warnings of axes, as `check` shows them, and no others."""
    text = TRAINED.replace("[1, 8, 8]", "[16, 16, 3]").replace("5x5, pad=2", "1x1")
    text = text.replace("maxpool(2x2)", "relu")
    (warned.folder / "last.net").write_text(text)
    said = warned.refused("train", "last.net")
    assert said.startswith("error[E0717]")
    assert said.count("warning[W0204]") == 1
    assert "W0301" not in said
    assert warned.refused("train", "nowhere.net").count("error[") == 1


def test_a_net_and_its_recipe_are_both_said_to_be_right(warned: Runner) -> None:
    (warned.folder / "both.net").write_text(TRAINED.replace(" -> softmax", ""))
    lines = warned("check", "both.net").out.splitlines()
    assert lines[0].startswith("a: ")
    assert lines[1:] == ["both.net: the recipe is right: t"]
