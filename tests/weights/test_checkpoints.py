"""Checkpoints as people have them: wrapped, prefixed, in part, diverged, or none at all."""

from __future__ import annotations

import io
import os
import re
import socket
import tarfile
import warnings
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

import netlang
from netlang.backends.weights.pickles import ENTRIES
from netlang.backends.weights.pickles.checkpoint import loaded
from netlang.backends.weights.prefixes import PrefixChange, composed
from tests.cli.support import Runner
from tests.oracle import allocated
from tests.weights.test_torchvision_files import assert_holds, in_file, saved

State = dict[str, Tensor]
COMPILE = ("compile", "resnet18", "-o", "r.onnx", "--no-fold", "--weights")


@pytest.fixture(scope="module")
def state() -> State:
    torch.manual_seed(4)
    made = allocated("resnet18")
    with torch.no_grad():
        for value in made.state_dict().values():
            value.copy_(torch.randint(-9, 9, value.shape))
    return dict(made.state_dict())


def prefixed(state: State, prefix: str) -> State:
    return {prefix + key: value for key, value in state.items()}


@pytest.mark.parametrize("suffix", [".ckpt", ".pth.tar", ".pth", ".pt", ".bin"])
@pytest.mark.parametrize("entry", ["state_dict", "model", "model_ema"])
def test_weights_under_a_name(run: Runner, state: State, entry: str, suffix: str) -> None:
    """With the state of an optimizer beside them, as `torch.save` writes it."""
    stale = nn.Linear(2, 3)
    optimizer = torch.optim.Adam(stale.parameters())
    stale(torch.ones(2)).sum().backward()
    optimizer.step()
    whole = {"epoch": 3, "best": 0.7, "optimizer": optimizer.state_dict(), entry: state}
    result = run(*COMPILE, saved(whole, f"w{suffix}"))
    assert result.status == 0
    assert result.err == f"`w{suffix}` is a checkpoint: its weights are those of `{entry}`\n"
    assert_holds(in_file(Path("r.onnx")), state)


