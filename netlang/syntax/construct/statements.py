"""Makers of nodes for steps, statements and definitions; `builder.py` describes their arguments."""

from __future__ import annotations

from typing import Any

from netlang.source import Span
from netlang.syntax.ast import (
    Apply,
    Argument,
    Assert,
    Auxiliary,
    BlockDef,
    Constant,
    Entry,
    File,
    For,
    FromImport,
    FunctionDef,
    If,
    Import,
    Input,
    Label,
    Name,
    NetAlias,
    NetDef,
    Output,
    Parameter,
    Path,
    Pipeline,
    Reference,
    Repeat,
    Reuse,
    Scope,
    Section,
    SizeDecl,
    Spread,
    Step,
    Suite,
    TrainDef,
    Tuple,
    TypeSpec,
    Unread,
)  # fmt: skip
from netlang.syntax.construct.builder import Builder, Maker, Parts
from netlang.syntax.limits import Mistake
from netlang.syntax.literals import docstring_value

__all__ = ["STATEMENTS"]


def _list(b: Builder, parts: Parts, first: int, last: int) -> Parts:
    return parts


# --- steps -------------------------------------------------------------------------------------


def _apply(b: Builder, parts: Parts, first: int, last: int) -> Apply:
    arguments = body = None
    for part in parts[1:]:
        if isinstance(part, Suite):
            body = part
        else:
            arguments = part
    name_span = b.span(first, first)  # before that of the whole, which the step has too
    return Apply(b.span(first, last), b.text(first), name_span, arguments, body)


def _scope(b: Builder, parts: Parts, first: int, last: int) -> Scope:
    return Scope(b.span(first, last), parts[0])


def _tuple(b: Builder, parts: Parts, first: int, last: int) -> Tuple:
    return Tuple(b.span(first, last), tuple(parts))


def _reuse(b: Builder, parts: Parts, first: int, last: int) -> Reuse:
    return Reuse(b.span(first, last), parts[0])


def _reference(b: Builder, parts: Parts, first: int, last: int) -> Reference:
    """A reference to a label, or to the parts of one where it stands as a step."""
    span = b.span(first, last)
    label = parts[0]
    return Reference(span, label if isinstance(label, Label) else Label(span, tuple(label)))


def _step(b: Builder, parts: Parts, first: int, last: int) -> Step:
    return Step(b.span(first, last), parts[0] if len(parts) == 2 else None, parts[-1])


def _path(b: Builder, parts: Parts, first: int, last: int) -> Path:
    return Path(b.span(first, last), tuple(parts))


# --- statements --------------------------------------------------------------------------------


def _output(b: Builder, parts: Parts, first: int, last: int) -> Output:
    path = parts[1] if len(parts) == 2 else None
    return Output(b.span(first, last), parts[0][0], path)


def _auxiliary(b: Builder, parts: Parts, first: int, last: int) -> Auxiliary:
    path = parts[1] if len(parts) == 2 else None
    return Auxiliary(b.span(first, last), parts[0][0], path)


def _input(b: Builder, parts: Parts, first: int, last: int) -> Input:
    type_spec = parts[1] if len(parts) == 2 else None
    return Input(b.span(first, last), parts[0][0], type_spec)


def _type_spec(b: Builder, parts: Parts, first: int, last: int) -> TypeSpec:
    span = b.span(first, last)
    if parts and isinstance(parts[0], int):
        return TypeSpec(span, b.text(first), b.span(first, first), tuple(parts[1:]))
    return TypeSpec(span, None, None, tuple(parts))


def _size_decl(b: Builder, parts: Parts, first: int, last: int) -> SizeDecl:
    span = b.span(first, last)
    if len(parts) == 2:
        return SizeDecl(span, b.text(first), parts[1])
    size = parts[0]
    return SizeDecl(span, size.name, None) if isinstance(size, Name) else SizeDecl(span, None, size)


def _constant(b: Builder, parts: Parts, first: int, last: int) -> Constant:
    return Constant(b.span(first, last), b.text(first), b.span(first, first), parts[1])


def _function_def(b: Builder, parts: Parts, first: int, last: int) -> FunctionDef:
    name, arguments, value = parts
    parameters = tuple(_as_parameter(each) for each in arguments)
    return FunctionDef(b.span(first, last), b.text(name), b.span(name, name), parameters, value)


def _as_parameter(argument: Argument) -> Parameter:
    """What was read as an argument of a call, before `=` made it a parameter."""
    value, span = argument.value, argument.span
    if argument.name is not None and argument.name_span is not None:
        assert not isinstance(value, Spread)
        return Parameter(span, argument.name, argument.name_span, value)
    if not isinstance(value, Name):
        raise Mistake("not_a_parameter", span.start, span.end)
    return Parameter(span, value.name, value.span, None)


def _if(b: Builder, parts: Parts, first: int, last: int) -> If:
    otherwise = parts[2] if len(parts) == 3 else None
    if isinstance(otherwise, If):
        otherwise = Suite(otherwise.span, (otherwise,))
    return If(b.span(first, last), parts[0], parts[1], otherwise)


def _for(b: Builder, parts: Parts, first: int, last: int) -> For:
    *targets, iterable, body = parts
    return For(b.span(first, last), tuple(targets), iterable, body)


def _repeat(b: Builder, parts: Parts, first: int, last: int) -> Repeat:
    return Repeat(b.span(first, last), parts[0], parts[1])


