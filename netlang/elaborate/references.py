"""Labels: their text, and the values that they stand for when read."""

from __future__ import annotations

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Fix
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import listed
from netlang.elaborate.body import Body
from netlang.elaborate.function.builder import CurrentValue, LabelPath
from netlang.evaluate.values import BlockTarget, Layer, describe, kind_of
from netlang.ir.arguments import signature
from netlang.ir.op import Op
from netlang.modules.mentions import as_step
from netlang.ops import operator
from netlang.source import Span
from netlang.syntax import ast
from netlang.syntax.number_steps import number_advice

__all__ = [
    "has_failed", "is_labelled", "is_value", "part_text", "parts_of", "reference", "refuse_glued",
]  # fmt: skip

_MOST_NAMES = 8
"""Names of outputs that a message lists."""


def parts_of(body: Body, label: ast.Label) -> LabelPath:
    """The text of a label, with computed parts evaluated."""
    return tuple([part_text(body, part) for part in label.parts])


def part_text(body: Body, part: ast.LabelPart) -> str:
    """The text of a part of a label."""
    if len(part.pieces) == 1 and isinstance(part.pieces[0], str):  # most are written out
        return _checked(part.pieces[0], part)
    text = ""
    for piece in part.pieces:
        if isinstance(piece, str):
            text += piece
            continue
        value = body.evaluator.decided(piece)
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            why = f"{kind_of(value)} is neither a whole number nor a string"
            raise NetlangError(language.BadLabelText(span=part.span, text=describe(value), why=why))
        text += str(value)
    return _checked(text, part)


def _checked(text: str, part: ast.LabelPart) -> str:
    """The text of a part, which must be one that a label can have."""
    if not text or "." in text or not text.isprintable() or len(text) > 200:
        why = "a part of a label is 1 to 200 printable characters without a dot"
        raise NetlangError(language.BadLabelText(span=part.span, text=text, why=why))
    return text


def is_value(body: Body, action: ast.Apply, first: bool) -> bool:
    """Whether a bare name is a labelled value rather than a layer.

    An operator that needs arguments can't be meant: `scale`, `mean` and `sum` stay free as labels.
    """
    if not (first and action.is_bare) or body.find((action.name,)) is None:
        return False
    known = body.evaluator.names.find(action.name)
    if isinstance(known, Layer) or _applies_bare(action.name):
        fix = fixes.inserted(
            action.span,
            "()",
            f"write `{action.name}()` for the operator, or choose another label",
        )
        raise NetlangError(language.AmbiguousLabel(span=action.span, name=action.name, fix=fix))
    return True


def _applies_bare(name: str) -> bool:
    """Whether a name alone is an operator with all of its arguments."""
    op = operator(name)
    return op is not None and not any(each.required for each in signature(op))


def is_labelled(body: Body, parts: LabelPath) -> bool:
    """Whether a name in an expression is a labelled value; constants hide labels there."""
    return body.evaluator.names.find(parts[0]) is None and body.find(parts) is not None


def reference(
    body: Body, action: ast.Apply | ast.Reference | ast.In | ast.Here | ast.Tuple
) -> CurrentValue:
    """The labelled value, or values, that a path starts from."""
    if isinstance(action, ast.In):
        return (body.values.entry(action.span),)
    if isinstance(action, ast.Here):
        return body.values.current(action.span)
    if isinstance(action, ast.Tuple):
        flows = [reference(body, item) for item in action.items]
        if any(flow is None for flow in flows):
            return None
        return tuple(ref for flow in flows for ref in flow or ())
    try:
        parts = (action.name,) if isinstance(action, ast.Apply) else parts_of(body, action.label)
    except NetlangError:
        refuse_glued(body, action)
        raise
    found = body.find(parts)
    if found is not None:
        body.report_part(found, action.span)
        return found.flow
    if has_failed(body, parts):
        raise NetlangError
    refuse_glued(body, action)
    text = ".".join(parts)
    if all(part.isdecimal() for part in parts):
        raise NetlangError(_number(body, action.span))
    inside = _inside_block(body, parts, action.span) or _no_output(body, parts, action.span)
    if inside is not None:
        raise NetlangError(inside)
    fix = (
        _layer_as_step(body, text)
        or _sole_output(body, parts, action.span)
        or fixes.replacement(text, body.values.label_names(), action.span)
    )
    raise NetlangError(language.UnknownLabel(span=action.span, label=text, fix=fix))


