"""Lines of emitted PyTorch source beside the libraries' own: ``python -m benchmarks.source``.

For each net that torchvision or timm has: the lines of code that `netlang compile` writes, imports
and helpers included, and those of the library's classes of which the module is made, with the
classes that they derive from. Blank lines, comments and docstrings don't count. Of the library,
neither do functions that choose settings and load weights, nor what other projects define.
"""

from __future__ import annotations

import ast
import inspect
import re
import statistics
import textwrap
import tokenize
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from typing import Any

import torch
from torch import nn

from netlang.backends.torch import emit
from netlang.elaborate import load_program
from tests.analysis.oracles import torchvision_models
from tests.specs.length import LAYOUT, classes_of, docstrings, extent
from tests.specs.rows import NAMES
from tests.specs.test_timm import NETS

__all__ = ["Beside", "beside", "code_lines", "main", "names"]


@dataclass(frozen=True, slots=True)
class Beside:
    """Lines of code of a net: emitted, and in the library."""

    name: str
    emitted: int
    library: int

    @property
    def ratio(self) -> float:
        return self.emitted / self.library


def names() -> list[str]:
    """The nets that are compared."""
    return [*NAMES, *NETS]


def beside(name: str) -> Beside:
    return Beside(name, code_lines(emit(load_program(name))), sum(map(_length, _classes(name))))


def code_lines(text: str) -> int:
    """The lines with something on them other than comments and docstrings."""
    left_out = {line for node in docstrings(ast.parse(text)) for line in extent(node)}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(StringIO(text).readline):
        if token.type not in LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - left_out)


def _classes(name: str) -> set[type]:
    """The library's own classes of a net's modules, and what they derive from."""
    regnet = re.match("regnet_[xy]_", name)
    # RegNet computes its widths with tensors; of each kind all nets have the same classes.
    with nullcontext() if regnet else torch.device("meta"):
        return classes_of(_module(f"{regnet[0]}400mf" if regnet else name))


def _module(name: str) -> nn.Module:
    models = torchvision_models()
    if name in NETS:
        timm: Any = import_module("timm")
        made: nn.Module = timm.create_model(NETS[name])
        return made
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    built: nn.Module = getattr(models, name)(**options)
    return built


def _length(kind: type) -> int:
    return code_lines(textwrap.dedent(inspect.getsource(kind)))


def main() -> None:
    found = [beside(name) for name in names()]
    print("| net | emitted | library | ratio |\n|---|---:|---:|---:|")
    for each in sorted(found, key=lambda each: each.ratio):
        print(f"| {each.name} | {each.emitted} | {each.library} | {each.ratio:.2f} |")
    print(f"\nmedian ratio: {statistics.median(each.ratio for each in found):.2f}")


if __name__ == "__main__":
    main()
