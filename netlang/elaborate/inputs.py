"""`input` declarations: the inputs of a net, and the named inputs of a block."""

from __future__ import annotations

from netlang import advice as fixes
from netlang.advice.batch import is_batch, without_batch
from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Note
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.blocks.ports import port_name
from netlang.elaborate.body import Body
from netlang.elaborate.function.builder import CurrentValue, Labelled
from netlang.evaluate.values import describe, kind_of
from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Dim, symbol
from netlang.ir.program import INPUT, Port, Ref, Size
from netlang.ir.types import DType, TensorType
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["declare"]


def declare(body: Body, declaration: ast.Input) -> CurrentValue:
    """One `input` line: the value that it names becomes (part of) the current value."""
    block, name = body.block, port_name(body, declaration)
    if block.started:
        told = (
            e
            for e in body.session.diagnostics
            if isinstance(e, (language.NothingToRead, language.InputLate))
        )
        if isinstance(next(told, None), language.NothingToRead):
            raise NetlangError  # told at the step that stands before it
        fix = fixes.input_earlier(body.module.file, declaration)
        raise NetlangError(language.InputLate(span=declaration.span, fix=fix))
    index = block.declared
    block.declared += 1
    if block.given is None:
        port = Port(name, _declared_type(body, declaration))
        ref = Ref(INPUT, len(body.builder.inputs))
        body.builder.inputs.append(port)
        body.builder.input_spans[ref.output] = declaration.name_span
    else:
        ref = _bound(body, declaration, name, index)
    path = (*body.scope, name)
    if path in body.builder.labels:
        notes = (Note(body.builder.labels[path].span, "used here before"),)
        fix = fixes.new_port(
            body.module.file, declaration, (each[-1] for each in body.builder.labels)
        )
        raise NetlangError(
            language.DuplicateLabel(span=declaration.name_span, label=name, notes=notes, fix=fix)
        )
    body.builder.label(path, Labelled((ref,), declaration.name_span, "an input", path))
    if block.given is not None:
        return (block.entry or ())[: index + 1]
    return None if body.flow is None else (*body.flow, ref)


def _bound(body: Body, declaration: ast.Input, name: str, index: int) -> Ref:
    """An input of a block, or of a net used as a step: the value that the caller gave."""
    block = body.block
    given = block.given or ()
    if index >= len(given) or block.entry is None:
        raise NetlangError(
            language.WrongInputCount(
                span=declaration.span,
                name=block.name,
                expected=f"{index + 1} or more inputs",
                actual=f"{len(given)}",
            )
        )
    ref = block.entry[index]
    if declaration.type is not None:
        if not block.is_net:
            raise NetlangError(
                language.InputInBlock(
                    span=declaration.type.span,
                    what="a block's input has no type of its own",
                    why="its shape is that of the value it is given",
                    advice=f"write `input {declaration.name}`",
                    fix=fixes.replaced(declaration.span, f"input {declaration.name}"),
                )
            )
        _check(body, declaration, declaration.type, given[index])
    if body.builder.inputs and ref.producer == INPUT:
        old = body.builder.inputs[ref.output]
        body.builder.inputs[ref.output] = Port(name, old.type)
        body.builder.input_spans[ref.output] = declaration.name_span
    return ref


def _declared_type(body: Body, declaration: ast.Input) -> TensorType:
    """The type of a net's declared input; the program learns its symbolic sizes."""
    spec = declaration.type
    if spec is None:
        raise NetlangError(
            language.InputInBlock(
                span=declaration.span,
                what=f"input `{declaration.name}` of a net needs a shape",
                why="nothing else says what it is given",
                advice=f"write `input {declaration.name}: [3, H=224, W=224]`",
                fix=fixes.replaced(
                    declaration.span, f"input {declaration.name}: [3, H=224, W=224]"
                ),
            )
        )
    _no_batch(body, declaration.name, spec.sizes)
    type_ = TensorType(tuple(_size(body, size) for size in spec.sizes), _dtype(spec))
    body.session.refuse_uncountable(type_, spec.span)
    if type_.dtype.is_float:
        _one_type_of_floats(body, declaration, spec.dtype_span or spec.span, type_.dtype)
    return type_


