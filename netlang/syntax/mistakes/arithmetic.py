"""Arithmetic of values, which the language writes as steps: `a + b`, `3 * y`, `output y / 2`."""

from __future__ import annotations

from typing import NamedTuple

from netlang.diagnostics.diagnostic import Diagnostic, Fix
from netlang.syntax.mistakes.spot import Spot
from netlang.syntax.number_steps import step_with

__all__ = ["ARITHMETIC"]

_MERGES = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
_OPERATORS = frozenset((*_MERGES, "**"))
# Merges of any number of values.
_OF_SEVERAL = frozenset("+*")
# Values of a merge that still reads well.
_MOST_VALUES = 16
# What a value has, which is no value: sizes, and NumPy's transposed matrix.
_ATTRIBUTES = {"channels", "shape", "length", "height", "width", "depth", "T", "mT"}
_OUTPUTS = ("output", "auxiliary")
_ENDS = ("SEP", "}", "$END", "->")
_ANY = (
    "values are computed in steps, one after the other: `(a, b) -> add` adds two of them, "
    "`a -> scale(2)` multiplies one by a number"
)


class _Operand(NamedTuple):
    """A value or a number, and the offset of the token after it."""

    text: str
    is_number: bool
    after: int


class _Sum(NamedTuple):
    """Operands with the operators between them."""

    operands: list[_Operand]
    operators: list[str]

    @property
    def after(self) -> int:
        """The offset of the token after it."""
        return self.operands[-1].after


def _arithmetic(spot: Spot) -> Diagnostic | None:
    """`a + b` of values and numbers, where a path or an output stands."""
    if spot.innermost != "{" or not _may_be_path(spot):
        return None
    found = _sum_at(spot, spot.first + _head(spot))
    if found is None or found.after <= 0 or not found.operators:
        return None
    if all(operand.is_number for operand in found.operands) or spot.kind(found.after) == ":":
        return None
    steps = _steps(found)
    if steps is None or spot.kind(found.after) not in _ENDS:
        return spot.unexpected(_ANY)
    return _as_steps(spot, found, steps)


def _may_be_path(spot: Spot) -> bool:
    """Whether the statement is a path or an output, as far as it could be read."""
    begins = spot.kind() == "-" and "reuse" in spot.allowed
    return begins or "->" in spot.allowed or _is_output(spot)


def _is_output(spot: Spot) -> bool:
    return spot.text(spot.first) in _OUTPUTS and spot.kind(spot.first + 1) != ":"


def _head(spot: Spot) -> int:
    """The number of tokens in front of the path: `label:`, `output`, `output name:`."""
    first, is_output = spot.first, _is_output(spot)
    named = (spot.kind(first + is_output), spot.kind(first + is_output + 1)) == ("NAME", ":")
    return is_output + 2 * named


def _sum_at(spot: Spot, offset: int) -> _Sum | None:
    """The operands from a token on; a minus in front of the first is a product with -1."""
    first = _operand(spot, offset)
    if first is None and spot.kind(offset) == "-" and (value := _operand(spot, offset + 1)):
        found = _Sum([_Operand("-1", True, offset), value], ["*"])
    elif first is not None:
        found = _Sum([first], [])
    else:
        return None
    while spot.kind(found.after) in _OPERATORS:
        operator = spot.kind(found.after)
        operand = _operand(spot, found.after + 1)
        if operand is None:
            return None
        found.operators.append(operator)
        found.operands.append(operand)
    return found


def _operand(spot: Spot, offset: int) -> _Operand | None:
    """`y`, `y.0`, `here`, `2`, `-2`."""
    sign = "-" if (spot.kind(offset), spot.kind(offset + 1)) == ("-", "NUMBER") else ""
    last = offset + len(sign)
    if spot.kind(last) == "NUMBER":
        return _Operand(sign + spot.text(last), True, last + 1)
    if spot.kind(last) not in ("NAME", "here"):
        return None
    while spot.kind(last + 1) == "." and spot.kind(last + 2) in ("NAME", "NUMBER"):
        last += 2
    return _Operand(spot.span(offset).to(spot.span(last)).text, False, last + 1)


def _steps(found: _Sum) -> tuple[str, ...] | None:
    """A path of the same meaning: where it starts, and its steps. None if there is no short one."""
    operators = set(found.operators)
    if any(_ATTRIBUTES.intersection(each.text.split(".")[1:]) for each in found.operands):
        return None
    if not any(operand.is_number for operand in found.operands):
        (operator, *others) = operators
        if others or operator not in _MERGES or len(found.operands) > _MOST_VALUES:
            return None
        if len(found.operands) > 2 and operator not in _OF_SEVERAL:
            return None
        values = ", ".join(operand.text for operand in found.operands)
        return f"({values})", _MERGES[operator]
    if len(found.operands) > 2:
        return None
    one, two = found.operands
    if one.after < two.after and one.text == "-1" and found.operators == ["*"]:
        return two.text, "neg"
    value, number = (two, one) if one.is_number else (one, two)
    return _with_number(value.text, found.operators[0], number.text, in_front=one.is_number)


def _with_number(value: str, operator: str, number: str, in_front: bool) -> tuple[str, ...] | None:
    if not float(number.lstrip("-").rstrip("kMGT").replace("_", "")):
        return None
    if operator == "**":
        return None if in_front else (value, f"pow({number})")
    if operator == "/" and in_front:
        return (value, "pow(-1)") if number == "1" else (value, "pow(-1)", f"scale({number})")
    step = step_with(_MERGES[operator], number, in_front=in_front)
    return None if step is None else (value, step)


def _as_steps(spot: Spot, found: _Sum, steps: tuple[str, ...]) -> Diagnostic:
    """`y -> scale(0.17)`, with the label on the step that makes the value."""
    first, head = spot.first, _head(spot)
    text, begin = " -> ".join(steps), first + head
    fixed: str | None = text
    if _is_output(spot):
        if head == 1:
            fixed, begin = f"{spot.text(first)} out: {text}", first
    elif head and spot.kind(found.after) == "->":
        fixed = None  # the label belongs to a later step
    elif head:
        *before, last = steps
        fixed, begin = " -> ".join((*before, f"{spot.text(first)}: {last}")), first
    advice = f"{_why(found)}: `{fixed or text}`{_repeats(found)}"
    start, end = spot.span(begin).start, spot.span(found.after - 1).end
    fix: Fix | None = None if fixed is None else spot.replacing(advice, start, end, fixed)
    return spot.unexpected(advice, fix)


def _why(found: _Sum) -> str:
    several = not any(operand.is_number for operand in found.operands)
    return "values are joined by a merge" if several else "a value meets a number in a step"


def _repeats(found: _Sum) -> str:
    """What `relu * 3` may mean."""
    number = found.operands[-1].text
    if found.operators != ["*"] or not number.isdecimal():
        return ""
    return f"; steps are repeated by `repeat {number} {{ ... }}`"


def _repeated_step(spot: Spot) -> Diagnostic | None:
    """`conv(8, 3x3) * 3`."""
    if (spot.kind(-1), spot.kind(), spot.kind(1)) != (")", "*", "NUMBER"):
        return None
    if spot.innermost != "{" or "->" not in spot.allowed:
        return None
    return spot.unexpected(f"steps are repeated by `repeat {spot.text(1)} {{ ... }}`")


ARITHMETIC = (_arithmetic, _repeated_step)
