"""Files for a release of ONNX Runtime that is named."""

from __future__ import annotations

import re
from pathlib import Path

import onnx
import pytest

from netlang.backends.onnx.form import HIGHEST_OPSET, LOWEST_OPSET, OPSET, form_of
from netlang.backends.onnx.releases import NEWEST, OLDEST, release_of
from netlang.build import LowPrecision, OnnxOptions
from netlang.diagnostics.errors import NetlangError
from netlang.ir.types import DType
from tests.quality import ROOT
from tests.support import answered


@pytest.mark.parametrize(
    ("text", "opset", "ir_version"),
    [
        ("onnxruntime==1.15.1", 18, 9), ("onnxruntime ==1.16", 19, 9), ("onnxruntime==1.17", 20, 9),
        ("onnxruntime-gpu==1.20.1", 21, 10), ("onnxruntime-web==1.22.0", 22, 10),
        ("onnxruntime==1.23", 23, 11), ("onnxruntime==1.24.4", 25, 13),
        ("onnxruntime==1.31.1", 26, 13), ("onnxruntime==1.32.0", 28, 14),
    ],
)  # fmt: skip
def test_what_a_release_loads(text: str, opset: int, ir_version: int) -> None:
    release = release_of(text)
    assert (release.opset, release.ir_version) == (opset, ir_version)


@pytest.mark.parametrize(
    "text", ["onnxruntime==1.14", "onnxruntime==1.99", "onnxruntime", "onnxruntime>=1.17", "1.17"]
)
def test_releases_that_are_not_known(text: str) -> None:
    with pytest.raises(NetlangError) as error:
        release_of(text)
    (found,) = error.value.diagnostics
    assert found.code == "E0956"
    assert f"from 1.{OLDEST} to 1.{NEWEST}" in str(found.help_text)


@pytest.mark.parametrize("minor", range(OLDEST, NEWEST + 1))
def test_the_file_of_every_release_is_one_that_it_loads(minor: int) -> None:
    """The IR version of a file is the least that its opset asks for."""
    release = release_of(f"onnxruntime==1.{minor}")
    opset = form_of(OnnxOptions(runtime=release.name)).opset
    assert LOWEST_OPSET <= opset <= min(release.opset, OPSET)
    least = onnx.helper.find_min_ir_version_for([onnx.helper.make_opsetid("", opset)])
    assert least <= release.ir_version
    assert min(HIGHEST_OPSET, release.opset) == release.checked(min(HIGHEST_OPSET, release.opset))


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.onnx"
    done = answered(capsys, "compile", "cnn", "-o", path, "--for", "onnxruntime==1.17")
    assert done.status == 0
    model = onnx.load(path)
    assert (model.opset_import[0].version, model.ir_version) == (20, 9)
    done = answered(
        capsys, "compile", "cnn", "-o", path, "--for", "onnxruntime==1.17", "--opset", "21"
    )
    assert (done.status, "E0957" in done.err) == (1, True)
    assert "or choose 20 or an earlier one" in done.err


@pytest.mark.parametrize(
    ("floats", "low", "refused"),
    [
        (DType.FLOAT32, None, None), (DType.FLOAT32, LowPrecision("float16"), None),
        (DType.FLOAT32, LowPrecision(int4_weights=True), "weights in 4 bits"),
        (DType.FLOAT16, None, "every operator in float16"),
    ],
)  # fmt: skip
def test_kernels_that_old_releases_lack(
    floats: DType, low: LowPrecision | None, refused: str | None
) -> None:
    """1.15.1, 1.16.0 and 1.16.3 refused such files; 1.17.3 loaded all."""
    release_of("onnxruntime==1.17").require_kernels(floats, low)
    old = release_of("onnxruntime==1.16.3")
    if refused is None:
        old.require_kernels(floats, low)
        return
    with pytest.raises(NetlangError, match=f"doesn't load {refused}"):
        old.require_kernels(floats, low)


def test_the_command_asks_for_kernels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.onnx"
    options = ("--for", "onnxruntime==1.16", "--int4-weights")
    done = answered(capsys, "compile", "cnn", "-o", path, *options)
    assert (done.status, "E0957" in done.err, path.exists()) == (1, True, False)


def test_the_table_of_the_page() -> None:
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    names, _, *rows = (
        line.strip("| ").split(" | ")[1:]
        for line in text[text.index("| ONNX Runtime |") :].splitlines()[:4]
    )
    first = [re.findall(r"1\.(\d+)", name) for name in names]
    told = {
        minor: (int(opset), int(version))
        for found, opset, version in zip(first, *rows, strict=True)
        for minor in range(int(found[0]), int(found[-1]) + 1)
    }
    known = [release_of(f"onnxruntime==1.{minor}") for minor in range(OLDEST, NEWEST + 1)]
    assert told == {each.minor: (each.opset, each.ir_version) for each in known}
