"""Turns an expression such as ``sgd(lr=0.1, momentum=0.9)`` into the description that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Edit, Fix, Note
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.binding import convert
from netlang.evaluate.environment import Environment
from netlang.evaluate.expressions import Evaluator
from netlang.evaluate.lists import single
from netlang.evaluate.values import BoundArgument, Value
from netlang.ir.arguments import Argument, Keyword, signature
from netlang.recipes.description import Description
from netlang.recipes.tables import table
from netlang.records import replace
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["argument_value", "described", "fields_of", "listed", "word_of"]


def listed(names: Iterable[str]) -> str:
    """Names for a message."""
    return ", ".join(f"`{name}`" for name in names) or "none"


def word_of(expr: ast.Expr) -> ast.Name | None:
    """The word by which an expression names a description; None if it can't name one."""
    callee = expr.callee if isinstance(expr, ast.Call) else expr
    return callee if isinstance(callee, ast.Name) else None


def described(key: str, kind: str, expr: ast.Expr, names: Environment) -> Description:
    """The description of a kind that `expr` names. Raises `NetlangError`."""
    classes = table(kind)
    word = word_of(expr)
    if word is None:
        article = "an" if kind[0] in "aeiou" else "a"
        raise NetlangError(
            refusals.NotADescription(
                span=expr.span, key=key, kind=f"{article} {kind}", available=listed(classes)
            )
        )
    cls = classes.get(word.name)
    if cls is None:
        known = fixes.data_source(word.name, expr.span) if key == "data" else None
        raise NetlangError(
            refusals.UnknownWord(
                span=word.span,
                kind=kind,
                name=word.name,
                available=listed(classes),
                fix=known or fixes.replacement(word.name, classes, word.span),
            )
        )
    arguments = expr.arguments if isinstance(expr, ast.Call) else ()
    return cls(**fields_of(cls, arguments, names, expr.span))


def fields_of(
    cls: type[Description], arguments: tuple[ast.Argument, ...], names: Environment, span: Span
) -> dict[str, object]:
    """The fields of a description from the arguments in a recipe.

    Raises `NetlangError` with all that is wrong: one mistake doesn't hide those in other arguments.
    """
    items = {item.name: item for item in signature(cls)}
    given, failures = _given(cls, arguments, tuple(items))
    if not failures:  # else one of them may be the one that is missing
        failures += _missing(cls, tuple(items.values()), given, span)
    fields: dict[str, object] = {}
    shifted = False  # of arguments in a wrong order, the first says enough
    for name, argument in given.items():
        try:
            fields[name] = _field(cls, items, name, argument, names)
        except NetlangError as error:
            if argument.name is not None or not shifted:
                failures.append(error)
            shifted = shifted or argument.name is None
    if failures:
        raise NetlangError(*(each for error in failures for each in error.diagnostics))
    return fields


def _given(
    cls: type[Description], arguments: tuple[ast.Argument, ...], names: tuple[str, ...]
) -> tuple[dict[str, ast.Argument], list[NetlangError]]:
    """The arguments by the fields that they are for, and what is wrong with others."""
    given: dict[str, ast.Argument] = {}
    failures: list[NetlangError] = []
    for position, argument in enumerate(arguments):
        try:
            single(argument, cls.name)
            name = _name(cls, arguments, position, names)
        except NetlangError as error:
            if argument.name is None:  # what those after it are for isn't known
                raise
            failures.append(error)
            continue
        if name not in given:
            given[name] = argument
            continue
        first = Note(given[name].span, f"`{name}` is given here")
        edits = (fixes.without_arguments(arguments, position, position),)
        fix = Fix("remove one of them", edits)
        twice = language.ArgumentTwice(
            span=argument.span, callee=cls.name, name=name, notes=(first,), fix=fix
        )
        failures.append(NetlangError(twice))
    return given, failures