def _no_batch(body: Body, name: str, sizes: tuple[ast.SizeDecl, ...]) -> None:
    """Refuse a first size that has a usual name of the batch, and no value."""
    if not sizes:
        return
    first = sizes[0].span
    nameless = sizes[0].default is None and body.evaluator.names.find(first.text) is None
    if len(sizes) > 1 and ((is_batch(sizes[0]) and nameless) or first.text == "-1"):
        raise NetlangError(
            language.BatchWritten(span=first, name=name, size=first.text, fix=without_batch(sizes))
        )


def _one_type_of_floats(body: Body, declaration: ast.Input, span: Span, dtype: DType) -> None:
    """Check that the inputs have one floating-point type, in which the net computes."""
    if body.session.floats is None:
        body.session.floats = (dtype, span)
    elif body.session.floats[0] is not dtype:
        expected, there = body.session.floats
        note = Note(there, f"{expected.value} here")
        raise NetlangError(
            language.TwoFloatTypes(
                span=span, name=declaration.name, actual=dtype.value, expected=expected.value,
                notes=(note,),
            )
        )  # fmt: skip


def _dtype(spec: ast.TypeSpec) -> DType:
    if spec.dtype is None:
        return DType.FLOAT32
    try:
        return DType(spec.dtype)
    except ValueError:
        available = ", ".join(f"`{dtype.value}`" for dtype in DType)
        span = spec.dtype_span or spec.span
        fix = fixes.replacement(spec.dtype, (dtype.value for dtype in DType), span)
        raise NetlangError(
            language.UnknownType(span=span, name=spec.dtype, available=available, fix=fix)
        ) from None


def _size(body: Body, size: ast.SizeDecl) -> Dim:
    """One size of an input: fixed, or a symbol with its default."""
    name, default = size.name, size.default
    if name is not None and default is None and body.evaluator.names.find(name) is not None:
        # `[n]` with a name that has a value is a fixed size, not a symbol.
        name, default = None, ast.Name(size.span, size.name or "")
    value = None if default is None else body.evaluator.decided(default)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise NetlangError(
            language.BadArgument(
                span=size.span,
                callee="input",
                name=name or "size",
                expected="a whole number >= 1",
                actual=f"{describe(value)}, {kind_of(value)}",
            )
        )
    number = value if isinstance(value, int) else None
    if name is None:
        return 1 if number is None else number
    _declare_symbol(body, size, name, number)
    return symbol(name)


def _declare_symbol(body: Body, size: ast.SizeDecl, name: str, default: int | None) -> None:
    """Check that a symbol has the same default everywhere, given where it first occurs."""
    if name == "N":
        text = size.span.text.replace(name, "L", 1)
        advice = f"the batch isn't written: leave it out, or give another size a name like `{text}`"
        fix = fixes.replaced(size.span, text, advice)
        raise NetlangError(language.ReservedSize(span=size.span, name=name, fix=fix))
    known = body.session.sizes.get(name)
    if known is None:
        if default is None:
            fix = fixes.replaced(size.span, f"{name}=224")
            raise NetlangError(language.SizeWithoutDefault(span=size.span, name=name, fix=fix))
        body.session.sizes[name] = Size(name, default, size.span)
    elif default not in (None, known.default):
        raise NetlangError(
            language.BadArgument(
                span=size.span,
                callee="input",
                name=name,
                expected=f"{known.default} as before, the default of the size",
                actual=str(default),
                fix=fixes.replaced(size.span, name),
                notes=(Note(known.span, "the first time"),),
            )
        )


def _check(body: Body, declaration: ast.Input, spec: ast.TypeSpec, actual: TensorType) -> None:
    """A net used as a step: the value must fit the input that the net declares."""
    bound: dict[str, Dim] = {}
    # Floats of no written type are those of the net around it, as its weights are.
    same = actual.dtype.is_float if spec.dtype is None else _dtype(spec) is actual.dtype
    fits = same and len(spec.sizes) == actual.rank
    for size, dim in zip(spec.sizes, actual.shape, strict=False):
        expected = bound.setdefault(size.name, dim) if size.name else _size(body, size)
        difference = dim - expected
        if isinstance(difference, int):
            fits = fits and difference == 0
        else:
            reason = f"input `{declaration.name}` of `{body.block.name}` has size {expected}"
            body.require(Constraint(dim, Relation.EQUAL, expected, reason), declaration.span)
    if not fits:
        raise NetlangError(
            language.InputMismatch(
                span=declaration.span,
                name=body.block.name,
                input=declaration.name,
                expected=spec.span.text,
                actual=str(actual),
            )
        )
