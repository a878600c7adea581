"""Makers of nodes for values and labels; `builder.py` describes their arguments."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.source import Span
from netlang.syntax.ast import (
    Argument,
    Attribute,
    Binary,
    Boolean,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Dims,
    Expr,
    ForClause,
    Here,
    In,
    Index,
    Label,
    LabelPart,
    ListExpr,
    Logical,
    Name,
    Number,
    RangeExpr,
    Slice,
    Spread,
    String,
    Targets,
    TupleExpr,
    Unary,
)  # fmt: skip
from netlang.syntax.construct.builder import Builder, Maker, Parts
from netlang.syntax.limits import MAX_DEPTH, Mistake
from netlang.syntax.literals import dims_value, number_value, string_value

__all__ = ["EXPRESSIONS"]

_FOREIGN = frozenset(("True", "False", "None"))


def _number(b: Builder, parts: Parts, first: int, last: int) -> Number:
    return Number(b.span(first, last), number_value(b.text(first), b.starts[first]))


def _string(b: Builder, parts: Parts, first: int, last: int) -> String:
    return String(b.span(first, last), string_value(b.text(first), b.starts[first]))


def _boolean(b: Builder, parts: Parts, first: int, last: int) -> Boolean:
    return Boolean(b.span(first, last), b.kinds[first] == "true")


def _dims(b: Builder, parts: Parts, first: int, last: int) -> Dims:
    return Dims(b.span(first, last), dims_value(b.text(first), b.starts[first]))


def _name(b: Builder, parts: Parts, first: int, last: int) -> Name:
    name = b.text(first)
    if name in _FOREIGN:
        raise Mistake("foreign_constant", b.starts[first], b.ends[last])
    return Name(b.span(first, last), name)


def _in(b: Builder, parts: Parts, first: int, last: int) -> In:
    return In(b.span(first, last))


def _here(b: Builder, parts: Parts, first: int, last: int) -> Here:
    return Here(b.span(first, last))


def _list(b: Builder, parts: Parts, first: int, last: int) -> ListExpr:
    return ListExpr(b.span(first, last), tuple(parts))


def _tuple(b: Builder, parts: Parts, first: int, last: int) -> TupleExpr:
    return TupleExpr(b.span(first, last), tuple(parts))


def _spread(b: Builder, parts: Parts, first: int, last: int) -> Spread:
    return Spread(b.span(first, last), parts[0])


def _targets(b: Builder, parts: Parts, first: int, last: int) -> Targets:
    return Targets(b.span(first, last), tuple(parts))


def _for_clause(b: Builder, parts: Parts, first: int, last: int) -> ForClause:
    """Names, the token `in`, the list, then the conditions."""
    place = next(place for place, part in enumerate(parts) if isinstance(part, int))
    targets, (iterable, *conditions) = tuple(parts[:place]), parts[place + 1 :]
    return ForClause(b.span(first, last), targets, iterable, tuple(conditions))


def _comprehension(b: Builder, parts: Parts, first: int, last: int) -> Comprehension:
    return Comprehension(b.span(first, last), parts[0], tuple(parts[1:]))


def _range(b: Builder, parts: Parts, first: int, last: int) -> RangeExpr:
    return RangeExpr(b.span(first, last), parts[0], parts[1])


def _attribute(b: Builder, parts: Parts, first: int, last: int) -> Attribute:
    return Attribute(b.span(first, last), parts[0], b.text(last), b.span(last, last))


def _numbered(b: Builder, parts: Parts, first: int, last: int) -> Attribute:
    """`halves.0`, an attribute by number; the `0.1` of `pair.0.1` is lexed as one number."""
    value: Expr = parts[0]
    for number in _digits(b, last):
        span = Span(b.source, value.span.start, number.end)
        value = Attribute(span, value, number.text, number)
    assert isinstance(value, Attribute)
    return value


def _index(b: Builder, parts: Parts, first: int, last: int) -> Index:
    return Index(b.span(first, last), parts[0], parts[1])


def _slice(b: Builder, parts: Parts, first: int, last: int) -> Slice:
    """The parts after the value are bounds and the colons between them."""
    bounds: list[Expr | None] = [None, None, None]
    place = 0
    for part in parts[1:]:
        if isinstance(part, int):
            place += 1
        else:
            bounds[place] = part
    return Slice(b.span(first, last), parts[0], *bounds)


def _argument(b: Builder, parts: Parts, first: int, last: int) -> Argument:
    span = b.span(first, last)
    if len(parts) == 1:
        return Argument(span, None, None, parts[0])
    return Argument(span, b.text(first), b.span(first, first), parts[1])


def _arguments(b: Builder, parts: Parts, first: int, last: int) -> tuple[Argument, ...]:
    return tuple(parts)


def _call(b: Builder, parts: Parts, first: int, last: int) -> Call:
    return Call(b.span(first, last), parts[0], parts[1])


def _unary(b: Builder, parts: Parts, first: int, last: int) -> Unary:
    return Unary(b.span(first, last), b.text(parts[0]), parts[1])


def _binary(b: Builder, parts: Parts, first: int, last: int) -> Binary:
    return Binary(b.span(first, last), b.text(parts[1]), parts[0], parts[2])


def _compare(b: Builder, parts: Parts, first: int, last: int) -> Compare:
    operators = tuple(b.text(token) for token in parts[1::2])
    return Compare(b.span(first, last), operators, tuple(parts[::2]))


def _logical(b: Builder, parts: Parts, first: int, last: int) -> Logical:
    return Logical(b.span(first, last), b.text(parts[1]), parts[0], parts[2])


def _conditional(b: Builder, parts: Parts, first: int, last: int) -> Conditional:
    then, condition, otherwise = parts
    return Conditional(b.span(first, last), condition, then, otherwise)


# --- labels ------------------------------------------------------------------------------------


def _mixed_part(b: Builder, parts: Parts, first: int, last: int) -> list[str | Expr]:
    """`layer{i}_a` piece by piece; each piece begins where the previous one ends."""
    pieces: list[str | Expr] = parts[0] if isinstance(parts[0], list) else []
    if pieces and b.starts[last] != b.ends[last - 1] and b.kinds[last] != "}":
        raise Mistake("space_in_label", b.ends[last - 1], b.starts[last])
    for part in parts[1 if pieces else 0 :]:
        pieces.append(_word(b, part) if isinstance(part, int) else part)
    return pieces


def _label_part(b: Builder, parts: Parts, first: int, last: int) -> list[LabelPart]:
    """One part, or two: the `0.1` of `branch.0.1` is lexed as one number."""
    part = parts[0]
    span = b.span(first, last)
    if isinstance(part, list):
        return [LabelPart(span, tuple(part), False)]
    if b.kinds[part] == "STRING":
        return [LabelPart(span, _quoted(b, span), True)]
    if b.kinds[part] != "NUMBER":
        return [LabelPart(span, (b.text(part),), False)]
    return [LabelPart(digits, (digits.text,), False) for digits in _digits(b, part)]


def _digits(b: Builder, token: int) -> Iterator[Span]:
    """The parts of a name in a number: the whole number, or the digits before and after its dot."""
    start = b.starts[token]
    for digits in _word(b, token).split("."):
        end = start + len(digits)
        yield Span(b.source, start, end)
        start = end + 1


def _word(b: Builder, token: int) -> str:
    """The text of a name, or of a number that can be part of a name: digits, or two with a dot."""
    text = b.text(token)
    if b.kinds[token] == "NUMBER" and not text.replace(".", "").isdigit():
        raise Mistake("number_in_label", b.starts[token], b.ends[token])
    return text


def _quoted(b: Builder, span: Span) -> tuple[str | Expr, ...]:
    """The pieces of `"block1-{j}"`: texts, and expressions in braces."""
    text, pieces, at = b.characters, [], span.start + 1
    end = span.end - 1
    while at < end:
        opening = text.find("{", at, end)
        if opening < 0:
            opening = end
        if opening > at:
            pieces.append(_literal(text, at, opening))
        if opening == end:
            break
        closing = text.find("}", opening, end)
        if closing < 0:
            raise Mistake("open_computed", opening, end)
        pieces.append(b.parse_expression(b.source, opening + 1, closing))
        at = closing + 1
    return tuple(pieces)


def _literal(text: str, start: int, end: int) -> str | Expr:
    if "}" in text[start:end]:
        at = text.index("}", start)
        raise Mistake("lone_brace", at, at + 1)
    return string_value(f'"{text[start:end]}"', start - 1)


def _dotted(b: Builder, parts: Parts, first: int, last: int) -> list[LabelPart]:
    joined: list[LabelPart] = parts[0]
    for part in parts[1:]:
        joined.extend(part)
    if len(joined) > MAX_DEPTH:  # each part of a label is a scope in the one before
        raise Mistake("too_deep", b.starts[first], b.ends[last])
    return joined


def _label(b: Builder, parts: Parts, first: int, last: int) -> Label:
    return Label(b.span(first, last), tuple(parts[0]))


EXPRESSIONS: dict[str, Maker] = {
    "number": _number, "string": _string, "boolean": _boolean, "dims": _dims, "name": _name,
    "in": _in, "here": _here, "list_expr": _list, "tuple_expr": _tuple, "range_expr": _range,
    "spread": _spread, "targets": _targets, "for_clause": _for_clause,
    "comprehension": _comprehension,
    "attribute": _attribute, "numbered": _numbered, "index": _index, "slice": _slice,
    "argument": _argument, "arguments": _arguments, "call": _call, "unary": _unary,
    "binary": _binary, "compare": _compare, "logical": _logical, "conditional": _conditional,
    "mixed_part": _mixed_part, "label_part": _label_part, "dotted": _dotted, "label": _label,
}  # fmt: skip
