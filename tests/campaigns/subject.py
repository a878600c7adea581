"""A spec ready to be examined: its program, its module with random weights, its inputs."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from netlang.backends.onnx import OPSET
from netlang.backends.torch import build
from netlang.backends.weights import numpy_type
from netlang.elaborate import load_program
from netlang.ir.dims import evaluate
from netlang.ir.program import Program
from netlang.ir.verification import VARIABLE
from tests.campaigns.generator import INTEGERS_BELOW, Generated
from tests.campaigns.precision import tensor_of
from tests.onnx.support import Arrays, random_weights

__all__ = [
    "BATCH",
    "Spec",
    "Subject",
    "inputs_of",
    "load",
    "named_outputs",
    "read_spec",
    "subject",
    "verified",
]

BATCH = 2
_HEADER = re.compile(r"# net: (\w+)\n(?:# opset: (\d+)\n)?")
_FILE = re.compile(r"^# file: (\S+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Spec:
    """A main file, files that it imports, the net to compile, and the opset of its ONNX file."""

    text: str
    files: Mapping[str, str]
    name: str
    opset: int = OPSET

    @classmethod
    def of(cls, generated: Generated, opset: int = OPSET) -> Spec:
        return cls(generated.text, generated.files, generated.name, opset)

    def saved(self) -> str:
        """All of it as one text, as cases are kept."""
        others = "".join(f"# file: {name}\n{text}" for name, text in self.files.items())
        opset = f"# opset: {self.opset}\n" if self.opset != OPSET else ""
        return f"# net: {self.name}\n{opset}{self.text}{others}"


def read_spec(text: str) -> Spec:
    """What `Spec.saved` wrote."""
    header = _HEADER.match(text)
    assert header is not None, "a case begins with `# net: name`"
    main, *others = _FILE.split(text[header.end() :])
    files = dict(zip(others[::2], others[1::2], strict=True))
    return Spec(main, files, header[1], int(header[2] or OPSET))


def load(spec: Spec) -> Program:
    """The program of a spec, verified; raises `NetlangError`."""
    with verified(), TemporaryDirectory() as folder:
        for name, text in {**spec.files, "main.net": spec.text}.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        return load_program(f"{folder}/main.net:{spec.name}")


def verified() -> AbstractContextManager[object]:
    """Let the compiler check its invariants after every stage and rewrite."""
    return mock.patch.dict(os.environ, {VARIABLE: "1"})


@dataclass(frozen=True)
class Subject:
    """A program, the module that it emits in eval mode, and the weights of both."""

    program: Program
    module: nn.Module
    weights: Arrays

    def outputs(self, feeds: Mapping[str, NDArray[np.generic]]) -> list[Tensor]:
        """What the module gives; inputs are copied, since it may write on them."""
        with torch.no_grad():
            return named_outputs(self.module(*map(tensor_of, feeds.values())))


def subject(program: Program, seed: int = 0) -> Subject:
    """The program with random weights; running variances are positive."""
    weights = random_weights(program, seed)
    with warnings.catch_warnings():
        # Torch warns of initial values for tensors without elements and of even kernels.
        warnings.simplefilter("ignore")
        with verified():
            module = build(program).eval()
    state = module.state_dict()
    with torch.no_grad():
        for key, value in weights.items():
            state[key].copy_(torch.from_numpy(value))
    return Subject(program, module, weights)


def inputs_of(
    program: Program, seed: int = 0, batch: int = BATCH, sizes: Mapping[str, int] | None = None
) -> Arrays:
    """Random inputs by name: floats from N(0, 1), whole numbers below a few.

    They aren't those that weights of the same seed are made of: values that are equal by chance
    have several gradients.
    """
    generator = np.random.default_rng((seed, 1))
    at = {**program.defaults, **(sizes or {}), "N": batch}
    found: Arrays = {}
    for port in program.net.inputs:
        shape = (batch, *(evaluate(size, at) for size in port.type.shape))
        if port.type.dtype.is_float:
            drawn = generator.standard_normal(shape, np.float32)
            found[port.name] = drawn.astype(numpy_type(port.type.dtype))
        else:
            whole = generator.integers(0, INTEGERS_BELOW, shape)
            found[port.name] = whole.astype(port.type.dtype.value)
    return found


def named_outputs(result: object) -> list[Tensor]:
    """The outputs of a module in their order."""
    if isinstance(result, Tensor):
        return [result.detach()]
    assert isinstance(result, tuple)
    return [each.detach() for each in result if isinstance(each, Tensor)]