def test_a_tensor_beside_the_weights(run: Runner, state: State) -> None:
    """PyTorch's own example for ImageNet keeps the best accuracy as one."""
    result = run(*COMPILE, saved({"best_acc1": torch.tensor(69.7), "state_dict": state}, "w.pth"))
    assert result.err == "`w.pth` is a checkpoint: its weights are those of `state_dict`\n"
    assert_holds(in_file(Path("r.onnx")), state)


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_name_is_known(entry: str, state: State, tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save({"epoch": 3, entry: state}, path)
    with pytest.warns(netlang.NetlangWarning, match=re.escape(f"those of `{entry}`")) as told:
        found = netlang.load("resnet18").torch(path).state_dict()
    (warning,) = told
    assert str(warning.message).count(str(path)) == 1
    assert warning.filename == __file__
    assert all(torch.equal(found[key], value) for key, value in state.items())


def test_several_sets_of_weights(run: Runner, state: State) -> None:
    """The plain ones are taken, which is said, and the others on request."""
    averaged = {key: value + 1 for key, value in state.items()}
    given = saved({"model_ema": averaged, "model": state}, "w.pth")
    result = run(*COMPILE, given)
    assert result.err == (
        "`w.pth` is a checkpoint: its weights are those of `model`; --entry takes another:"
        " `model_ema`\n"
    )
    assert_holds(in_file(Path("r.onnx")), state)
    result = run(*COMPILE, given, "--entry", "model_ema")
    assert (result.status, result.err) == (0, "")
    assert_holds(in_file(Path("r.onnx")), averaged)
    text = run.refused(*COMPILE, given, "--entry", "ema")
    assert "E0927" in text
    assert "`model_ema`, `model`" in text


def test_a_safetensors_file_has_one_set_of_weights(run: Runner, state: State) -> None:
    save_file(state, "w.safetensors")
    text = run.refused(*COMPILE, "w.safetensors", "--entry", "model")
    assert "E0927" in text
    assert "a safetensors file has none" in text


def test_a_checkpoint_without_weights_says_what_it_has(run: Runner) -> None:
    text = run.refused(*COMPILE, saved({"epoch": 3, "args": {"lr": 0.1}}, "w.pth"))
    assert "E0925" in text
    assert "`epoch`, `args`" in text


def test_what_loads_nothing_is_not_offered(run: Runner, state: State) -> None:
    """`--partial` is refused where nothing fits, so that a refusal can't offer it."""
    other = saved({f"other.{key}": value[None] for key, value in state.items()}, "w.pth")
    assert "E0926" in run.refused(*COMPILE, other, "--partial")
    text = run.refused(*COMPILE, other)
    assert "E0921" in text
    assert "--partial" not in text
    key = next(iter(state))
    assert "--partial" in run.refused(*COMPILE, saved({key: state[key]}, "one.pth"))


@pytest.mark.parametrize("names", [("last",), ("last", "best")])
def test_the_folder_of_a_run_says_where_its_weights_are(run: Runner, names: tuple[str]) -> None:
    Path("runs").mkdir()
    assert "it is a folder\n" in run.refused(*COMPILE, "runs")
    for name in names:
        Path("runs", f"{name}.safetensors").touch()
    kept = Path("runs", f"{names[-1]}.safetensors")
    assert f"it is a folder, of a run whose weights are `{kept}`\n" in run.refused(*COMPILE, "runs")


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "model.", "backbone.", "a.b.c."])
def test_a_prefix_is_pointed_out_and_dropped(run: Runner, state: State, prefix: str) -> None:
    given = saved(prefixed(state, prefix), "w.pth")
    for partial in ((), ("--partial",)):
        text = run.refused(*COMPILE, given, *partial)
        assert ("E0926" if partial else "E0921") in text
        assert f"with --prefix {prefix}= " in text
        assert f"{len(state)} of {len(state)} tensors fit" in text
    assert not Path("r.onnx").exists()
    result = run(*COMPILE, given, "--prefix", f"{prefix}=")
    assert (result.status, result.err) == (0, "")
    assert_holds(in_file(Path("r.onnx")), state)


def test_a_prefix_of_most_keys(run: Runner, state: State) -> None:
    """A detector's file has a backbone and a head; a classifier's file lacks the last layer."""
    body = {key: value for key, value in state.items() if not key.startswith("fc.")}
    detector = prefixed(body, "backbone.") | {"head.weight": torch.zeros(3)}
    given = saved(detector, "w.pth")
    text = run.refused(*COMPILE, given, "--partial")
    assert "with --prefix backbone.= " in text
    assert f"{len(body)} of {len(detector)} tensors fit" in text
    result = run(*COMPILE, given, "--partial", "--prefix", "backbone.=")
    parameters = 11_689_512
    assert result.err.splitlines()[:2] == [
        f"loaded {len(body)} of {len(state)} tensors, {parameters - 513_000:,} of {parameters:,}"
        " parameters",
        "not loaded: 2 missing, 1 unexpected",
    ]
    assert_holds({k: v for k, v in in_file(Path("r.onnx")).items() if k in body}, state)


def test_keys_that_lack_a_prefix(tmp_path: Path, state: State) -> None:
    """The other way round: the net is part of a larger one."""
    spec = tmp_path / "part.net"
    spec.write_text(
        "net part {\n  input image: [3, 8, 8]\n  backbone: { conv1: conv(4, 3x3) }\n}\n"
    )
    path = tmp_path / "w.pth"
    weights = {"conv1.weight": torch.ones(4, 3, 3, 3), "conv1.bias": torch.zeros(4)}
    torch.save(weights, path)
    with pytest.raises(netlang.NetlangError, match="with --prefix =backbone"):
        netlang.load(spec).torch(path)
    found = netlang.load(spec).torch(path, prefixes={"": "backbone."}).state_dict()
    assert torch.equal(found["backbone.conv1.weight"], weights["conv1.weight"])


