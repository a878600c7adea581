"""What a space must be: at least two values, in order, none twice."""

from __future__ import annotations

from collections.abc import Iterator

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Fix, Note
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.lists import single
from netlang.recipes.words.spaces import CHOICE, NumberSpace
from netlang.syntax import ast

__all__ = ["options_of", "require_options", "require_values"]


def require_values(name: str, space: NumberSpace, call: ast.Call) -> None:
    """Raises `NetlangError` for a space without two values."""
    low, high = repr(space.low), repr(space.high)
    if space.low > space.high:
        named = {each.name for each in call.arguments[:2]}
        swapped = fixes.replaced(
            call.span, f"{space.name}({high}, {low})", f"swap {low} and {high}"
        )
        raise NetlangError(
            refusals.SpaceBackwards(
                span=call.span,
                name=name,
                word=space.name,
                low=low,
                high=high,
                fix=swapped if named == {None} and len(call.arguments) == 2 else None,
            )
        )
    if space.near(space.high) == space.low:
        equal = space.low == space.high
        advice = f"write `{low}`, or another end" if equal else "give a smaller `step`"
        raise NetlangError(refusals.SpaceOfOne(span=call.span, name=name, low=low, advice=advice))


def options_of(call: ast.Call) -> Iterator[ast.Expr]:
    """The values of a `choice`. Raises `NetlangError` for arguments with names."""
    for each in call.arguments:
        if each.name is not None:
            raise NetlangError(
                language.UnknownArgument(
                    span=each.name_span or each.span,
                    callee=CHOICE,
                    name=each.name,
                    available="its values, without names",
                )
            )
        yield single(each, CHOICE)


def require_options(call: ast.Call, options: tuple[ast.Expr, ...], texts: tuple[str, ...]) -> None:
    """Raises `NetlangError` unless there are two different values at least."""
    if len(options) < 2:
        only = options[0] if options else None
        fix = None
        if isinstance(only, ast.ListExpr) and len(only.items) > 1:
            inner = only.span.text.strip()[1:-1].strip()
            fix = fixes.replaced(
                only.span, inner, f"write the values themselves: `choice({inner})`"
            )
        raise NetlangError(refusals.ChoiceOfOne(span=call.span, count=len(options), fix=fix))
    for place, text in enumerate(texts):
        first = texts.index(text)
        if first < place:
            edit = fixes.without_arguments(call.arguments, place, place)
            raise NetlangError(
                refusals.ChoiceTwice(
                    span=options[place].span,
                    value=text,
                    notes=(Note(options[first].span, "given here"),),
                    fix=Fix("remove one of them", (edit,)),
                )
            )
