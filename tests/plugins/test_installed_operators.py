"""An operator from another package: from the spec to both backends, and without the package."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent / "package"

SPEC = """net a {
    input x: [3, 4, 4]
    scaled_swish(1.5) -> conv(2, 1x1) -> scaled_swish(0.5, sign=dropped)
}
"""

RUN = """
import numpy, onnxruntime, torch, netlang
net = netlang.load("spec.net")
assert net.params == 8 and "torch.sigmoid" in net.source()
net.onnx("a.onnx", seed=0)
module = net.torch(seed=0).eval()
x = torch.randn(2, 3, 4, 4)
expected = module(x)
y = x * torch.sigmoid(1.5 * x)
y = torch.nn.functional.conv2d(y, *module.parameters())
assert torch.allclose(expected, (y * torch.sigmoid(0.5 * y)).abs(), atol=1e-6)
session = onnxruntime.InferenceSession("a.onnx")
(found,) = session.run(None, {"x": x.numpy()})
assert numpy.allclose(found, expected.detach(), atol=1e-5)
print("agree")
"""


def run(folder: Path, *arguments: str, installed: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE) if installed else ""}
    (folder / "spec.net").write_text(SPEC, encoding="utf-8")
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_an_operator_like_any_other(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", RUN)
    assert done.stdout == "agree\n", done.stderr


def test_without_the_package_it_is_unknown(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "netlang", "check", "spec.net", installed=False)
    assert done.returncode == 1
    assert "error[E0201]: unknown operator or block `scaled_swish`" in done.stderr


def test_its_arguments_are_checked(tmp_path: Path) -> None:
    spec = SPEC.replace("sign=dropped", "sgn=dropped")
    (tmp_path / "bad.net").write_text(spec, encoding="utf-8")
    done = run(tmp_path, "-m", "netlang", "check", "bad.net")
    assert done.returncode == 1
    assert "error[E0301]: `scaled_swish` has no argument `sgn`" in done.stderr
    assert "did you mean `sign`?" in done.stderr
