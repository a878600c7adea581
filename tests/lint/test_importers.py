"""Names that another file imports are used, though their own file doesn't."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netlang.examine import examine_module
from netlang.modules.library import Library

MIXED = """\
from blocks.residual import basic

width = 4

block spare { relu }

net a {
    input image: [3, 8, 8]
    relu
}
"""


def codes(path: Path) -> list[str]:
    return [each.code for each in examine_module(Library().open(path)).warnings]


@pytest.mark.parametrize(
    ("importer", "statement", "left"),
    [
        ("folder/other.net", "from lib import spare", ["W0101", "W0102"]),
        ("folder/other.net", "from lib import (\n    spare as s,\n    width,\n    basic,\n)", []),
        ("other.net", "from folder.lib import width, spare, basic", []),
        ("other.net", "from lib import width, spare, basic", ["W0101", "W0102", "W0103"]),
        ("folder/other.net", "from library import spare", ["W0101", "W0102", "W0103"]),
        (
            "folder/other.net",
            "from lib import (  # the (old) ones\n    spare,  # basic\n)",
            ["W0101", "W0102"],
        ),
        # A list without an end goes no further than to the next one.
        (
            "folder/other.net",
            "from lib import (spare,\nfrom lib import (width)",
            ["W0101", "W0103"],
        ),
    ],
)
def test_who_imports(tmp_path: Path, importer: str, statement: str, left: list[str]) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / importer).write_text(statement + "\n")
    path = tmp_path / "folder" / "lib.net"
    path.write_text(MIXED)
    assert codes(path) == left


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.net")
    (tmp_path / "bytes.net").write_bytes(b"\xff\xfe from lib import spare")
    path = tmp_path / "lib.net"
    path.write_text(MIXED)
    assert codes(path) == ["W0101", "W0102", "W0103"]
