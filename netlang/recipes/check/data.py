"""Checks a recipe's wishes about its data: parts, channels, types of elements."""

from __future__ import annotations

from collections.abc import Iterator

from netlang import advice as fixes
from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic, Fix
from netlang.ir.program import Port, Program
from netlang.ir.types import DType
from netlang.recipes.recipe import Recipe
from netlang.recipes.sections.inputs import given_inputs
from netlang.recipes.words.data_arrays import Arrays
from netlang.recipes.words.data_images import ImageSource

__all__ = ["check_data", "other_channels"]


def check_data(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    """Errors about the data of a recipe that can be found without the data."""
    data = recipe.data
    if recipe.validation is not None and data.own_validation:
        assert isinstance(data, ImageSource | Arrays)
        yield refusals.ValidationTwice(
            span=recipe.places["validation"], part=data.validation, data=data.name
        )
    if isinstance(data, ImageSource | Arrays):
        for key, purpose in (("validation", "validation"), ("test", "the test")):
            if getattr(data, key) == data.train and data.train != "found":
                yield refusals.PartTwice(
                    span=recipe.places["data"], part=data.train, purpose=purpose, key=key
                )
    channels = other_channels(recipe, program)
    if channels is not None:
        yield _channels(recipe, program, channels)
    for port in given_inputs(recipe, program):
        dtype = port.type.dtype
        whole = isinstance(data, Arrays) and dtype in (DType.INT64, DType.INT32)
        if not (dtype.is_float or whole):
            yield _elements(recipe, program, port)
            return


def _elements(recipe: Recipe, program: Program, port: Port) -> Diagnostic:
    given = "floats or whole numbers" if isinstance(recipe.data, Arrays) else "floats"
    shape = ", ".join(map(str, port.type.shape))
    advice = f"train a net of floats: `input {port.name}: [{shape}]`"
    if port.type.dtype is DType.UINT8:
        advice += "; `netlang compile --preprocess recipe` makes a file of it that takes bytes"
    return refusals.ElementsNotGiven(
        span=recipe.places["data"],
        input=port.name,
        net=program.name,
        expected=port.type.dtype.value,
        data=recipe.data.name,
        given=given,
        advice=advice,
    )


def other_channels(recipe: Recipe, program: Program) -> int | None:
    """The channels that the net takes, if image files can have, but don't have, that many."""
    inputs = given_inputs(recipe, program)
    if not isinstance(recipe.data, ImageSource) or len(inputs) != 1:
        return None
    shape = inputs[0].type.shape
    if len(shape) != 3 or shape[0] not in (1, 3) or shape[0] == recipe.data.channels:
        return None
    assert isinstance(shape[0], int)
    return shape[0]


def _channels(recipe: Recipe, program: Program, wanted: int) -> Diagnostic:
    data, span = recipe.data, recipe.places["data"]
    assert isinstance(data, ImageSource)
    written = f"channels={wanted}"
    fix = Fix(f"write `{written}`", (fixes.with_arguments(span, (written,)),))
    return refusals.SourceChannels(
        span=span,
        data=data.name,
        net=program.name,
        actual=_counted(data.channels),
        expected=_counted(wanted),
        channels=str(wanted),
        fix=None if "channels" in span.text else fix,
    )


def _counted(channels: int) -> str:
    return "1 channel" if channels == 1 else f"{channels} channels"
