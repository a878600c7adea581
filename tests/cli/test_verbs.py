"""What each verb prints and writes when all is well."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from importlib import import_module
from io import StringIO
from pathlib import Path

import pytest

import netlang
from netlang.cli.verbs import VERBS
from tests.cli.support import Runner


def test_check_prints_a_line_for_each_net(run: Runner) -> None:
    result = run("check", "two.net", "resnet18")
    assert result.status == 0
    assert [line.partition(":")[0] for line in result.out.splitlines()] == [
        "tiny",
        "other",
        "resnet18",
    ]
    assert "11,689,512 params" in result.out
    assert result.err == ""


def test_check_reports_sizes(run: Runner) -> None:
    assert "H and W must be multiples of 16" in run("check", "unet").out


def test_check_of_blocks_alone(run: Runner) -> None:
    (run.folder / "blocks.net").write_text("block b {\n    relu\n}\n")
    assert run("check", "blocks.net").out == "blocks.net: right, but has no net to build\n"


def test_check_goes_on_after_a_file_in_error(run: Runner) -> None:
    result = run("check", "wrong.net", "good.net", "absent.net")
    assert result.status == 1
    assert result.out.startswith("tiny: ")
    assert "wrong.net:3:5" in result.err
    assert "E0001" in result.err


def test_summary_as_json(run: Runner) -> None:
    found = json.loads(run("summary", "good.net", "--format", "json").out)
    assert found["net"] == "tiny"
    assert found["size"] == {"H": 28, "W": 28}
    assert found["params"] == 4 * 9 + 4 + 4 * 10 + 10
    assert found["flops"] == 2 * found["macs"]
    assert [layer["path"] for layer in found["layers"]][-1] == "fc"


def test_summary_at_other_sizes(run: Runner) -> None:
    given = ("summary", "good.net", "--format", "json", "--size", "H=30, W=8", "--batch", "2")
    found = json.loads(run(*given).out)
    assert found["macs"] == 2 * (28 * 6 * 9 * 4 + 40)


@pytest.mark.parametrize(
    ("given", "sizes"), [("32", [32, 32]), ("30x34", [30, 34]), ("30 x 34", [30, 34])]
)
def test_summary_at_sizes_without_names(run: Runner, given: str, sizes: list[int]) -> None:
    found = json.loads(run("summary", "good.net", "--format", "json", "--size", given).out)
    assert list(found["size"].values()) == sizes


TWO_INPUTS = """\
net a {
    input image: [3, S=8, S]
    input row: [2, L=4, 5]
    image -> relu -> x: tanh
    row -> y: relu
    (x, y)
}
"""


@pytest.mark.parametrize(
    ("given", "sizes"), [("16x16", {"S": 16, "L": 4}), ("16", {"S": 16, "L": 16})]
)
def test_sizes_by_axis_of_one_name(run: Runner, given: str, sizes: dict[str, int]) -> None:
    (run.folder / "s.net").write_text(TWO_INPUTS)
    found = json.loads(run("summary", "s.net", "--format", "json", "--size", given).out)
    assert found["size"] == sizes


def test_summary_as_csv(run: Runner) -> None:
    rows = list(csv.DictReader(StringIO(run("summary", "good.net", "--format", "csv").out)))
    assert rows[0]["op"] == "conv"
    assert rows[-1]["path"] == "fc"


def test_summary_depth(run: Runner) -> None:
    deep, flat = run("summary", "resnet18").out, run("summary", "resnet18", "--depth", "1").out
    assert "layer1.0.conv1" in deep
    assert "layer1.0" not in flat
    assert "11,689,512" in flat


@pytest.mark.parametrize("spec", ["good.net", "good.net:tiny", "good.net:tiny(classes=3)"])
def test_forms_of_a_spec(run: Runner, spec: str) -> None:
    assert run("summary", spec).status == 0


def test_compile_writes_every_kind(run: Runner) -> None:
    names = [f"tiny.{kind}" for kind in ("py", "onnx", "svg", "dot")]
    result = run("compile", "good.net", *(word for name in names for word in ("-o", name)))
    assert result.status == 0, result.err
    assert [line.split()[1] for line in result.out.splitlines()] == names
    assert all((run.folder / name).stat().st_size for name in names)


def test_draw_writes_every_file(run: Runner) -> None:
    result = run("draw", "good.net", "-o", "a.dot", "-o", "b.svg", "--size", "64")
    assert [line.split()[1] for line in result.out.splitlines()] == ["a.dot", "b.svg"]
    assert "64" in (run.folder / "b.svg").read_text()
    assert "E0019" in run.refused("draw", "good.net", "-o", "a.dot", "-o", "a.dot")


def test_draw_names_its_file(run: Runner) -> None:
    assert run("draw", "good.net").out.startswith("wrote tiny.svg")
    assert "<svg" in (run.folder / "tiny.svg").read_text()


def test_a_block_by_itself(run: Runner) -> None:
    """What it is given is said as for `compile`, and as an error of each verb advises."""
    block, given = "resnet:bottleneck(64)", ("--input", "[256, H=56, W=56]")
    net = netlang.load_block("resnet:bottleneck", given[1], width=64)
    shown = json.loads(run("summary", block, *given, "--format", "json").out)
    assert shown["params"] == net.params
    assert run("draw", block, *given).status == 0
    assert (run.folder / "bottleneck.svg").read_text().startswith("<")
    for verb in ("summary", "draw"):
        assert "--input '[64, H=56, W=56]'" in run(verb, "resnet:bottleneck").err
        assert run(verb, "resnet18", *given).status == 2


def test_version(run: Runner) -> None:
    assert run("--version").out == f"netlang {netlang.__version__}\n"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(run: Runner, verb: str) -> None:
    result = run(verb, "--help")
    assert result.status == 0
    assert f"Usage: netlang {verb}" in result.out
    assert verb in run().err + run("--help").out


def test_a_verb_does_not_import_the_others() -> None:
    code = (
        "import sys; from netlang.cli import main\n"
        "try: main(['check', 'resnet18'])\n"
        "except SystemExit: print([m for m in sys.modules if m.startswith('netlang.cli.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].strip("[]").replace("'", "").split(", "))
    used = "arguments arguments.folders failures interrupts program terminal verbs verbs.check"
    assert loaded == {f"netlang.cli.{m}" for m in used.split()}


def test_two_onnxruntimes_are_noticed(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("netlang.backends.onnx.runtime")
    monkeypatch.setattr(module, "_installed", lambda distribution: True)
    result = run("compile", "good.net", "-o", "tiny.onnx")
    assert result.status == 0
    assert "warning[E0013]" in result.err


def test_partial_weights_are_reported(run: Runner) -> None:
    from safetensors.torch import save_file

    save_file(netlang.load("good.net", classes=3).torch().state_dict(), "w.safetensors")
    given = ("compile", "good.net", "-o", "tiny.onnx", "--weights", "w.safetensors")
    assert "fc.weight" in run.refused(*given)
    result = run(*given, "--partial")
    assert result.status == 0
    assert "fc.weight" in result.err


def test_source_is_written_only_for_weights_that_fit(run: Runner) -> None:
    """As for an ONNX file, though the weights stay outside."""
    from safetensors.torch import save_file

    save_file(netlang.load("good.net", classes=3).torch().state_dict(), "w.safetensors")
    source = ("compile", "good.net", "-o", "tiny.py", "--weights")
    model = ("compile", "good.net", "-o", "tiny.onnx", "--weights")
    for name in ("w.safetensors", "no.safetensors", "good.net"):
        assert run.refused(*source, name) == run.refused(*model, name)
        assert not Path("tiny.py").exists()
    result = run(*source, "w.safetensors", "--partial")
    assert result.status == 0
    assert "tiny.py is source alone" in result.err
    assert "fc.weight" in result.err


def test_a_picture_takes_no_weights_and_says_so(run: Runner) -> None:
    result = run("compile", "good.net", "-o", "tiny.dot", "--weights", "w.pth")
    assert result.status == 0
    assert "w.pth was not read" in result.err


def test_resuming_what_never_began_is_told(run: Runner) -> None:
    changes = ("train", "mnist1d", "steps=2", "arch=logistic", "--device", "cpu", "--resume")
    assert "nothing to resume in other: a new run begins" in run(*changes, "--out", "other").err
    assert "nothing to resume" not in run(*changes, "--out", "other").err


def test_train_and_eval(run: Runner) -> None:
    recipe = ("mnist1d", "arch=logistic", "validation=0.2")
    trained = run("train", *recipe, "steps=2", "--out", "run", "--device", "cpu")
    assert trained.status == 0, trained.err
    assert trained.out.startswith("best weights (step 2, epoch 1): validation accuracy 0.")
    for split in ("train", "validation", "test"):
        scored = run("eval", *recipe, "--weights", "run/best.safetensors", "--split", split)
        assert scored.out.startswith("accuracy: 0.")
    unheld = run.refused("eval", *recipe[:2], "--weights", "run/last.safetensors",
                         "--split", "validation")  # fmt: skip
    assert "E0739" in unheld
    assert "`validation=0.2`, or score another part: `--split test` or `--split train`" in unheld
    weights = ("--weights", "run/last.safetensors")
    assert run("compile", "mnist1d:logistic", "-o", "net.onnx", *weights).status == 0
    assert "E0733" in run.refused("train", "mnist1d", "steps=2", "--out", "run")


def test_compile_with_a_guard(run: Runner) -> None:
    assert run("compile", "unet", "-o", "unet.py", "--guard").status == 0
    text = (run.folder / "unet.py").read_text(encoding="utf-8")
    assert 'raise ValueError(f"{H=}, {W=}: H and W must be multiples of 16")' in text
    for arguments in (["unet", "-o", "unet.onnx"], ["mnist1d", "-o", "train.py"]):
        refused = run("compile", *arguments, "--guard")
        assert refused.status == 2
        assert "--guard is for the .py file of a net" in refused.err


def test_compile_where_a_net_and_a_recipe_share_a_name(run: Runner) -> None:
    """The name is the net's, which is said; `--script` chooses the recipe."""
    net = run("compile", "mnist1d_residual", "-o", "net.py")
    assert "`mnist1d_residual` is a net and a recipe: the .py file is the net; --script" in net.err
    assert "optim" not in (run.folder / "net.py").read_text(encoding="utf-8")
    assert not run("compile", "mnist1d_residual", "-o", "net.onnx").err.count("--script")
    chosen = run("compile", "mnist1d_residual", "seed=3", "-o", "train.py", "--script")
    assert chosen.status == 0
    assert "--script" not in chosen.err
    assert "optim." in (run.folder / "train.py").read_text(encoding="utf-8")
    changed = run("compile", "mnist1d_residual", "seed=3", "-o", "train.py")
    assert changed.status == 2
    assert "--script takes the recipe of that name" in " ".join(changed.err.split())
    assert "E0015" in run.refused("compile", "unet", "-o", "train.py", "--script")
    other = run("compile", "mnist1d_residual", "-o", "net.onnx", "--script")
    assert "--script is for the .py file of a recipe" in other.err


