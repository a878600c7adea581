"""One class for a block that has a projection on its shortcut in some places only.

The compiler emits two classes, with and without the projection. If the projection's own arguments,
its channels and stride, distinguish the places, a person writes one class that tests them: ``if
stride != 1 or in_channels != 4 * width``. The keys and order of the weights are the same, and so
are the weights drawn from a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from netlang.backends.torch.python.printer import flat
from netlang.backends.torch.python.traverse import map_expression, walk
from netlang.backends.torch.python.tree import (
    Assign,
    Binary,
    Call,
    ClassDef,
    Constant,
    Do,
    Expression,
    FunctionDef,
    If,
    Keyword,
    Name,
    Parameter,
    Return,
    Statement,
    call,
    dotted,
)
from netlang.records import replace

__all__ = ["joined"]

Change = Callable[[Expression], Expression]
_USUAL = {"stride": 1, "dilation": 1, "groups": 1, "padding": 0}


def joined(definitions: Sequence[ClassDef]) -> list[ClassDef]:
    """The classes, with each suitable pair merged into one; the computation is unchanged."""
    found = list(definitions)
    for full in definitions:
        for plain in definitions:
            made = _joined(full, plain, found)
            if made is not None:
                place = found.index(full)
                found[place] = made
                found.remove(plain)
                old = plain.name if made.name == full.name else full.name
                found = [_renamed(each, old, made.name) for each in found]
    return found


def _joined(full: ClassDef, plain: ClassDef, among: Sequence[ClassDef]) -> ClassDef | None:
    """One class for both; None if they differ in more than a projection."""
    pair = _Pair.of(full, plain)
    if pair is None or full not in among or plain not in among:
        return None
    condition = pair.condition()
    if condition is None or not pair.told_apart(condition, among):
        return None
    if full.where and set(full.where) != set(flat(condition).split(" or ")):
        return None  # the projection is there for another reason
    init, forward = pair.full
    body: list[Statement] = []
    for statement in init.body:
        if statement is pair.projection:
            body.append(replace(pair.projection, value=call("nn.Identity")))
            body.append(If(condition, (statement,)))
        else:
            body.append(statement)
    joint = (replace(init, body=tuple(body)), forward)
    name = min(pair.names, key=len)
    return replace(full, name=name, body=joint, where=())


@final
@dataclass(frozen=True)
class _Pair:
    """The constructor and `forward` of the class with a projection, and the other class's name."""

    names: tuple[str, str]
    full: tuple[FunctionDef, FunctionDef]
    projection: Assign

    @classmethod
    def of(cls, full: ClassDef, plain: ClassDef) -> _Pair | None:
        """The pair, if leaving out one submodule turns the first class into the second."""
        methods = _methods(full), _methods(plain)
        if full.name == plain.name or full.doc != plain.doc or None in methods:
            return None
        (init, forward), (plain_init, plain_forward) = (each for each in methods if each)
        own = {each.name for each in plain_init.parameters}
        missing = {each.name: each.default for each in init.parameters if each.name not in own}
        kept = tuple(each for each in init.parameters if each.name in own)
        if kept != plain_init.parameters or None in missing.values():
            return None

        def settled(expression: Expression) -> Expression:
            return _settled(expression, missing)

        given = [(each, _mapped(each, settled)) for each in init.body]
        extra = [old for old, new in given if new not in plain_init.body]
        same = tuple(new for _, new in given if new in plain_init.body) == plain_init.body
        if not same or len(extra) != 1 or not isinstance(extra[0], Assign):
            return None
        without = [_mapped(each, _skipping(extra[0].target)) for each in forward.body]
        if _nested(without) != _nested([_mapped(each, _same) for each in plain_forward.body]):
            return None
        return cls((full.name, plain.name), (init, forward), extra[0])

    def condition(self) -> Expression | None:
        """The condition under which the projection changes the shape, by stride and channels."""
        for part in walk(self.projection.value):
            if isinstance(part, Call) and part.function == dotted("nn.Conv2d"):
                before, after, *_ = part.arguments
                channels = Binary("!=", before, after)
                stride = next((k.value for k in part.keywords if k.name == "stride"), None)
                if stride is None:
                    return channels
                return Binary("or", Binary("!=", stride, Constant(1)), channels)
        return None

    def told_apart(self, condition: Expression, among: Sequence[ClassDef]) -> bool:
        """Whether the condition holds exactly where the projection exists."""
        found = {name: set[bool | None]() for name in self.names}
        for part in walk(tuple(among)):
            name = part.function if isinstance(part, Call) else None
            if isinstance(part, Call) and isinstance(name, Name) and name.id in found:
                values = _given(self.full[0].parameters[1:], part)
                found[name.id].add(_holds(condition, values))
        return [found[name] for name in self.names] == [{True}, {False}]


