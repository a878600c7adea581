"""Fixes for a step whose name is unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from netlang.advice.edits import enclosing, replaced, without_arguments
from netlang.advice.recipe_words import in_a_recipe
from netlang.advice.similar import replacement
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Edit, Fix
from netlang.ir.arguments import signature
from netlang.ops import operator, operator_names
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["ELSEWHERE", "begins_path", "projected_attention", "unknown_layer"]

# Layers of PyTorch that are given the size of their input before anything else.
_SIZED = (
    r"(?i:conv(_?transpose)?_?\dd|(batch|instance)_?norm(_?\dd)?|group_?norm|linear|rnn|lstm|gru)"
)

_ORDER = "`transpose([1, 2, 0])` orders the axes; the batch isn't counted"
_ONE_MORE = "`reshape([1, 3, 8, 8])` gives the sizes of all axes but the batch"
_NOTHING = "leave it out: values of a network are never changed in place"
ELSEWHERE = {
    "activation": "an activation is a step of its own: `relu`",
    "chunk": "`split(3)` makes parts of equal size",
    "clone": _NOTHING,
    "contiguous": _NOTHING,
    "expanddims": _ONE_MORE,
    "interpolate": "`upsample(2)` enlarges by a factor, `upsample(size=[16, 16])` to a size",
    "movedim": _ORDER,
    "norm": "which one: `batch_norm`, `layer_norm` or `group_norm(3)`?",
    "permute": _ORDER,
    "pool": "which one: `maxpool(2)` or `avgpool(2)`?",
    "reciprocal": "write `pow(-1)`",
    "resize": "`upsample(2)` enlarges by a factor, `upsample(size=[16, 16])` to a size",
    "square": "write `pow(2)`",
    "squeeze": _ONE_MORE,
    "swapaxes": _ORDER,
    "unsqueeze": _ONE_MORE,
    "view": "`flatten` makes one axis; `reshape([8, 4, 6])` takes sizes without the batch",
    "viewas": "`flatten` makes one axis; `reshape([8, 4, 6])` takes sizes without the batch",
}
"""Operations of other frameworks that are written otherwise here, by their names in small letters
without underscores."""


def begins_path(file: ast.File, action: ast.Action) -> bool:
    """Whether an action is the first of its path, where values are allowed."""
    path = enclosing(file, action.span, ast.Path)
    return path is not None and path.steps[0].action.span == action.span


def projected_attention(name: str, span: Span) -> Fix | None:
    """For `attention(8)` of one value: the operator that makes queries, keys and values of it."""
    if name != "attention" or span.text != name:
        return None
    advice = "write `multi_head_attention`, which makes queries, keys and values of its input"
    return replaced(span, "multi_head_attention", advice)


def unknown_layer(
    file: ast.File,
    action: ast.Apply,
    layers: Callable[[], Iterable[str]],
    labels: Callable[[], Iterable[str]],
    block_owner: Callable[[str], str | None],
) -> language.UnknownLayer:
    """The error with the nearest of the `layers` or, if a value is allowed, of the `labels`.

    Both are asked for only where advice is looked for, and so is the bundled file with a block.
    """
    if not action.name_span.advisable:
        return language.UnknownLayer(span=action.name_span, name=action.name, fix=None)
    known = [*layers(), *(labels() if action.is_bare and begins_path(file, action) else ())]
    fix = _port(file, action) or _imported(file, action, block_owner)
    fix = fix or _near(action, known) or in_a_recipe(action.name)
    if fix is not None and action.arguments and re.fullmatch(_SIZED, action.name):
        fix = _without_size(fix, action.arguments)
    return language.UnknownLayer(span=action.name_span, name=action.name, fix=fix)


def _near(action: ast.Apply, known: Iterable[str]) -> Fix | None:
    """A name that is near, unless it is an operator's and the one written is known elsewhere."""
    fix = replacement(action.name, known, action.name_span)
    own = fix is not None and fix.edits[0].text not in operator_names()
    return fix if own else _written_otherwise(action.name) or fix


def _written_otherwise(name: str) -> Fix | None:
    """Advice for an operation that has no operator of its own here, or several."""
    advice = ELSEWHERE.get(name.lower().replace("_", ""))
    return None if advice is None else Fix(advice)


def _imported(
    file: ast.File, action: ast.Apply, block_owner: Callable[[str], str | None]
) -> Fix | None:
    """For a block of the library: its import, in front of the file's first definition."""
    owner = block_owner(action.name)
    if owner is None:
        return None
    place = file.items[0].span.start
    line = f"from {owner} import {action.name}"
    gap = "" if isinstance(file.items[0], ast.FromImport) else "\n"
    edit = Edit(Span(file.span.source, place, place), f"{line}\n{gap}")
    return Fix(f"the library has a block of this name: `{line}`", (edit,))


def _port(file: ast.File, action: ast.Apply) -> Fix | None:
    """For `input {i}`, `output (a, b)`, `-> output` and `-> output: same`."""
    path = enclosing(file, action.span, ast.Path) if action.is_bare else None
    if path is not None and path.steps[0].action is not action:
        return _output_after_arrow(path, action)
    word = {"input": "x", "output": "y", "auxiliary": "aux"}.get(action.name)
    if word is None:
        return None
    if action.arguments and action.body is None and action.name != "input":
        return _outputs_in_parentheses(action)
    if action.body is None or action.arguments is not None:
        return None
    gap = Span(action.span.source, action.name_span.end, action.body.span.start)
    text = f"its name begins with a word: `{action.name} {word}{{...}}`"
    return replaced(gap, f" {word}", text)


def _output_after_arrow(path: ast.Path, action: ast.Apply) -> Fix | None:
    """For `conv(4, 1x1) -> output`, and `-> output: same`: an output is a line of its own."""
    place = next((i for i, step in enumerate(path.steps) if step.action is action), 0)
    step = path.steps[place]
    label = step.label.span.text if step.label is not None else ""
    if place == 0 or place + 1 < len(path.steps):
        return None
    if label in ("output", "auxiliary"):
        text = f"{label} {action.name}"
    elif action.name == "output" and not label:
        text = "output y"
    else:
        return None
    margin = " " * (path.span.location.column - 1)
    gap = Span(path.span.source, path.steps[place - 1].span.end, action.span.end)
    advice = f"an output is a line of its own with a name: `{text}`"
    return replaced(gap, f"\n{margin}{text}", advice)


def _outputs_in_parentheses(action: ast.Apply) -> Fix | None:
    """For `output (a, b)`: each output is a line of its own."""
    names = [each.span.text for each in action.arguments or ()]
    if not all(name.isidentifier() for name in names):
        return None
    lines = [f"{action.name} {name}: {name}" for name in names]
    margin = " " * (action.span.location.column - 1)
    advice = f"each output is a line of its own: `{'; '.join(lines)}`"
    return replaced(action.span, f"\n{margin}".join(lines), advice)


def _without_size(fix: Fix, arguments: tuple[ast.Argument, ...]) -> Fix:
    """Also drops the input size, since `LSTM(64, 128)` would become 128 layers when renamed."""
    op = operator(fix.edits[0].text)
    if op is None:
        return fix
    needed = [item.name for item in signature(op) if item.required]
    call = f"{op.name}({', '.join(needed)})" if needed else op.name
    advice = f"{fix.description} The size of the input is not given: `{call}`"
    named = {argument.name for argument in arguments}
    left = sum(argument.name is None for argument in arguments) - 1
    if arguments[0].name is None and left >= sum(name not in named for name in needed):
        return Fix(advice, (*fix.edits, without_arguments(arguments, 0, 0)))
    return Fix(advice, fix.edits)