PREFIXES = {
    "to another one": ("module.", "module.=", "backbone.", "module.=backbone."),
    "of a longer one": ("module.net.", "module.=", "", "module.net.="),
    "to a wrong one": ("module.", "module.=body.", "", "module.="),
}


@pytest.mark.parametrize(("of_file", "given", "of_net", "advised"), PREFIXES.values(), ids=PREFIXES)
def test_a_prefix_beside_those_given(
    of_file: str, given: str, of_net: str, advised: str, run: Runner
) -> None:
    """Of several changes, the first that matches counts: what is advised does both at once."""
    inner = "backbone: { conv1: conv(4, 3x3) }" if of_net else "conv1: conv(4, 3x3)"
    Path("part.net").write_text(f"net part {{\n  input image: [3, 8, 8]\n  {inner}\n}}\n")
    weights = {"conv1.weight": torch.ones(4, 3, 3, 3), "conv1.bias": torch.zeros(4)}
    file = saved(prefixed(weights, of_file), "w.pth")
    asked = ("compile", "part.net", "-o", "p.onnx", "--weights", file)
    for partial in ((), ("--partial",)):
        text = run.refused(*asked, *partial, "--prefix", given)
        assert f"with --prefix {advised} in place of those given (in Python" in text
    assert run(*asked, "--prefix", advised).status == 0


def test_prefixes_at_once() -> None:
    """What is found does to each key what the changes do in turn, and each of it is used."""
    a, b = PrefixChange("a.", ""), PrefixChange("b.", "c.")
    add = PrefixChange("", "net.")
    both = (PrefixChange("a.", "net."), PrefixChange("b.", "net.c."))
    assert composed((a, b), add, ["a.w", "b.w"]) == both
    assert composed((a, b), add, ["a.w", "b.w", "w"]) == (*both, add)
    inner = PrefixChange("x.", "y.")
    assert composed((a,), inner, ["a.x.w", "a.v"]) == (PrefixChange("a.x.", "y."), a)
    assert composed((b,), PrefixChange("d.", ""), ["b.w", "d.w"]) == (b, PrefixChange("d.", ""))


def test_a_prefix_that_changes_nothing_or_too_much(run: Runner, state: State) -> None:
    given = saved(prefixed(state, "a.") | prefixed(state, "b."), "w.pth")
    text = run.refused(*COMPILE, given, "--prefix", "c.=")
    assert "E0928" in text
    assert "`a.conv1.weight`" in text
    text = run.refused(*COMPILE, given, "--prefix", "a.=", "--prefix", "b.=")
    assert "E0928" in text
    assert "makes two keys `conv1.weight`" in text
    for wrong in ("a.", "a=a"):
        assert run(*COMPILE, given, "--prefix", wrong).status == 2
    assert run("compile", "resnet18", "-o", "r.onnx", "--prefix", "a=b").status == 2


def test_the_prefix_that_makes_two_keys_one_is_named(run: Runner) -> None:
    given = saved({"a.w": torch.zeros(2), "b.v": torch.zeros(2), "w": torch.zeros(2)}, "w.pth")
    text = run.refused(*COMPILE, given, "--prefix", "b.=", "--prefix", "a.=")
    assert "`--prefix a.=` makes two keys `w`" in text


def test_keys_that_are_no_texts(run: Runner) -> None:
    text = run.refused(*COMPILE, saved({"1": torch.zeros(2), 1: torch.zeros(3)}, "w.pth"))
    assert "E0925" in text
    assert "not a text" in text


def test_nothing_that_fits_is_an_error(run: Runner) -> None:
    text = run.refused(*COMPILE, saved({"w": torch.zeros(3)}, "w.pth"), "--partial")
    assert "E0926" in text
    assert ["conv1.weight", "w"] in [line.split() for line in text.splitlines()]
    assert not Path("r.onnx").exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("kind", [torch.float32, torch.float16, torch.bfloat16])