def _methods(definition: ClassDef) -> tuple[FunctionDef, FunctionDef] | None:
    match definition.body:
        case (FunctionDef() as init, FunctionDef() as forward):
            return init, forward
        case _:
            return None


def _mapped(statement: Statement, change: Change) -> Statement:
    """A statement with its expression changed, and without its comment."""
    match statement:
        case Assign(target, value):
            return Assign(target, map_expression(value, change))
        case Return(value):
            return Return(map_expression(value, change))
        case Do(value):
            return Do(map_expression(value, change))
        case _:
            return statement


def _nested(body: Sequence[Statement]) -> list[Statement]:
    """The statements, each value that only the next statement reads put in its place.

    Which values have a line of their own depends on what else is on the line.
    """
    found: list[Statement] = []
    for number, statement in enumerate(body):
        match found[-1:], statement:
            case [Assign(Name() as name, value)], Assign() | Return():
                replaced = isinstance(statement, Assign) and statement.target == name
                later = () if replaced else body[number + 1 :]
                if _reads(statement, name) == 1 and not any(_reads(each, name) for each in later):
                    found[-1] = _mapped(statement, _putting(value, name))
                    continue
        found.append(statement)
    return found


def _reads(statement: Statement, name: Name) -> int:
    match statement:
        case Assign(value=value) | Return(value=value) | Do(value=value):
            return sum(part == name for part in walk(value))
        case _:
            return sum(part == name for part in walk(statement))


def _putting(value: Expression, name: Name) -> Change:
    """A change that puts a value in the place of a name."""

    def change(expression: Expression) -> Expression:
        return value if expression == name else expression

    return change


def _same(expression: Expression) -> Expression:
    return expression


def _settled(expression: Expression, values: Mapping[str, Expression | None]) -> Expression:
    """The expression with values substituted for names, without redundant keyword arguments."""
    if isinstance(expression, Name):
        return values.get(expression.id) or expression
    if isinstance(expression, Call):
        kept = tuple(each for each in expression.keywords if not _is_usual(each))
        return replace(expression, keywords=kept)
    return expression


def _is_usual(keyword: Keyword) -> bool:
    return keyword.value == Constant(_USUAL.get(keyword.name))


def _skipping(module: Expression) -> Change:
    """A change that leaves out the call of a module."""

    def change(expression: Expression) -> Expression:
        if isinstance(expression, Call) and expression.function == module:
            return expression.arguments[0]
        return expression

    return change


def _given(parameters: tuple[Parameter, ...], site: Call) -> dict[str, int]:
    """The whole numbers that a call passes for parameters, including defaults."""
    values = {each.name: each.default for each in parameters}
    values |= dict(zip((each.name for each in parameters), site.arguments, strict=False))
    values |= {each.name: each.value for each in site.keywords}
    return {
        name: value.value
        for name, value in values.items()
        if isinstance(value, Constant) and type(value.value) is int
    }


def _holds(condition: Expression, values: Mapping[str, int]) -> bool | None:
    """Whether a condition holds, or None if that can't be known."""
    found = _value(condition, values)
    return None if found is None else bool(found)


def _value(expression: Expression, values: Mapping[str, int]) -> int | None:
    match expression:
        case Constant(value) if type(value) is int:
            return value
        case Name(id):
            return values.get(id)
        case Binary(operator, left, right) if operator in _OPERATORS:
            pair = _value(left, values), _value(right, values)
            return None if None in pair else _OPERATORS[operator](*(each or 0 for each in pair))
        case _:
            return None


_OPERATORS: Mapping[str, Callable[[int, int], int]] = {
    "or": lambda a, b: a or b,
    "!=": lambda a, b: a != b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
}


def _renamed(definition: ClassDef, old: str, new: str) -> ClassDef:
    """A class whose expressions use the name `new` instead of `old`."""
    change = _putting(Name(new), Name(old))
    return replace(definition, body=tuple(_with(each, change) for each in definition.body))


def _with(statement: Statement, change: Change) -> Statement:
    match statement:
        case FunctionDef(body=body) | If(body=body):
            return replace(statement, body=tuple(_with(each, change) for each in body))
        case Assign(value=value) | Return(value=value) | Do(value=value):
            return replace(statement, value=map_expression(value, change))
        case _:
            return statement
