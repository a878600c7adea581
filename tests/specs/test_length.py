"""Tokens of the specs beside torchvision's modules, both without docstrings and comments.

Of torchvision's modules the weights entries don't count either, and of specs the recipes, which
torchvision keeps elsewhere.
"""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Iterator
from functools import cache
from io import StringIO
from pathlib import Path
from statistics import median

from netlang.elaborate.files import bundled_files
from netlang.source import Source
from netlang.syntax.ast import TrainDef
from netlang.syntax.format_same import tokens_of
from netlang.syntax.parser import parse
from tests.analysis.oracles import torchvision_models

# torchvision's module, and the specs that say the same.
FAMILIES = {
    "alexnet": ("alexnet",),
    "convnext": ("convnext",),
    "densenet": ("densenet",),
    "efficientnet": ("efficientnet",),
    "googlenet": ("googlenet",),
    "inception": ("inception_v3",),
    "mnasnet": ("mnasnet",),
    "mobilenetv2": ("mobilenet_v2",),
    "mobilenetv3": ("mobilenet_v3",),
    "regnet": ("regnet",),
    "resnet": ("resnet", "resnext", "wide_resnet"),
    "shufflenetv2": ("shufflenet_v2",),
    "squeezenet": ("squeezenet",),
    "vgg": ("vgg",),
}
_LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


@cache
def ratios() -> dict[str, float]:
    """Tokens of the specs for each one of torchvision."""
    return {
        family: sum(map(tokens_of_spec, specs)) / tokens_of_python(family)
        for family, specs in FAMILIES.items()
    }


def tokens_of_spec(name: str) -> int:
    text = bundled_files()[name].read_text(encoding="utf-8")
    recipes = [item.span for item in parse(Source(name, text)).items if isinstance(item, TrainDef)]
    tokens = tokens_of(text)
    return sum(
        kind not in ("DOC", "SEP") and not any(span.start <= start < span.end for span in recipes)
        for kind, start in zip(tokens.kinds, tokens.starts, strict=True)
    )


def tokens_of_python(module: str) -> int:
    path = Path(torchvision_models().__file__ or "").parent / f"{module}.py"
    text = path.read_text(encoding="utf-8")
    left_out = {line for node in _left_out(ast.parse(text)) for line in _lines(node)}
    return sum(
        token.type not in _LAYOUT and token.start[0] not in left_out
        for token in tokenize.generate_tokens(StringIO(text).readline)
    )


def _left_out(tree: ast.Module) -> Iterator[ast.stmt]:
    """Docstrings and weights entries."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name.endswith("_Weights"):
            yield node
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (
            ast.get_docstring(node) is not None
        ):
            yield node.body[0]


def _lines(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def test_specs_are_a_third_as_long() -> None:
    assert median(ratios().values()) <= 1 / 3


def test_every_spec_is_less_than_half_as_long() -> None:
    assert {family: ratio for family, ratio in ratios().items() if ratio > 1 / 2} == {}
