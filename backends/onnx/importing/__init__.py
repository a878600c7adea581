"""Makes specs of ONNX files.

A file is read with care (`file`), each of its nodes becomes an operator of ATen (`reader`,
`operators/`), and the graph of these is imported as that of a traced module is, by
`netlang.backends.torch.importing`. `original` runs the file in ONNX Runtime, for the proof.
"""

from __future__ import annotations

from netlang.backends.onnx.importing.imported import import_file

__all__ = ["import_file"]
