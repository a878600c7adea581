"""Errors about compile-time values and arguments (E03xx)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "ArgumentTwice",
    "BadArgument",
    "BadCondition",
    "BadCount",
    "BadIndex",
    "BadIterable",
    "BadOperands",
    "BadTargets",
    "DependsOnSizes",
    "DivisionByZero",
    "FunctionRefused",
    "MissingArgument",
    "NotCallable",
    "NumberTooLarge",
    "TooManyArguments",
    "UnknownArgument",
]


class UnknownArgument(Diagnostic):
    code = "E0301"
    title = "`{callee}` has no argument `{name}`"
    caption = "unknown argument"
    help = "it takes {available}"

    callee: str
    name: str
    available: str


class MissingArgument(Diagnostic):
    code = "E0302"
    title = "`{callee}` needs a value for `{name}`"
    caption = "`{name}` is missing: {description}"
    help = "write `{call}`"

    callee: str
    name: str
    description: str
    call: str


class TooManyArguments(Diagnostic):
    code = "E0303"
    title = "`{callee}` takes {expected}, not {given}"
    caption = "one too many"
    help = "it takes {available}"

    callee: str
    expected: str
    given: int
    available: str


class ArgumentTwice(Diagnostic):
    code = "E0304"
    title = "argument `{name}` of `{callee}` is given twice"
    caption = "given before"
    help = "remove one of them"

    callee: str
    name: str


class BadArgument(Diagnostic):
    code = "E0305"
    title = "`{name}` of `{callee}` must be {expected}"
    caption = "this is {actual}"
    help = "give {expected}"

    callee: str
    name: str
    expected: str
    actual: str


class BadOperands(Diagnostic):
    code = "E0306"
    title = "`{operator}` doesn't work on {operands}"
    caption = "{operands}"
    help = "{advice}"

    operator: str
    operands: str
    advice: str = "convert or index the values so that both sides are numbers"


class DivisionByZero(Diagnostic):
    code = "E0307"
    title = "division by zero"
    caption = "the divisor is 0"
    help = "guard it: `a / b if b != 0 else ...`"


class BadIndex(Diagnostic):
    code = "E0308"
    title = "index {index} is outside a list of {length}"
    caption = "valid are 0 to {last}, or -{length} to -1"
    help = "indices start at 0"

    index: str
    length: int
    last: int


class NotCallable(Diagnostic):
    code = "E0309"
    title = "{what} can't be called"
    caption = "only functions and layers take arguments in parentheses"
    help = "remove the parentheses"

    what: str


class FunctionRefused(Diagnostic):
    code = "E0310"
    title = "`{function}` refuses its arguments: {why}"
    caption = "{why}"
    help = "`{usage}`"

    function: str
    why: str
    usage: str


class DependsOnSizes(Diagnostic):
    code = "E0311"
    title = "this must be known when the spec is compiled, but depends on the input's sizes"
    caption = "{value}"
    help = "fix the input's size, or {otherwise}"

    value: str
    otherwise: str = "say the condition with `assert`"


class BadCondition(Diagnostic):
    code = "E0312"
    title = "a condition must be true or false"
    caption = "this is {actual}"
    help = "compare it: `{text} != 0`"

    actual: str
    text: str


class BadCount(Diagnostic):
    code = "E0313"
    title = "`repeat` needs a whole number >= 0"
    caption = "this is {actual}"
    help = "write how often: `repeat 3 {{ ... }}`"

    actual: str


class BadIterable(Diagnostic):
    code = "E0314"
    title = "`for` needs a list"
    caption = "this is {actual}"
    help = "a list, a tuple, `range(n)`, `enumerate(list)` or `zip(a, b)`"

    actual: str


class BadTargets(Diagnostic):
    code = "E0315"
    title = "`for` has {targets:name/names}, but an item has {values:value/values}"
    caption = "the item is {item}"
    help = "name each value of an item, or one name for the whole"

    targets: int
    values: int
    item: str


class NumberTooLarge(Diagnostic):
    code = "E0316"
    title = "the value is too large"
    caption = "beyond {limit}"
    help = "no network needs a number, list or string of this size"

    limit: str