RECIPE = """
from mnist1d import cnn

train mine {
    model:     cnn()
    data:      mnist1d
    loss:      cross_entropy
    optimizer: sgd(lr=0.1)
    batch:     100
    steps:     10
}
"""


def test_a_recipe_stands_for_its_net(run: Runner) -> None:
    """A file of recipes alone, or a recipe by its name; a net that isn't there is still told."""
    (run.folder / "mine.net").write_text(RECIPE)
    net = run("summary", "mnist1d:cnn").out
    for name in ("mine.net", "mine.net:mine"):
        assert run("summary", name).out == net
    assert run("explain", "mine.net").out == run("explain", "mnist1d:cnn").out
    assert run("expand", "mine.net").out == run("expand", "mnist1d:cnn").out
    assert run("draw", "mine.net", "-o", "mine.dot").status == 0
    assert run("draw", "mnist1d:cnn", "-o", "cnn.dot").status == 0
    assert (run.folder / "mine.dot").read_text() == (run.folder / "cnn.dot").read_text()
    assert "E0007" in run("summary", "mine.net:other").err


@pytest.mark.parametrize(
    "option", ["--opset=18", "--no-fold", "--fp16", "--preprocess=imagenet", "--seed=3"]
)
def test_options_of_a_kind_of_file_that_is_not_written(run: Runner, option: str) -> None:
    refused = run("compile", "good.net", "-o", "good.py", "-o", "good.svg", option)
    flag = option.partition("=")[0]
    assert refused.status == 2
    assert f"{flag} is for .onnx files, and -o names none" in refused.err
    assert not Path("good.py").exists()


def test_weights_of_a_file_are_said_or_refused(run: Runner) -> None:
    """A script takes none by this option; an ONNX file without any is told to be random."""
    refused = run("compile", "mnist1d", "-o", "train.py", "--weights", "w.safetensors")
    assert refused.status == 2
    assert "--weights is for the files of a net" in refused.err
    assert not (run.folder / "train.py").exists()
    written = run("compile", "good.net", "-o", "good.onnx", "--seed", "3")
    assert written.status == 0
    assert "its weights are random, from seed 3" in written.err
