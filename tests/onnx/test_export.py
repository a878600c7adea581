"""What stands in a file beside the values: names, types, metadata; and how it gets to disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors.numpy import save_file

from netlang.backends.onnx import HIGHEST_OPSET, LOWEST_OPSET, export, runtime
from netlang.backends.onnx import runtime as runtime_function
from netlang.backends.onnx.backend import BACKEND
from netlang.backends.onnx.wire import INLINE_LIMIT
from netlang.backends.weights import slots
from netlang.diagnostics.core import NetlangError
from netlang.elaborate import Library, load_program
from netlang.elaborate.program import elaborate
from netlang.ir.program import Program
from netlang.source import Source
from netlang.targets import BuildOptions
from tests.onnx.support import check_file, random_weights, run
