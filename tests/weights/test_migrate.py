"""Weights of an edited net: which are carried over, and that they compute what they did."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

import netlang
from netlang.cli import main
from netlang.diff import compare
from netlang.targets.migrating import Migrated, MigrationOptions, Widen, migrating_backend

HEAD = "block unit(out) {\n    conv(out, 3x3, pad=1, bias=false) -> bn -> relu\n}\n\n"
RESIDUAL = (
    "block residual() {\n    conv1: conv(channels, 3x3, pad=1) -> bn1: bn -> relu\n"
    "    conv2: conv(channels, 3x3, pad=1) -> bn2: bn\n    (conv1.input, bn2) -> add\n}\n\n"
)
OLD = "stem: unit({width})\n    body: unit({width})\n    gap -> flatten -> fc: linear(5)"


def net(body: str) -> str:
    return f"{HEAD}net n {{\n    input image: [3, 12, 12]\n    {body}\n}}\n"


def weights_of(text: str, path: Path) -> torch.nn.Module:
    """Weights with statistics and factors that are not the initial ones, in a file."""
    torch.manual_seed(1)
    module = netlang.loads(text).torch(seed=3)
    with torch.no_grad():
        for tensor in module.state_dict().values():
            if tensor.is_floating_point() and tensor.ndim == 1:
                tensor.uniform_(0.5, 1.5)
    save_file(module.state_dict(), path, {"made": "by a test"})
    return module.eval()


def migrated(
    old: str, new: str, folder: Path, widen: Widen = "refuse", zeros: tuple[str, ...] = ()
) -> tuple[Migrated, Tensor, Tensor]:
    """What became of the tensors, and what both nets compute for the same images."""
    before = weights_of(old, folder / "old.safetensors")
    found = compare(netlang.loads(old).program, netlang.loads(new).program, fold=False)
    out = folder / "new.safetensors"
    options = MigrationOptions(folder / "old.safetensors", out, widen, zeros)
    done = migrating_backend().migrate(found, options)
    with safe_open(out, "pt") as file:
        assert file.metadata() == {"made": "by a test"}
    after = netlang.loads(new).torch(out).eval()
    after.load_state_dict(load_file(out))  # every key is there
    images = torch.randn(2, 3, 12, 12)
    with torch.no_grad():
        return done, before(images), after(images)


def test_a_block_that_is_the_identity_changes_nothing(tmp_path: Path) -> None:
    """A residual branch whose last norm is zero."""
    old = net(OLD.format(width=4))
    more = "branch: { conv(4, 3x3, pad=1) -> norm: bn }\n    (body, branch) -> add\n    gap"
    new = old.replace("gap", more)
    done, before, after = migrated(old, new, tmp_path, zeros=("branch.norm",))
    torch.testing.assert_close(after, before)
    assert done.copied == 14
    assert not done.dropped
    assert {key.partition(".")[0] for key in done.fresh} == {"branch"}
    _, before, after = migrated(old, new, tmp_path)
    assert not torch.allclose(after, before)


def test_names_that_change_take_their_weights_along(tmp_path: Path) -> None:
    old = net(OLD.format(width=4))
    new = old.replace("body:", "middle:").replace("fc:", "head:")
    done, before, after = migrated(old, new, tmp_path)
    torch.testing.assert_close(after, before, rtol=0, atol=0)
    assert done.renamed["body.0.weight"] == "middle.0.weight"
    assert done.renamed["fc.bias"] == "head.bias"
    assert (done.fresh, done.dropped, done.widened) == ((), (), ())


def test_numbers_that_move_do_too(tmp_path: Path) -> None:
    """A step without weights in front of unlabelled ones gives all of them other keys."""
    old = net("stem: unit(4)\n    conv(4, 3x3) -> bn -> gap -> flatten -> linear(5)")
    new = old.replace("    conv(4, 3x3) -> bn", "    relu -> conv(4, 3x3) -> bn")
    done, before, after = migrated(old, new, tmp_path)
    torch.testing.assert_close(after, before, rtol=0, atol=0)
    assert len(done.renamed) == 9


def test_a_wider_net_that_repeats_computes_the_same(tmp_path: Path) -> None:
    """Net2Net: also where 4 channels become 10, of which two are there three times."""
    old, new = (net(OLD.format(width=width)) for width in (4, 10))
    done, before, after = migrated(old, new, tmp_path, "repeat")
    torch.testing.assert_close(after, before)
    assert len(done.widened) == 11


def test_zeros_stand_beside_the_old_numbers(tmp_path: Path) -> None:
    old, new = (net(OLD.format(width=width)) for width in (4, 6))
    new = new.replace("3x3, pad=1", "5x5, pad=2")
    _, before, after = migrated(old, new, tmp_path, "zeros")
    torch.testing.assert_close(after, before)
    found = load_file(tmp_path / "new.safetensors")
    assert found["stem.0.weight"].shape == (6, 3, 5, 5)
    assert not found["stem.0.weight"][4:].any()
    assert found["stem.1.running_var"][4:].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("widen", "new", "code"),
    [
        ("refuse", "linear(7)", r"E0929(.|\n)*fc\.weight(.|\n)*\[5, 4\](.|\n)*\[7, 4\]"),
        ("zeros", "linear(3)", r"E0930(.|\n)*fc\.weight"),
    ],
)
def test_other_shapes_are_refused(tmp_path: Path, widen: Widen, new: str, code: str) -> None:
    old = net(OLD.format(width=4))
    with pytest.raises(netlang.NetlangError, match=code):
        migrated(old, old.replace("linear(5)", new), tmp_path, widen)
    assert not (tmp_path / "new.safetensors").exists()
    done, _, _ = migrated(old, old.replace("linear(5)", new), tmp_path, "fresh")
    assert done.fresh == ("fc.weight", "fc.bias")


def test_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    old = net(OLD.format(width=4))
    Path("old.net").write_text(old, encoding="utf-8")
    Path("new.net").write_text(old.replace("fc:", "head:"), encoding="utf-8")
    weights_of(old, Path("w.safetensors"))
    command = ["migrate", "old.net", "new.net", "--weights", "w.safetensors", "-o"]
    with pytest.raises(SystemExit) as ended:
        main([*command, "v.safetensors"])
    assert ended.value.code == 0
    told = "14 tensors copied, 2 under other keys: fc.weight -> head.weight, fc.bias -> head.bias\n"
    assert capsys.readouterr().out == told + "wrote v.safetensors\n"
    for more, code in (
        (["v.pth"], "E0011"),
        (["nowhere/v.safetensors"], "E0014"),
        (["v.safetensors", "--zero", "fc"], "E0940"),
    ):
        with pytest.raises(SystemExit) as ended:
            main([*command, *more])
        assert ended.value.code == 1
        assert code in capsys.readouterr().err