def _assert(b: Builder, parts: Parts, first: int, last: int) -> Assert:
    return Assert(b.span(first, last), parts[0], parts[1] if len(parts) == 2 else None)


def _suite(b: Builder, parts: Parts, first: int, last: int) -> Suite:
    return Suite(b.span(first, last), tuple(parts))


# --- definitions -------------------------------------------------------------------------------


def _doc(b: Builder, parts: Parts) -> str | None:
    """Removes the docstring, which is a token, from the start of the parts."""
    if parts and isinstance(parts[0], int):
        return docstring_value(b.text(parts.pop(0)))
    return None


def _body(b: Builder, parts: Parts, first: int, last: int) -> tuple[str | None, Suite]:
    doc = _doc(b, parts)
    return doc, Suite(b.span(first, last), tuple(parts))


def _parameter(b: Builder, parts: Parts, first: int, last: int) -> Parameter:
    default = parts[1] if len(parts) == 2 else None
    return Parameter(b.span(first, last), b.text(first), b.span(first, first), default)


def _parameters(b: Builder, parts: Parts, first: int, last: int) -> tuple[Parameter, ...]:
    return tuple(parts)


def _block_def(b: Builder, parts: Parts, first: int, last: int) -> BlockDef:
    inline = b.kinds[parts[0]] == "inline"
    name, *parameters, (doc, body) = parts[1:] if inline else parts
    declared = parameters[0] if parameters else ()
    place = b.span(name, name)
    return BlockDef(b.span(first, last), b.text(name), place, declared, doc, body, inline)


def _net_def(b: Builder, parts: Parts, first: int, last: int) -> NetDef:
    name, *parameters, (doc, body) = parts
    declared = parameters[0] if parameters else ()
    return NetDef(b.span(first, last), b.text(name), b.span(name, name), declared, doc, body)


def _net_alias(b: Builder, parts: Parts, first: int, last: int) -> NetAlias:
    name, value = parts[:2]
    doc = _doc(b, parts[2:])
    return NetAlias(b.span(first, last), b.text(name), b.span(name, name), value, doc)


def _train_def(b: Builder, parts: Parts, first: int, last: int) -> TrainDef:
    name = parts.pop(0)
    declared = parts.pop(0) if parts and isinstance(parts[0], tuple) else ()
    doc = _doc(b, parts)
    span = b.span(first, last)
    read, unread = _apart(parts)
    entries = tuple(part for part in read if isinstance(part, Entry))
    sections = tuple(part for part in read if isinstance(part, Section))
    unread += tuple(each for section in sections for each in section.unread)
    names = b.text(name), b.span(name, name)
    return TrainDef(span, *names, declared, doc, entries, unread, sections)


def _section(b: Builder, parts: Parts, first: int, last: int) -> Section:
    kind, *rest = parts
    name = rest.pop(0) if rest and isinstance(rest[0], int) else None
    entries, unread = _apart(rest)
    text, place = (None, None) if name is None else (b.text(name), b.span(name, name))
    span = b.span(first, last)
    return Section(span, b.text(kind), b.span(kind, kind), text, place, entries, unread)


def _pipeline(b: Builder, parts: Parts, first: int, last: int) -> Pipeline:
    return Pipeline(b.span(first, last), tuple(parts))


def _entry(b: Builder, parts: Parts, first: int, last: int) -> Entry:
    return Entry(b.span(first, last), b.text(first), b.span(first, first), parts[1])


def _module(b: Builder, parts: Parts, first: int, last: int) -> tuple[tuple[str, ...], Span]:
    return tuple(b.text(token) for token in parts), b.span(first, last)


def _import(b: Builder, parts: Parts, first: int, last: int) -> Import:
    alias = b.text(last) if len(parts) == 2 else None
    return Import(b.span(first, last), b.text(first), alias)


def _from_import(b: Builder, parts: Parts, first: int, last: int) -> FromImport:
    (module, module_span), *names = parts
    return FromImport(b.span(first, last), module, module_span, tuple(names))


def _file(b: Builder, parts: Parts, first: int, last: int) -> File:
    doc = _doc(b, parts)
    items, unread = _apart(parts)
    return File(Span(b.source, 0, len(b.characters)), doc, items, unread)


def _apart(parts: Parts) -> tuple[tuple[Any, ...], tuple[Unread, ...]]:
    """What was read, and what couldn't be read."""
    unread = tuple(part for part in parts if isinstance(part, Unread))
    return tuple(part for part in parts if not isinstance(part, Unread)), unread


STATEMENTS: dict[str, Maker] = {
    "list": _list, "apply": _apply, "scope": _scope, "tuple": _tuple, "reuse": _reuse,
    "reference": _reference, "step": _step, "path": _path, "output": _output,
    "auxiliary": _auxiliary, "input": _input, "type_spec": _type_spec, "size_decl": _size_decl,
    "constant": _constant, "function_def": _function_def, "if": _if, "for": _for,
    "repeat": _repeat, "assert": _assert,
    "suite": _suite, "body": _body, "parameter": _parameter, "parameters": _parameters,
    "block_def": _block_def, "net_def": _net_def, "net_alias": _net_alias,
    "train_def": _train_def, "pipeline": _pipeline, "entry": _entry, "section": _section,
    "module": _module, "import": _import, "from_import": _from_import, "file": _file,
}  # fmt: skip
