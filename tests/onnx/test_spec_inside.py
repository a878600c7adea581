"""The net in the metadata of an ONNX file, and the file as a SPEC."""

from __future__ import annotations

import os
from pathlib import Path

import onnx
import pytest

import netlang
from netlang.backends.onnx import Form, export
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from tests.support import answered

UNIT = "# secret\nblock unit(out) {\n conv(out, 3x3) -> bn -> relu\n}\n"
TEXT = f"{UNIT}net n(width) {{\n input x: [3, H=8, W=8]\n unit(width)\n unit(width)\n}}\n"


def facts_of(path: Path) -> dict[str, str]:
    found = onnx.load(path, load_external_data=False).metadata_props
    return {each.key: each.value for each in found}


@pytest.mark.parametrize("external", [False, True])
def test_a_file_is_the_spec_that_it_was_made_from(external: bool, tmp_path: Path) -> None:
    net = netlang.loads(TEXT, width=5)
    path = net.onnx(tmp_path / "n.onnx", external=external)
    assert "secret" not in facts_of(path)["netlang.expanded"]
    again = netlang.load(path)
    assert again.program.name == "n"
    assert list(again.torch().state_dict()) == list(net.torch().state_dict())
    assert netlang.load(f"{path}:n").params == net.params
    second = again.onnx(tmp_path / "second.onnx", external=external)
    assert facts_of(second)["netlang.expanded"] == facts_of(path)["netlang.expanded"]
    assert onnx.load(second).graph.node == onnx.load(path).graph.node


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "n.onnx"
    for width in (2, 3):
        net = netlang.loads(TEXT, width=width)
        net.onnx(path)
        assert netlang.load(path).params == net.params


def test_the_spec_stays_out_on_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert answered(capsys, "compile", "cnn", "-o", "a.onnx", "--no-spec").status == 0
    assert not {"netlang.spec", "netlang.expanded"} & facts_of(tmp_path / "a.onnx").keys()
    refused = answered(capsys, "summary", "a.onnx")
    assert refused.status == 1
    assert "error[E0027]: `a.onnx` is an ONNX file that has no spec in its metadata" in refused.err
    assert "`netlang import a.onnx -o a.net`" in refused.err


def test_a_net_with_too_many_steps_stays_out(tmp_path: Path) -> None:
    program = netlang.loads("net n {\n input x: [1]\n repeat 10_001 { relu }\n}\n").program
    export(program, tmp_path / "n.onnx", form=Form(fold=False))
    assert "netlang.expanded" not in facts_of(tmp_path / "n.onnx")


def test_commands_on_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert answered(capsys, "compile", "cnn", "-o", "a.onnx").status == 0
    assert answered(capsys, "check", "a.onnx").status == 0
    told = answered(capsys, "diff", "a.onnx", "cnn")
    assert "no difference: the same steps under the same names" in told.out
    told = answered(capsys, "diff", "a.onnx", "cnn(channels=7)")
    assert "no difference" not in told.out
    assert "changed" in told.out
    before = (tmp_path / "a.onnx").read_bytes()
    for output in ("a.onnx", "./a.onnx"):
        refused = answered(capsys, "compile", "a.onnx", "-o", output)
        assert refused.status == 2
        assert "`a.onnx` is SPEC, which -o would replace" in refused.err
    assert "E0005" in answered(capsys, "fmt", "a.onnx").err
    assert (tmp_path / "a.onnx").read_bytes() == before
    verified = answered(capsys, "verify", "a.onnx")
    assert (verified.status, "all agree" in verified.out) == (0, True)
    refused = answered(capsys, "verify", "a.onnx", "--no-fold")
    assert refused.status == 2


GOOD = b"\x08\x09"  # ir_version: 9


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "E0027"),
        (GOOD, "E0027"),
        (GOOD + b"\x3a\x02\x0a\x00" + b"\x72\x00", "E0027"),
        (b"\x3a\xff\xff\xff\xff\x0f", "E0004"),  # a graph of 4 GiB
        (b"\xff" * 30, "E0004"),
        (b"\x08", "E0004"),
        (b"net n {\n}\n", "E0004"),
        (b"\x72\x14\x0a\x10netlang.expanded\x12\x00", "E0009"),
        (b"\x72\x15\x0a\x10netlang.expanded\x12\x01\xff", "E0003"),
        (b"\x72\x12\x0a\x10netlang.expanded", "E0009"),
        (b"\x72\x15\x0a\x10netlang.expanded\x12\x09\xff", "E0004"),  # beyond its entry
    ],
)
def test_files_that_others_wrote(content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(content)
    with pytest.raises(NetlangError) as error:
        load_program(path)
    assert [each.code for each in error.value.diagnostics] == [code]


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.onnx").mkdir()
    os.mkfifo(tmp_path / "pipe.onnx")
    for name, code in (("folder", "E0004"), ("pipe", "E0004"), ("none", "E0001")):
        with pytest.raises(NetlangError) as error:
            load_program(tmp_path / f"{name}.onnx")
        assert [each.code for each in error.value.diagnostics] == [code]
