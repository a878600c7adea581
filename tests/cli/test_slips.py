"""Slips on the command line, and files that hold something else than was asked for."""

from __future__ import annotations

import pytest

from netlang.cli.failures import USAGE
from tests.cli.support import Runner

ONE_OPEN = """\
net part(width) {
    input x: [4]
    linear(width)
}

net whole {
    input x: [4]
    part(3)
}
"""
RECIPES = """\
from nets import whole

train first {
    model:     whole()
    data:      digits
    augment:   hflip
    optimizer: sgd(lr=0.1)
    batch:     32
    epochs:    2
    loss:      cross_entropy
}
"""
NET = "net whole {\n    input x: [1, 8, 8]\n    flatten -> linear(10)\n}\n"


@pytest.fixture
def files(run: Runner) -> Runner:
    for name, text in {"one_open": ONE_OPEN, "recipes": RECIPES, "nets": NET}.items():
        (run.folder / f"{name}.net").write_text(text)
    return run


def test_training_without_a_recipe(files: Runner) -> None:
    said = files.refused("train", "nets.net")
    assert said.startswith("error[E0015]: `nets.net` has no recipe")
    assert "train recipe { model: whole() ... }" in said


def test_several_recipes(files: Runner) -> None:
    text = RECIPES + RECIPES.partition("\n\n")[2].replace("first", "second")
    (files.folder / "both.net").write_text(text)
    said = files.refused("train", "both.net")
    assert said.startswith("error[E0008]: `both.net` has several recipes: `first`, `second`")
    assert "both.net:second" in said


@pytest.mark.parametrize("verb", ["check", "summary", "train"])
def test_a_file_with_another_suffix(files: Runner, verb: str) -> None:
    (files.folder / "nets.txt").write_text(NET)
    said = files.refused(verb, "nets.txt")
    assert said.startswith("error[E0005]: `nets.txt` is not a `.net` file")
    assert "rename it to `nets.net`" in said


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("net.pt2", "`netlang import net.pt2 -o net.net`"),
        ("net.keras", "`netlang import net.keras -o net.net`"),
        ("net.pth", "`--weights net.pth`"),
        ("net.safetensors", "`--weights net.safetensors`"),
        ("nets.py", "`netlang import nets:MODEL -o nets.net`"),
    ],
)
def test_a_file_that_another_verb_reads(files: Runner, name: str, advice: str) -> None:
    (files.folder / name).touch()
    for verb in ("check", "draw"):
        said = files.refused(verb, name)
        assert said.startswith(f"error[E0005]: `{name}` is not a `.net` file")
        assert advice in said


def test_the_only_net_that_is_complete_is_meant(files: Runner) -> None:
    assert files("summary", "one_open.net").out.startswith("whole at batch")
    assert files.refused("summary", "two.net").startswith("error[E0008]")
    assert files.refused("summary", "one_open.net(width=3)").startswith("error[E0008]")


def test_a_file_of_recipes_is_said_to_be_right(files: Runner) -> None:
    assert files("check", "recipes.net").out == "recipes.net: the recipe is right: first\n"


def test_an_override_has_its_caret_under_itself(files: Runner) -> None:
    said = files.refused("train", "recipes.net", "augment=none", "data=digits(size=32)")
    assert "1 | data=digits(size=32)\n" in said
    assert "augment=none" not in said


@pytest.mark.parametrize(
    ("spec", "meant"),
    [("resnet5O", "resnet50"), ("resnetl8", "resnet18"), ("vggl6", "vgg16")],
)
def test_letters_that_look_like_digits(run: Runner, spec: str, meant: str) -> None:
    assert f"did you mean `{meant}`?" in run.refused("summary", spec)


def test_a_step_without_a_label_is_found_by_its_operator(run: Runner) -> None:
    said = run.refused("explain", "good.net", "conv1")
    assert said.startswith("error[E0218]: `tiny` has no step or scope `conv1`")
    assert "did you mean `0`, the only `conv`?" in said


def test_a_file_without_its_suffix_is_found(run: Runner) -> None:
    assert "did you mean `good.net`?" in run.refused("check", "good")


def test_every_verb_tells_all_that_is_wrong(run: Runner) -> None:
    text = "net a {\n    input x: [4]\n    linear(3 4)\n    linaer(2)\n}\n"
    (run.folder / "both.net").write_text(text)
    for verb in ("check", "summary", "explain"):
        said = run.refused(verb, "both.net")
        assert said.index("error[E0115]") < said.index("error[E0201]")


@pytest.mark.parametrize("words", [["--epochs", "3"], ["--epochs=3"]])
def test_a_setting_with_dashes(files: Runner, words: list[str]) -> None:
    result = files("train", "recipes.net", *words)
    assert result.status == USAGE
    assert "no option `--epochs`" in result.err
    assert "`epochs=3`" in result.err


@pytest.mark.parametrize(
    ("verb", "word", "advice"),
    [("search", "trials=5", "`--trials 5`"), ("train", "resume=true", "`--resume`"),
     ("train", "spec=5", "its parameters and keys are")],
)  # fmt: skip
def test_an_option_without_dashes(files: Runner, verb: str, word: str, advice: str) -> None:
    said = files.refused(verb, "recipes.net", word)
    assert said.startswith("error[E0720]")
    assert advice in said.partition("help: ")[2]


def test_an_option_that_is_nearly_right(files: Runner) -> None:
    assert "Did you mean" in files("train", "recipes.net", "--resum").err
