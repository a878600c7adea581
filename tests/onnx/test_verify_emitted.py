"""`verify` also runs the module as it is emitted, without the values of its steps as outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.backends.onnx.verify.compare import verify
from netlang.backends.torch.emit.forward import Writer
from netlang.build import BuildOptions
from netlang.diagnostics.errors import InternalError
from netlang.targets.verifying import VerifyOptions
from tests.onnx.support import program_in

HIDDEN = """
net n {
    input given: [4, 6]
    relu
    before: here
    x: tanh
    sigmoid
    (here, before) -> mul
    (here, x) -> add
}
"""
SEVERAL = """
net n {
    input image: [3, 8, 8]
    conv(4, 3x3)
    output first: relu
    auxiliary middle: gap -> flatten -> linear(2)
    output last: linear(5)
    output image_again: image
}
"""


@pytest.mark.parametrize("text", [HIDDEN, SEVERAL])
def test_the_module_as_it_is_emitted_agrees(text: str, tmp_path: Path) -> None:
    found = verify(program_in(tmp_path, text), VerifyOptions(build=BuildOptions()))
    assert found.largest < 1e-5


def test_a_variable_that_is_overwritten_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each value is an output, none is."""
    monkeypatch.setattr(Writer, "_fresh", lambda self, text, place: self._taken.fresh(text))
    with pytest.raises(InternalError, match="the emitted module gives other values at `"):
        verify(program_in(tmp_path, HIDDEN), VerifyOptions(build=BuildOptions()))
