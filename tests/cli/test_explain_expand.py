"""`netlang explain` and `netlang expand` as commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.support import Runner


def test_explain_a_layer(run: Runner) -> None:
    result = run("explain", "good.net", "0")
    assert result.status == 0
    assert "out = (28 + 2*0 - 3)/1 + 1 = 26" in result.out.splitlines()
    assert "params = 3*3*1*4 + 4 = 40" in result.out


def test_explain_at_sizes_and_a_batch(run: Runner) -> None:
    result = run("explain", "good.net", "0", "--size", "H=32,W=28", "--batch", "5")
    assert "out height = (32 + 2*0 - 3)/1 + 1 = 30" in result.out
    assert "MACs = 5*30*26*4*3*3*1 = 140400" in result.out


def test_explain_a_net(run: Runner) -> None:
    out = run("explain", "good.net").out
    assert out.startswith("tiny at N=1, H=28, W=28")
    assert "params = 40 + 50 = 90" in out


@pytest.mark.parametrize(
    ("arguments", "code", "advice"),
    [
        (("resnet50", "layer5"), "E0218", "did you mean `layer4`?"),
        (("resnet50", "layer1.conv1"), "E0218", "did you mean `layer1."),
        (("resnet101", "layer3.7.conv"), "E0218", "did you mean `layer3.7.conv"),
        (("resnet101", "layer3.07.conv1"), "E0218", "did you mean `layer3."),
        (("resnet101", f"layer3.{'9' * 5000}.conv1"), "E0218", "`layer3` is there, but has no"),
        (("good.net", "fc.weight"), "E0218", "`fc` is there, but has no `weight`"),
        (("good.net", "\x1b[31m"), "E0218", "shows the paths"),
        (("good.net", ""), "E0218", "shows the paths"),
        (("good.net", "0", "--size", "H=2"), "E0451", "H"),
    ],
)
def test_explain_refuses(run: Runner, arguments: tuple[str, ...], code: str, advice: str) -> None:
    error = run.refused("explain", *arguments)
    assert f"error[{code}]" in error
    assert advice in error
    assert "\x1b" not in error


def test_expand_is_a_spec(run: Runner) -> None:
    text = run("expand", "good.net:tiny(classes=3)").out
    (run.folder / "flat.net").write_text(text)
    assert run("check", "flat.net").out == run("check", "good.net:tiny(classes=3)").out


def test_expand_as_json(run: Runner) -> None:
    data = json.loads(run("expand", "good.net", "--format", "json").out)
    assert (data["format"], data["version"]) == ("netlang.expand", 1)
    assert [step["path"] for step in data["entries"]] == ["0", "1", "2", "3", "fc"]
    assert run("expand", "good.net").out == run("expand", "good.net").out


def test_expand_refuses_what_is_too_long(run: Runner) -> None:
    text = "net a { input x: [4]; repeat 20_000 { relu } }\n"
    (run.folder / "long.net").write_text(text)
    assert "error[E0457]" in run.refused("expand", "long.net")
    assert json.loads(run("expand", "long.net", "--format", "json").out)["entries"][0]["repeat"]
    blocks = "".join(f"block b{i + 1} {{ b{i} -> b{i} }}\n" for i in range(50))
    double = f"block b0 {{ relu }}\n{blocks}net d {{ input x: [4]; b50 }}\n"
    (run.folder / "double.net").write_text(double)
    for more in ((), ("--format", "json")):
        assert "error[E0457]" in run.refused("expand", "double.net", *more)


def test_text_is_safe_on_a_terminal(run: Runner) -> None:
    file = run.folder / "odd.net"
    file.write_text('net a { input x: [4]\n    "a\\"b": linear(  # \x1b[31m\n        2) }\n')
    for verb in ("explain", "expand"):
        assert run(verb, "odd.net").out.replace("\n", "").isprintable()


@pytest.mark.parametrize("arguments", ["explain resnet18 conv1", "expand resnet18"])
def test_neither_imports_torch(arguments: str, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom netlang.cli import main\n"
        f"try: main({arguments.split()!r})\nfinally: assert not "
        "{'torch', 'numpy', 'onnx', 'lark'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
