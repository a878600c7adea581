"""Reads what an ONNX file is to do besides its net, as on the command line: `topk(5)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeVar

from netlang.build import Ends
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.recipes.keys import PathNotAllowed
from netlang.evaluate.environment import Environment
from netlang.recipes.bind import described
from netlang.recipes.load import load_recipe
from netlang.recipes.overrides import read_override
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.answers import Answer, AsPredicted
from netlang.recipes.words.preparations import AsRecipe, Preparation
from netlang.syntax import ast

__all__ = ["Layout", "ends_of"]

Layout = Literal["nhwc", "nchw"]
"""The order of the axes of images: batch, height, width and channels."""

_Word = TypeVar("_Word", Preparation, Answer)


def ends_of(
    preprocess: str | None = None,
    postprocess: str | None = None,
    layout: Layout = "nhwc",
    classes: Sequence[str] = (),
    recipe: Recipe | None = None,
) -> Ends:
    """What a file does before and after its net; `recipe` is the one that the word `recipe` means.

    Instead of that word, each of both may name a recipe: ``pets.net:pets``. Raises `NetlangError`.
    """
    preparation: Preparation | None = None
    answer: Answer | None = None
    preparing = answering = recipe
    if preprocess is not None:
        if _names_recipe(preprocess):
            preparation, preparing = AsRecipe(), load_recipe(preprocess)[0]
        else:
            preparation = _read("preprocess", preprocess, "preparation", Preparation)
    if postprocess is not None:
        if _names_recipe(postprocess):
            answer, answering = AsPredicted(), load_recipe(postprocess)[0]
        else:
            answer = _read("postprocess", postprocess, "answer", Answer)
            answering = answering or preparing
    return Ends(preparation, answer, layout, preparing, answering, tuple(classes))


def _names_recipe(text: str) -> bool:
    """Whether a text is the name of a recipe, no word: a file's name or a colon are in it."""
    return ":" in text or text.strip().endswith(".net")


def _read(key: str, text: str, kind: str, cls: type[_Word]) -> _Word:
    """The word that a text says, with its arguments."""
    value = read_override(f"{key}={text}").value
    if isinstance(value, ast.Pipeline):
        raise NetlangError(PathNotAllowed(span=value.span, key=key))
    found = described(key, kind, value, Environment(_nothing))
    assert isinstance(found, cls)
    return found


def _nothing(name: str) -> None:
    """No name has a meaning on the command line."""
