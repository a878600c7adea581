"""A net named on the command line can be called, however it was named."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.elaborate import load_program

SPEC = "net small(classes=3) {\n    input x: [4]\n    linear(classes)\n}\n"


@pytest.mark.parametrize("name", ["mine.net", "my net.net"])
@pytest.mark.parametrize("net", ["", ":small"])
def test_a_file_is_called(name: str, net: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(SPEC, encoding="utf-8")
    program = load_program(f"{tmp_path / name}{net}(classes=7)")
    assert program.net.output_types[0].shape == (7,)


def test_a_bundled_net_is_called() -> None:
    assert load_program("resnet18(classes=7)").net.output_types[0].shape == (7,)