def _field(
    cls: type[Description],
    items: Mapping[str, Argument],
    name: str,
    argument: ast.Argument,
    names: Environment,
) -> object:
    """The value of a field. A number without a name may be meant as the `length` of a schedule."""
    try:
        return argument_value(cls.name, items[name], single(argument, cls.name), names)
    except NetlangError as error:
        length = items.get("length")
        if (
            argument.name is not None
            or length is None
            or not _converts(cls, length, argument, names)
        ):
            raise
        start, text = argument.span.start, argument.value.span.text
        edit = Edit(Span(argument.span.source, start, start), "length=")
        fix = Fix(f"its length has a name: `{cls.name}(length={text})`", (edit,))
        raise NetlangError(*(replace(each, fix=fix) for each in error.diagnostics)) from None


def _converts(
    cls: type[Description], item: Argument, argument: ast.Argument, names: Environment
) -> bool:
    try:
        argument_value(cls.name, item, single(argument, cls.name), names)
    except NetlangError:
        return False
    return True


def argument_value(callee: str, item: Argument, expr: ast.Expr, names: Environment) -> object:
    """The value of an argument as its field wants it. Raises `NetlangError`."""
    words = item.kind.keywords
    listed_names = expr.items if isinstance(expr, ast.ListExpr) else (expr,)
    for each in listed_names if words else ():
        if isinstance(each, ast.Name) and each.name not in words and names.find(each.name) is None:
            raise NetlangError(
                language.BadArgument(
                    span=each.span,
                    callee=callee,
                    name=item.name,
                    expected=item.kind.description,
                    actual=f"`{each.name}`",
                    fix=fixes.replacement(each.name, words, each.span),
                )
            )
    found = _keywords(expr, words, names)
    if found is None:
        found = Evaluator(names, keywords=frozenset(words)).decided(expr)
    return convert(callee, item, BoundArgument(found, expr.span))


def _keywords(
    expr: ast.Expr | ast.Spread, words: tuple[str, ...], names: Environment
) -> Value | None:
    """A bare word or a list of them, even if an operator has the name: `conv`, `linear`."""
    if isinstance(expr, ast.Name):
        free = expr.name in words and names.find(expr.name) is None
        return Keyword(expr.name) if free else None
    if isinstance(expr, ast.ListExpr) and expr.items:
        found = [_keywords(each, words, names) for each in expr.items]
        kept = tuple(each for each in found if each is not None)
        return kept if len(kept) == len(found) else None
    return None


def _missing(
    cls: type[Description],
    items: tuple[Argument, ...],
    given: dict[str, ast.Argument],
    span: Span,
) -> Iterator[NetlangError]:
    """The error for the first argument that has to be given and isn't."""
    lacking = next((item for item in items if item.required and item.name not in given), None)
    if lacking is not None:
        yield NetlangError(
            language.MissingArgument(
                span=span,
                callee=cls.name,
                name=lacking.name,
                description=lacking.kind.description,
                call=fixes.completed(cls.name, span, [lacking.name]),
                fix=fixes.missing_arguments(span, items, given),
            )
        )


def _name(
    cls: type[Description],
    arguments: tuple[ast.Argument, ...],
    position: int,
    names: tuple[str, ...],
) -> str:
    """The field that an argument is for."""
    argument = arguments[position]
    if argument.name is None:
        if position < len(names):
            return names[position]
        limit = {0: "no arguments", 1: "1 argument"}.get(len(names), f"{len(names)} arguments")
        raise NetlangError(
            language.TooManyArguments(
                span=argument.span,
                callee=cls.name,
                expected=limit,
                given=len(arguments),
                available=listed(names),
                fix=Fix("remove it", (fixes.without_arguments(arguments, position, position),)),
            )
        )
    if argument.name in names:
        return argument.name
    span = argument.name_span or argument.span
    raise NetlangError(
        language.UnknownArgument(
            span=span,
            callee=cls.name,
            name=argument.name,
            available=listed(names),
            fix=fixes.replacement(argument.name, names, span),
        )
    )
