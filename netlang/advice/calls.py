"""Fixes for steps written as function calls, as in Python: `relu(x)` and `concat(a, b)`.

Values aren't arguments here. They flow in from the left: `x -> relu`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Edit, Fix, Note
from netlang.diagnostics.errors import NetlangError
from netlang.ops import operator
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["refuse_applied", "refuse_call", "refuse_nested", "refuse_own_step"]

IsValue = Callable[[tuple[str, ...]], bool]

_BEFORE = "values come before `->`, not in parentheses"


def refuse_call(file: ast.File, action: ast.Apply, is_value: IsValue) -> None:
    """Raises `NetlangError` if the first arguments of a step are labelled values.

    `is_value` tells whether the parts of a name denote a value.
    """
    arguments = action.arguments or ()
    count, values = _leading_values(arguments, is_value)
    if not count:
        return
    text = ", ".join(values)
    fix = _as_path(file, action, count, text if len(values) == 1 else f"({text})")
    if any(isinstance(each.value, ast.Call) and not each.name for each in arguments[count:]):
        fix = None  # a step is no argument either
    what = f"the value `{values[0]}`" if len(values) == 1 else f"`{text}`"
    why = _BEFORE
    name = action.name
    if name == "scale":  # its factors are numbers
        name, fix = "mul", None
    other = "y" if "x" in values else "x"
    advice = f"start a path at all that it reads: `({other}, {text}) -> {name}`"
    span = arguments[0].span.to(arguments[count - 1].span)
    raise NetlangError(
        language.MisplacedStatement(span=span, what=what, why=why, advice=advice, fix=fix)
    )


def refuse_nested(action: ast.Apply, is_value: IsValue) -> None:
    """Raises `NetlangError` for `add(relu(x), y)`, which has arguments that aren't known."""
    for argument in action.arguments or ():
        expr = argument.value
        inside: tuple[ast.Argument, ...] = (argument,)
        if is_step := isinstance(expr, ast.Call) and _is_operator(expr.callee):
            inside = expr.arguments
        if argument.name is None and _leading_values(inside, is_value)[0]:
            op = operator(action.name)
            reads = "x" if op is not None and op.arity.maximum == 1 else "(x, y)"
            label = "label that step, and start a path" if is_step else "start a path"
            advice = f"{label} at all that `{action.name}` reads: `{reads} -> {action.name}`"
            raise NetlangError(
                language.MisplacedStatement(
                    span=argument.span, what=f"`{expr.span.text}`", why=_BEFORE, advice=advice
                )
            )


def _is_operator(callee: ast.Expr) -> bool:
    return isinstance(callee, ast.Name) and operator(callee.name) is not None


def refuse_applied(
    constant: ast.Constant, is_value: IsValue, is_layer: Callable[[str], bool]
) -> None:
    """Raises `NetlangError` for `h = relu(x)` where `x` is a labelled value: `x -> h: relu`."""
    call = constant.value
    if not isinstance(call, ast.Call) or not isinstance(call.callee, ast.Name):
        return
    if not is_layer(call.callee.name):
        return
    count, values = _leading_values(call.arguments, is_value)
    if not count:
        return
    step = _without(call.callee.name, call.arguments, count)
    read = ", ".join(values)
    start = read if len(values) == 1 else f"({read})"
    text = f"{start} -> {constant.name}: {step}"
    why = "values come before `->`, not in parentheses, and `=` only names a layer"
    what = f"the value `{read}`" if len(values) == 1 else f"`{read}`"
    span = call.arguments[0].span.to(call.arguments[count - 1].span)
    from netlang.advice.edits import replaced  # only here: an error

    fix = replaced(constant.span, text)
    raise NetlangError(
        language.MisplacedStatement(
            span=span, what=what, why=why, advice=f"write `{text}`", fix=fix
        )
    )


def refuse_own_step(
    constant: ast.Constant, before: Span | None, is_layer: Callable[[str], bool]
) -> None:
    """Raises `NetlangError` for `x = relu(x)` where `x` was assigned `before`: `-> relu`."""
    call, name = constant.value, constant.name
    if before is None or not isinstance(call, ast.Call) or not isinstance(call.callee, ast.Name):
        return
    count, _ = _leading_values(call.arguments, lambda parts: parts == (name,))
    if not count or not is_layer(call.callee.name):
        return
    step = _without(call.callee.name, call.arguments, count)
    advice = f"a step reads the value before it and needs no name: write `-> {step}` after that one"
    notes = (Note(before, "the first time"),)
    raise NetlangError(
        language.AssignedTwice(span=constant.name_span, name=name, notes=notes, advice=advice)
    )


def _without(name: str, arguments: Sequence[ast.Argument], count: int) -> str:
    """A step with all but its first arguments."""
    rest = ", ".join(each.span.text for each in arguments[count:])
    return f"{name}({rest})" if rest else name


def _leading_values(arguments: Sequence[ast.Argument], is_value: IsValue) -> tuple[int, list[str]]:
    """How many of the first arguments are labelled values, and those values as written."""
    count, values = 0, list[str]()
    for argument in arguments:
        read = None if argument.name else _values(argument.value, is_value)
        if not read:
            break
        count, values = count + 1, values + read
    return count, values


def _values(expr: ast.Expr | ast.Spread, is_value: IsValue) -> list[str]:
    """The labelled values that an argument names, possibly in a list."""
    if isinstance(expr, ast.Spread):
        return []
    if isinstance(expr, ast.ListExpr | ast.TupleExpr):
        items = [_values(item, is_value) for item in expr.items]
        return [text for item in items for text in item] if all(items) else []
    if isinstance(expr, ast.In | ast.Here):
        return [expr.span.text]
    parts: list[str] = []
    inner: ast.Expr = expr
    while isinstance(inner, ast.Attribute):
        parts.append(inner.name)
        inner = inner.value
    if not isinstance(inner, ast.Name) or not is_value((inner.name, *reversed(parts))):
        return []
    return [expr.span.text]


def _as_path(file: ast.File, action: ast.Apply, count: int, values: str) -> Fix | None:
    """Writes the values before the path that the call begins; None if others already flow in."""
    from netlang.advice.edits import enclosing, without_arguments
    from netlang.advice.layers import begins_path

    arguments = action.arguments or ()
    if values == "here" and count < len(arguments):
        edit = without_arguments(arguments, 0, count - 1)
        return Fix(f"leave it out: `{action.name}` reads it as the current value", (edit,))
    path = enclosing(file, action.span, ast.Path)
    if path is None or not begins_path(file, action):
        return None
    start, source = path.span.start, action.span.source
    removed = without_arguments(arguments, 0, count - 1)
    if count == len(arguments) and action.body is None:
        removed = Edit(Span(source, action.name_span.end, action.span.end), "")
    kept = "" if count == len(arguments) else "(...)"
    advice = f"write `{values} -> {action.name}{kept}`"
    return Fix(advice, (Edit(Span(source, start, start), f"{values} -> "), removed))
