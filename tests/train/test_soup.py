"""`netlang soup`: averages of weights, beside the same by hand."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, update_bn

from netlang.backends.torch import build
from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.train import evaluate, train
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.recipes import Recipe
from netlang.targets.averaging import SoupOptions, averaging_backend
from netlang.targets.options import RunOptions, ScoreOptions
from tests.cli.support import Runner
from tests.train.support import parts_of, sketch

BODY = "    input image: [1, 8, 8]\n    flatten -> fc: linear(10) -> norm: bn"
# All 1,438 examples of the training part are one batch: `update_bn` weighs batches equally.
KEYS = ("data: digits", "batch: 1438")


def nets_of(program: Program, folder: Path, count: int) -> tuple[list[nn.Module], list[Path]]:
    """Nets with weights drawn by chance, and their files."""
    torch.manual_seed(5)
    nets = [build(program) for _ in range(count)]
    files = [folder / f"{number}.pth" for number in range(count)]
    for net, file in zip(nets, files, strict=True):
        torch.save(net.state_dict(), file)
    return nets, files


def stirred(recipe: Recipe, program: Program, options: SoupOptions) -> list[tuple[str, bool]]:
    found = averaging_backend().average_weights(recipe, program, options)
    return [(each.path.stem, each.kept) for each in found]


def by_hand(recipe: Recipe, nets: list[nn.Module]) -> nn.Module:
    part = parts_of(recipe).train
    assert isinstance(part, Tensors)
    averaged = AveragedModel(nets[0])
    for net in nets:
        averaged.update_parameters(net)
    update_bn([part.inputs[0]], averaged)
    found = averaged.module
    assert isinstance(found, nn.Module)
    return found.eval()


def test_all_of_them(tmp_path: Path) -> None:
    recipe, program = sketch(BODY, *KEYS)
    nets, files = nets_of(program, tmp_path, 3)
    out = tmp_path / "soup.safetensors"
    options = SoupOptions(tuple(files), out, device="cpu", quiet=True)
    assert stirred(recipe, program, options) == [("0", True), ("1", True), ("2", True)]
    expected = by_hand(recipe, nets).state_dict()
    found = load_file(out)
    for key in expected.keys() - {"2.num_batches_tracked"}:
        torch.testing.assert_close(found[key], expected[key], rtol=0, atol=1e-6)
    # The file is one that `eval` takes.
    evaluate(recipe, program, out, ScoreOptions(device="cpu", quiet=True))


def test_the_greedy_one_is_that_of_the_paper(tmp_path: Path) -> None:
    recipe, program = sketch(BODY, *KEYS, "validation: 0.2", "batch: 1150", "steps: 12")
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu", quiet=True))
    trained = load_file(tmp_path / "run" / "last.safetensors")
    nets, files = nets_of(program, tmp_path, 4)
    torch.manual_seed(6)
    for net, file, far in zip(nets, files, (0.02, 3.0, 0.01, 0.05), strict=True):
        net.load_state_dict(trained)
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.add_(torch.randn_like(parameter), alpha=far)
        torch.save(net.state_dict(), file)
    part = parts_of(recipe).validation
    assert isinstance(part, Tensors)

    @torch.no_grad()
    def error(members: list[nn.Module]) -> tuple[float, float]:
        copies = [deepcopy(each) for each in members]
        net = by_hand(recipe, copies) if len(copies) > 1 else copies[0].eval()
        logits, label = net(part.inputs[0]), part.targets["label"]
        wrong = (logits.argmax(1) != label).double().mean()
        return round(float(wrong), 9), float(F.cross_entropy(logits, label))

    alone = [error([net]) for net in nets]
    first, *rest = sorted(range(4), key=lambda number: alone[number])
    kept, best, expected = [nets[first]], alone[first], [(str(first), True)]
    for number in rest:
        found = error([*kept, nets[number]])
        expected.append((str(number), found <= best))
        if found <= best:
            kept, best = [*kept, nets[number]], found
    out = tmp_path / "soup.safetensors"
    options = SoupOptions(tuple(files), out, greedy=True, device="cpu", quiet=True)
    assert stirred(recipe, program, options) == expected
    assert {kept for _, kept in expected} == {True, False}


def test_of_several_normalizations(tmp_path: Path) -> None:
    files = []
    for name, key in (("with", "normalize: standardize"), ("without", "normalize: none")):
        recipe, program = sketch(BODY, *KEYS, key, "steps: 1")
        train(recipe, program, RunOptions(tmp_path / name, device="cpu", quiet=True))
        files.append(tmp_path / name / "last.safetensors")
    with pytest.raises(NetlangError) as caught:
        stirred(recipe, program, SoupOptions(tuple(files), tmp_path / "a.safetensors"))
    assert [each.code for each in caught.value.diagnostics] == ["E0804"]


def test_of_another_net(tmp_path: Path) -> None:
    recipe, program = sketch(BODY, *KEYS)
    _, (file,) = nets_of(program, tmp_path, 1)
    other = tmp_path / "other.pth"
    torch.save(build(sketch(BODY.replace("10", "9"), *KEYS)[1]).state_dict(), other)
    with pytest.raises(NetlangError) as caught:
        stirred(recipe, program, SoupOptions((file, other), tmp_path / "a.safetensors"))
    (problem,) = caught.value.diagnostics
    assert problem.code == "E0921"
    assert "fc.weight" in str(problem)
    assert not (tmp_path / "a.safetensors").exists()


@pytest.mark.parametrize("greedy", [True, False])
def test_of_weights_that_are_not_numbers(tmp_path: Path, greedy: bool) -> None:
    recipe, program = sketch(BODY, *KEYS)
    nets, files = nets_of(program, tmp_path, 2)
    nn.init.constant_(nets[0].get_parameter("fc.bias"), float("nan"))
    torch.save(nets[0].state_dict(), files[0])
    out = tmp_path / "soup.safetensors"
    options = SoupOptions(tuple(files), out, greedy, "test", device="cpu", quiet=True)
    with pytest.raises(NetlangError, match=r"0\.pth"):
        stirred(recipe, program, options)
    assert not out.exists()


def test_frozen_norms_keep_their_statistics(tmp_path: Path) -> None:
    recipe, program = sketch(BODY, *KEYS, 'freeze: ["norm"]')
    nets, files = nets_of(program, tmp_path, 2)
    for value, (net, file) in enumerate(zip(nets, files, strict=True)):
        net.get_buffer("norm.running_mean").fill_(value)
        torch.save(net.state_dict(), file)
    out = tmp_path / "soup.safetensors"
    stirred(recipe, program, SoupOptions(tuple(files), out, device="cpu", quiet=True))
    assert load_file(out)["norm.running_mean"].unique().tolist() == [0.5]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """It is told before anything is read."""
    recipe, program = sketch(BODY, *KEYS)
    options = SoupOptions((tmp_path / "a.pth",), tmp_path / "no" / "b.safetensors")
    with pytest.raises(NetlangError) as caught:
        stirred(recipe, program, options)
    assert [each.code for each in caught.value.diagnostics] == ["E0014"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--weights", "a.pth"), "takes two or more --weights"),
        (("--weights", "a.pth", "--weights", "./a.pth"), "given twice"),
        (("--weights", "a.pth", "--weights", "b.safetensors"), "would be lost"),
        (("--weights", "a.pth", "--weights", "c.pth", "--split", "test"), "that --greedy scores"),
    ],
)
def test_what_makes_no_sense(run: Runner, given: tuple[str, ...], told: str) -> None:
    done = run("soup", "mnist1d", *given, "-o", "b.safetensors")
    assert done.status == 2
    assert told in done.err


@pytest.mark.parametrize(
    ("other", "said"),
    [("seed: 2", "`seed`"), ("validation: none", "`validation`"), ("batch: 100", "")],
)
def test_examples_that_were_trained_on_are_told(tmp_path: Path, other: str, said: str) -> None:
    """What is held out is drawn by the seed: with another one, training has seen some of it."""
    keys = (*KEYS, "validation: 0.2", "batch: 1150", "steps: 2")
    recipe, program = sketch(BODY, *keys, other)
    run = train(recipe, program, RunOptions(tmp_path / "run", device="cpu", quiet=True))
    first, net = sketch(BODY, *keys)
    told: list[str] = []
    options = ScoreOptions(device="cpu", split="validation", quiet=True)
    evaluate(first, net, run.folder.last, options, told.append)
    warned = [each for each in told if each.startswith("warning")]
    assert len(warned) == bool(said)
    assert said in "".join(warned)
