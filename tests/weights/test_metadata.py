"""What stands beside weights is read without the format's own library, which wrote it here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from netlang.backends.weights import class_names, facts_beside
from netlang.diagnostics.errors import NetlangError


def test_facts_of_a_file_of_safetensors(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    facts = {"classes": ["cat", "dog"], "step": 7}
    save_file({"w": np.zeros(3)}, path, {"netlang": json.dumps(facts), "other": "text"})
    assert facts_beside(path) == facts
    assert class_names(facts_beside(path)) == ("cat", "dog")


@pytest.mark.parametrize("text", [None, "nonsense", "[1]", "[" * 100_000])
def test_weights_of_others_have_none(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "w.safetensors"
    save_file({"w": np.zeros(3)}, path, None if text is None else {"netlang": text})
    assert facts_beside(path) == {}
    assert facts_beside(tmp_path / "w.pth") == {}


@pytest.mark.parametrize("content", [None, b"", b"\x00" * 8, b"\xff" * 64, b"\x20" + b"\x00" * 7])
def test_what_is_no_file_of_weights_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "w.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NetlangError) as caught:
        facts_beside(path)
    assert [each.code for each in caught.value.diagnostics] == ["E0922"]
