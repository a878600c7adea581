"""The list of written files: names that aren't text."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from netlang.manifest import write_manifest


def test_a_name_that_is_no_text_is_the_same_when_it_is_read(tmp_path: Path) -> None:
    name = os.fsdecode(b"a\xff\xc3\xa9\n.onnx")
    try:
        (tmp_path / name).write_bytes(b"abc")
    except OSError:
        pytest.skip("this file system takes text alone as names")
    write_manifest(tmp_path / "m.json", [tmp_path / name])
    found = json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))
    assert [(each["file"], each["bytes"]) for each in found["files"]] == [(name, 3)]