def _inside_block(body: Body, parts: LabelPath, span: Span) -> language.LabelOfBlock | None:
    """The error for `s.conv1`, if `s` labels a block that itself labels a step `conv1`."""
    for end in range(len(parts) - 1, 0, -1):
        found = body.find(parts[:end])
        target = found.layer.target if found is not None and found.layer is not None else None
        if found is None or not isinstance(target, BlockTarget):
            continue
        if parts[end] not in fixes.first_words(target.definition):
            return None
        instance = ".".join(parts[:end])
        return language.LabelOfBlock(
            span=span,
            label=".".join(parts[end:]),
            block=target.name,
            instance=instance,
            fix=fixes.as_scope(
                body.module.file, target.definition, found.span, instance, parts[end]
            ),
        )
    return None


def _no_output(body: Body, parts: LabelPath, span: Span) -> language.NoSuchOutput | None:
    """The error for `m.y3`, if `m` labels a block whose outputs have other names."""
    found = body.find(parts[:-1]) if len(parts) > 1 else None
    if found is None:
        return None
    names = found.outputs or found.output_names[: len(found.flow or ())]
    if names in ((), ("output",)):
        return None
    instance = ".".join(parts[:-1])
    shown = listed(names, _MOST_NAMES)
    available = f"the output {shown}" if len(names) == 1 else f"the outputs {shown}"
    numbered = {} if found.outputs else {str(place): name for place, name in enumerate(names)}
    at_number = numbered.get(parts[-1], names[-1]) if numbered else None
    from netlang.advice.similar import nearest  # only here: an error

    near = at_number if parts[-1].isdecimal() else nearest(parts[-1], names)
    fix = (
        fixes.replaced(span, f"{instance}.{near}", f"did you mean `{instance}.{near}`?")
        if near
        else None
    )
    return language.NoSuchOutput(
        span=span, instance=instance, name=parts[-1], available=available, fix=fix
    )


def _sole_output(body: Body, parts: LabelPath, span: Span) -> Fix | None:
    """For `r.output` where the operator's only output is `r` itself, or `r.state`."""
    found = body.find(parts[:-1])
    op = found.callee if found is not None else None
    if found is None or not isinstance(op, Op) or len(found.flow or ()) != 1:
        return None
    if parts[-1] not in op.output_names:
        return None
    name = ".".join(parts[:-1])
    if parts[-1] == op.output_names[0]:
        return fixes.replaced(span, name, f"it is the only output, and is read as `{name}`")
    switches = [item.name for item in signature(type(op)) if item.name.startswith("return_")]
    if len(switches) != 1:
        return None
    edit = fixes.with_arguments(body.builder.origin((found.flow or ())[0]), [f"{switches[0]}=true"])
    return Fix(f"`{name}` has it with `{switches[0]}=true`", (edit,))


def _layer_as_step(body: Body, name: str) -> Fix | None:
    """For `x = conv(8, 3x3)` read as a value: `=` only names a layer, `:` labels a step."""
    place = body.evaluator.names.assigned(name)
    if place is None or not isinstance(body.evaluator.names.find(name), Layer):
        return None
    constant = fixes.enclosing(body.module.file, place, ast.Constant)
    return as_step(constant) if constant is not None else None


def _number(body: Body, span: Span) -> language.MisplacedStatement:
    """The error for `3 -> relu`, `(3, x) -> add`: a number where only a value is allowed."""
    return language.MisplacedStatement(
        span=span,
        what=f"the number `{span.text}`",
        why="a path starts at a value of the net, which a label or an input names",
        advice=number_advice(span.text),
        fix=fixes.among_values(body.module.file, span),
    )


def has_failed(body: Body, parts: LabelPath) -> bool:
    """Whether a label may be missing because of an error that was reported.

    This is so for `pool.indices` if `pool` failed.
    """
    around = (body.find(parts[:end]) for end in range(1, len(parts)))
    failed = body.builder.incomplete or any(each and each.flow is None for each in around)
    return failed or body.evaluator.names.may_name(parts[0])


def refuse_glued(body: Body, action: ast.Apply | ast.Reference) -> None:
    """Refuse `add{identity}`, which reads as an unknown label but was probably meant as a merge."""
    find = body.evaluator.names.find
    glued = fixes.glued_body(action, lambda name: isinstance(find(name), Layer))
    if glued is not None:
        raise NetlangError(glued)
