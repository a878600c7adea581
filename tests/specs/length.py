"""Tokens of the specs beside torchvision's modules, both without docstrings and comments.

Of torchvision's modules the weights entries don't count either, and of specs the recipes, which
torchvision keeps elsewhere. Of timm, whose modules have much besides, the classes count of which a
model is made.
"""

from __future__ import annotations

import ast
import inspect
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from textwrap import dedent

import torch
from torch import nn

from netlang.modules.files import bundled_files
from netlang.source import Source
from netlang.syntax.ast import TrainDef
from netlang.syntax.format.same import tokens_of
from netlang.syntax.parser import parse
from tests.analysis.oracles import torchvision_models
from tests.specs.test_timm import NETS, timm

__all__ = [
    "FAMILIES", "LAYOUT", "Length", "classes_of", "docstrings", "extent", "lengths",
    "lengths_beside_timm", "tokens_of_python", "tokens_of_spec",
]  # fmt: skip

# torchvision's module, and the specs that say the same, with the blocks that are its own.
FAMILIES = {
    "alexnet": ("alexnet",),
    "convnext": ("convnext",),
    "densenet": ("densenet", "blocks.dense"),
    "efficientnet": ("efficientnet",),
    "googlenet": ("googlenet",),
    "inception": ("inception_v3",),
    "maxvit": ("maxvit",),
    "mnasnet": ("mnasnet", "blocks.inverted_residual"),
    "mobilenetv2": ("mobilenet_v2",),
    "mobilenetv3": ("mobilenet_v3",),
    "regnet": ("regnet",),
    "resnet": ("resnet", "resnext", "wide_resnet"),
    "shufflenetv2": ("shufflenet_v2", "blocks.shuffle"),
    "squeezenet": ("squeezenet", "blocks.fire"),
    "swin_transformer": ("swin", "swin_v2"),
    "vgg": ("vgg",),
    "vision_transformer": ("vit",),
}
# The spec of a family, and the smallest net in it that timm has.
TIMM = {"convnext_v2": "convnext_v2_atto", "hrnet": "hrnet_w18", "mlp_mixer": "mixer_s_32"}
# Tokens that are no code.
LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True, slots=True)
class Length:
    """Tokens of the specs of a family, and of torchvision's module or timm's classes."""

    specs: tuple[str, ...]
    spec: int
    python: int

    @property
    def ratio(self) -> float:
        return self.spec / self.python


@cache
def lengths() -> dict[str, Length]:
    """By torchvision's module."""
    return {
        family: Length(specs, sum(map(_spec, specs)), tokens_of_python(_module(family)))
        for family, specs in FAMILIES.items()
    }


@cache
def lengths_beside_timm() -> dict[str, Length]:
    """By timm's model."""
    found = {}
    for spec, name in TIMM.items():
        with torch.device("meta"):
            classes = classes_of(timm.create_model(NETS[name]))
        python = sum(tokens_of_python(dedent(inspect.getsource(each))) for each in classes)
        found[NETS[name]] = Length((spec,), _spec(spec), python)
    return found


def classes_of(model: nn.Module) -> set[type]:
    """The library's own classes of a model's modules, and what they derive from."""
    return {
        base
        for kind in {type(module) for module in model.modules()}
        for base in kind.__mro__
        if base.__module__.partition(".")[0] in ("torchvision", "timm")
    }


def _spec(name: str) -> int:
    return tokens_of_spec(bundled_files()[name].read_text(encoding="utf-8"))


def _module(family: str) -> str:
    path = Path(torchvision_models().__file__ or "").parent / f"{family}.py"
    return path.read_text(encoding="utf-8")


def tokens_of_spec(text: str) -> int:
    recipes = [
        item.span for item in parse(Source("spec", text)).items if isinstance(item, TrainDef)
    ]
    tokens = tokens_of(text)
    return sum(
        kind not in ("DOC", "SEP", "$END")
        and not any(span.start <= start < span.end for span in recipes)
        for kind, start in zip(tokens.kinds, tokens.starts, strict=True)
    )


def tokens_of_python(text: str) -> int:
    left_out = {line for node in _left_out(ast.parse(text)) for line in extent(node)}
    return sum(
        token.type not in LAYOUT and token.start[0] not in left_out for token in _tokens(text)
    )


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens, a formatted string as one: from Python 3.12 on its parts are tokens too."""
    depth = 0
    for token in tokenize.generate_tokens(StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if depth == 0:
            yield token
        depth += (kind == "FSTRING_START") - (kind == "FSTRING_END")


def _left_out(tree: ast.Module) -> Iterator[ast.stmt]:
    """Docstrings and weights entries."""
    yield from docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name.endswith("_Weights"):
            yield node


def docstrings(tree: ast.Module) -> Iterator[ast.stmt]:
    """Those of the module, its classes and functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (
            ast.get_docstring(node) is not None
        ):
            yield node.body[0]


def extent(node: ast.stmt) -> range:
    """The lines of a statement."""
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)