def test_values_that_are_not_finite(
    run: Runner, state: State, value: float, kind: torch.dtype
) -> None:
    bad = {key: each.clone() for key, each in state.items()}
    for key in ("bn1.weight", "layer1.0.conv1.weight", "fc.bias"):
        bad[key] = bad[key].to(kind)
        bad[key].view(-1)[-1] = value
    result = run(*COMPILE, saved(bad, "w.pth"))
    assert result.status == 0
    assert result.err == (
        "warning: NaN or infinite values in `bn1.weight`, `layer1.0.conv1.weight`, `fc.bias`\n"
    )


def test_a_sum_that_overflows_is_no_warning(run: Runner, state: State) -> None:
    large = state | {"fc.bias": torch.full((1000,), 3e38)}
    result = run(*COMPILE, saved(large, "w.pth"))
    assert (result.status, result.err) == (0, "")


def pointer(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 46830571\n")


def page(path: Path) -> None:
    path.write_text("\n <!DOCTYPE html><html><head><title>404</title></head></html>")


def words(path: Path) -> None:
    path.write_text("Straße " * 300)


def empty(path: Path) -> None:
    path.touch()


def gzipped(path: Path) -> None:
    path.write_bytes(b"\x1f\x8b\x08" + bytes(40))


def tarred(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("sys_info"), io.BytesIO())


def keras(path: Path) -> None:
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(40))


def folder(path: Path) -> None:
    path.mkdir()


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def circle(path: Path) -> None:
    path.symlink_to(path)


KINDS: dict[str, Callable[[Path], None]] = {
    "a Git LFS pointer": pointer,
    "a web page": page,
    "it is a text": words,
    "an empty file": empty,
    "compressed with gzip": gzipped,
    "a tar archive": tarred,
    "an HDF5 file": keras,
    "it is a folder": folder,
    "it is a named pipe": os.mkfifo,
    "it is a device": endless,
    "it is a socket": listening,
    "symbolic links": circle,
}


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("words", KINDS)
def test_what_is_no_checkpoint_is_called_what_it_is(run: Runner, words: str, suffix: str) -> None:
    KINDS[words](Path(f"w{suffix}"))
    text = run.refused(*COMPILE, f"w{suffix}")
    assert "E0922" in text
    assert words in text
    assert "code" not in text


@pytest.mark.parametrize("new", [True, False])
def test_weights_under_the_suffix_of_the_other_kind(run: Runner, state: State, new: bool) -> None:
    torch.save(state, "w.safetensors", _use_new_zipfile_serialization=new)
    text = run.refused(*COMPILE, "w.safetensors")
    assert "it is a file as torch.save writes them: its suffix should be `.pth`" in text
    save_file(state, "w.pth")
    text = run.refused(*COMPILE, "w.pth")
    assert "it is a safetensors file: its suffix should be `.safetensors`" in text
    Path("w.pth").rename("w")
    assert "E0923" in (text := run.refused(*COMPILE, "w"))
    assert "`w`: it has no suffix" in text


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_program_of_torchscript_is_called_that(run: Runner) -> None:
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), "w.pt")
    text = run.refused(*COMPILE, "w.pt")
    assert "a TorchScript program: save its `state_dict()`" in text


def test_what_a_file_names_beside_tensors_is_said(run: Runner, state: State) -> None:
    whole = {"state_dict": state, "hyper_parameters": Namespace(rate=0.1)}
    text = run.refused(*COMPILE, saved(whole, "w.ckpt"))
    assert "E0924" in text
    assert "it names `argparse.Namespace`" in text


def test_torch_warns_of_nothing_in_a_file(tmp_path: Path) -> None:
    """It says of quantized tensors, in several lines of its own code, that it will drop them."""
    path = tmp_path / "quantized.pth"
    always = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.save({"w": torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.qint8)}, path)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            torch.load(path, weights_only=True)
            by_torch = len(told)
            loaded(path)
    finally:
        torch.set_warn_always(always)
    assert by_torch
    assert len(told) == by_torch
