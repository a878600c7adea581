"""A very long key of a file is shown by its ends, whatever speaks of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.cli.support import Runner

SPEC = "net a {\n    input x: [3, 8, 8]\n    conv(8, 3x3, bias=false)\n}\n"
LONG = "first." + "k" * 200_000 + ".last"
COMMANDS = (
    "compile a.net --weights w.safetensors -o a.onnx",
    "compile a.net --weights w.safetensors --partial -o a.onnx",
    "compile a.net --weights w.safetensors --prefix x=y -o a.onnx",
    "compile a.net --weights w.safetensors --prefix 0.= --partial -o a.onnx",
    "verify a.net --weights w.safetensors",
    "migrate a.net a.net --weights w.safetensors -o v.safetensors",
    "migrate a.net b.net --weights w.safetensors -o v.safetensors",
)
FILES: dict[str, dict[str, Tensor]] = {
    "beside": {LONG: torch.zeros(3), "0.weight": torch.ones(8, 3, 3, 3)},
    "instead": {LONG: torch.ones(8, 3, 3, 3)},
    "not finite": {LONG: torch.full((3,), torch.nan), "0.weight": torch.ones(8, 3, 3, 3)},
}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_long_key_is_shortened(
    command: str, file: str, tmp_path: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.net").write_text(SPEC)
    Path("b.net").write_text(SPEC.replace("8, 3x3", "16, 3x3"))
    save_file(FILES[file], "w.safetensors")
    result = run(*command.split())
    assert result.status in (0, 1), result.err
    assert len(result.err) + len(result.out) < 3_000, (result.out + result.err)[:400]
