"""Fixes for arguments and for values of the wrong kind."""

from __future__ import annotations

from collections.abc import Container, Sequence

from netlang.advice.edits import inserted, replaced, with_arguments
from netlang.advice.similar import replacement
from netlang.diagnostics.diagnostic import Edit, Fix
from netlang.ir.arguments import Argument, Keyword, Mismatch
from netlang.ir.dims import Expr
from netlang.ir.numbers.computed import is_number
from netlang.source import Span
from netlang.syntax import ast

__all__ = [
    "as_list",
    "compared",
    "completed",
    "converted",
    "counted",
    "foreign_module",
    "lacking",
    "missing_arguments",
    "more_targets",
    "activation_as_step",
    "without_inputs",
]

# Initial values for required arguments: those that suit most nets.
_EXAMPLES = {
    "before": "1",
    "factor": "1",
    "groups": "1",
    "heads": "1",
    "hidden": "64",
    "kernel": "3",
    "lr": "1e-3",
    "out": "64",
    "p": "0.5",
    "pieces": "1",
    "size": "5",
    "words": "1000",
}


# Digits of a number that may be meant by a string.
_LONGEST_NUMBER = 19

_MODULES = frozenset(("F", "functional", "jnp", "keras", "layers", "nn", "self", "tf", "torch"))


def foreign_module(name: ast.Name) -> Fix | None:
    """For `nn.Conv2d(...)` as a value: no modules exist here, and steps are labelled instead."""
    if name.name not in _MODULES:
        return None
    return Fix(
        "operators have no module in front of them, and a step takes its label by `:`, as in "
        "`conv1: conv(16, 3x3)`; it reads the value before it"
    )


def missing_arguments(span: Span, items: tuple[Argument, ...], given: Container[str]) -> Fix | None:
    """Adds the required arguments that a call lacks, with initial values."""
    missing = [item.name for item in items if item.required and item.name not in given]
    if not missing or any(name not in _EXAMPLES for name in missing):
        return None
    texts = [f"{name}={_EXAMPLES[name]}" for name in missing]
    shown = " and ".join(f"`{text}`" for text in texts)
    return Fix(f"give it, for example {shown}", (with_arguments(span, texts),))


def lacking(parameters: Sequence[ast.Parameter], given: Container[str]) -> list[str]:
    """The parameters without a default that aren't given."""
    return [each.name for each in parameters if each.default is None and each.name not in given]


def completed(callee: str, span: Span, missing: Sequence[str]) -> str:
    """A call as it stands in the text, with the arguments that it lacks."""
    more = ", ".join(f"{name}=..." for name in missing)
    text = span.text
    is_call = text.startswith(f"{callee}(") and text.endswith(")") and "\n" not in text
    given = text.removeprefix(f"{callee}(")[:-1].strip() if is_call else ""
    return f"{callee}({given}, {more})" if given else f"{callee}({more})"


def converted(item: Argument, value: object, span: Span) -> Fix | None:
    """The intended value in place of the one at `span`, if only its form is wrong."""
    if item.name == "shape" and value == -1:
        return Fix("write `flatten` to make one axis; sizes are a list without the batch")
    if _is_member(item, value):
        return replaced(span, f"[{span.text}]")
    text = _converted(item, value)
    if text is not None:
        same = isinstance(value, str) and not isinstance(value, Keyword)
        advice = f"give {item.kind.description}: `{text}`"
        return replaced(span, text, advice, safe=same and text == value)
    if isinstance(value, Keyword):
        return replacement(value, item.kind.keywords, span)
    return None


def as_list(item: Argument, arguments: tuple[ast.Argument, ...], operator: str) -> Fix | None:
    """For `reshape(128, 7, 7)`: puts the numbers into one list."""
    numbers = [each.value for each in arguments if each.name is None]
    if len(numbers) < len(arguments) or not all(isinstance(each, ast.Number) for each in numbers):
        return None
    values = tuple(each.value for each in numbers if isinstance(each, ast.Number))
    if not _takes(item, values):
        return None
    whole = arguments[0].span.to(arguments[-1].span)
    instead = f"[{whole.text}]"
    return replaced(whole, instead, f"write `{operator}({instead})`: it takes a list")


_ACTIVATIONS = ("act", "activation", "nonlinearity")


def activation_as_step(argument: ast.Argument) -> Fix | None:
    """For `conv(16, 3x3, activation=relu)`: writes the activation as a step."""
    if argument.name not in _ACTIVATIONS or not isinstance(argument.value, ast.Name | ast.String):
        return None
    step = argument.value.span.text.strip('"').lower()
    return Fix(f"an activation is a step of its own: write `-> {step}` after this step")


def _is_member(item: Argument, value: object) -> bool:
    """Whether a list was expected and this value could be an item of it.

    Where a number would do, a list says something else: `split([L // 3])` makes one part.
    """
    in_place_of_a_number = isinstance(value, Expr) and _takes(item, 1)
    return not isinstance(value, tuple) and _takes(item, (value,)) and not in_place_of_a_number


def _takes(item: Argument, value: object) -> bool:
    try:
        item.kind.convert(value)
    except Mismatch:
        return False
    return True


def _takes_whole(item: Argument, number: int) -> bool:
    """Whether a whole number was expected and this one would be valid."""
    return _takes(item, number) and not _takes(item, number + 0.5)


def _converted(item: Argument, value: object) -> str | None:
    """The value in the expected form, as the language writes it."""
    if isinstance(value, str) and not isinstance(value, Keyword):
        whole = (
            value.isdecimal() and len(value) < _LONGEST_NUMBER and _takes_whole(item, int(value))
        )
        return value if whole or value in item.kind.keywords else None
    if not is_number(value):
        return None
    if value in (0, 1) and _takes(item, bool(value)):
        return "true" if value else "false"
    if isinstance(value, float):
        whole = value.is_integer() and _takes_whole(item, int(value))
        return str(int(value)) if whole else None
    return "1" if value < 1 and _takes_whole(item, 1) and not _takes(item, 0) else None


def without_inputs(first: Span, second: Span) -> Fix | None:
    """For `linear(64, 10)`: drops the input size, which the language doesn't state.

    The second argument is a whole number. `bias=10` doesn't count.
    """
    if first.source is not second.source:
        return None
    between = first.source.text[first.end : second.start]
    if between.strip() != ",":
        return None
    advice = f"write `linear({second.text})`: the number of inputs follows from what comes in"
    return Fix(advice, (Edit(Span(first.source, first.start, second.start), ""),))


def compared(expr: ast.Expr, value: object) -> Fix | None:
    """Turns a number used as a condition into a comparison."""
    if not is_number(value):
        return None
    if isinstance(expr, ast.Conditional | ast.Logical | ast.Unary):
        return None
    return inserted(expr.span, " != 0", f"compare it: `{expr.span.text} != 0`")


def counted(span: Span, value: object) -> Fix | None:
    """Turns a whole number into a range where a list is needed."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return replaced(span, f"range({span.text})")


def more_targets(targets: tuple[ast.Target, ...], count: int) -> Fix | None:
    """Adds names for the values of an item that have none; numbers items for two names."""
    if count == 1 and len(targets) == 2:
        return Fix("write `enumerate(...)` around the list: it gives each item with its number")
    if count <= len(targets):
        return None
    names = [f"value{number}" for number in range(len(targets) + 1, count + 1)]
    text = "".join(f", {name}" for name in names)
    return inserted(targets[-1].span, text, "name each value of an item")
