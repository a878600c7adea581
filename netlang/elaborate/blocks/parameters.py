"""The parameters of a block or net: their values for the caller, and in the block's own terms."""

from __future__ import annotations

from collections.abc import Iterator

from netlang import advice as fixes
from netlang.diagnostics import language
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.body import Body
from netlang.elaborate.function.builder import CurrentValue
from netlang.evaluate.environment import Environment
from netlang.evaluate.expressions import Evaluator
from netlang.evaluate.labels import no_current_value
from netlang.evaluate.origins.pins import Pins
from netlang.evaluate.values import BlockTarget, Layer, Value
from netlang.evaluate.work import Work
from netlang.ir.numbers.provenance import in_own_terms, is_row
from netlang.ir.types import TensorType
from netlang.source import Span

__all__ = ["arguments", "defaults", "own_names", "parameters", "target_of"]


def arguments(
    body: Body, applied: Layer, span: Span, flow: CurrentValue, *, inline: bool = False
) -> dict[str, Value]:
    """The value of every parameter of a block in the caller's terms, defaults included.

    Numbers in a list of other things are plain, as the block could express them
    only in its own terms, which an `inline` one doesn't have.
    """
    values = parameters(target_of(applied), applied, span, _entry(body, flow))
    if inline:
        return values
    return {
        name: body.evaluator.pin(value) if isinstance(value, tuple) and not is_row(value) else value
        for name, value in values.items()
    }


def parameters(
    target: BlockTarget, applied: Layer, span: Span, entry: _Entry | None
) -> dict[str, Value]:
    """The values of the parameters: the given ones, then defaults, which may use earlier ones."""
    names = Environment(target.module.find)
    if entry is not None:
        names.work = entry.work
    evaluator = Evaluator(names, entry, entry.pins if entry is not None else Pins())
    given = dict(applied.arguments)
    values: dict[str, Value] = {}
    for parameter in target.definition.parameters:
        if parameter.name in given:
            value = given[parameter.name].value
        elif parameter.default is not None:
            value = evaluator.value(parameter.default)
        else:
            missing = fixes.lacking(target.definition.parameters, given)
            raise NetlangError(
                language.MissingArgument(
                    span=span,
                    callee=applied.name,
                    name=parameter.name,
                    description="it has no default",
                    call=fixes.completed(applied.name, span, missing),
                )
            )
        values[parameter.name] = value
        names.assign(parameter.name, value, parameter.name_span)
    return values


class _Entry:
    """What a default can read besides names: the block's input."""

    def __init__(self, type_: TensorType, pins: Pins, work: Work) -> None:
        self._type = type_
        self.pins = pins
        self.work = work

    def tensor(self, span: Span, *parts: str) -> TensorType | None:
        return None

    def count(self, *parts: str) -> int | None:
        return None

    def input_type(self, span: Span) -> TensorType:
        return self._type

    def current_type(self, span: Span) -> TensorType:
        why = "the block has no step yet"
        raise no_current_value(
            span, why, fixes.replaced(span, "in", "write `in`, the block's input")
        )

    def label_names(self) -> Iterator[str]:
        return iter(())


def _entry(body: Body, flow: CurrentValue) -> _Entry | None:
    if not flow:
        return None
    return _Entry(body.builder.type_of(flow[0]), body.evaluator.pins, body.session.work)


def defaults(
    target: BlockTarget, values: dict[str, Value], entry: TensorType, work: Work
) -> dict[str, Value]:
    """The defaults of a block's parameters, in its own terms; `entry` is the type of its input.

    A default that is another one for other arguments, by more than what it is computed from, is
    left out.
    """
    found: dict[str, Value] = {}
    for parameter in target.definition.parameters:
        if parameter.default is not None:
            pins = Pins()
            evaluator = Evaluator(own_names(target, values), _Entry(entry, pins, work), pins)
            value = evaluator.value(parameter.default)
            if not pins.leaves:
                found[parameter.name] = value
    return found


def target_of(applied: Layer) -> BlockTarget:
    if not isinstance(applied.target, BlockTarget):
        raise TypeError(f"{applied.name} isn't a block")
    return applied.target


def own_names(target: BlockTarget, values: dict[str, Value]) -> Environment:
    """A block's names for its own body: its parameters, in its own terms."""
    names = Environment(target.module.find)
    for parameter in target.definition.parameters:
        value = values[parameter.name]
        own: Value = in_own_terms(parameter.name, value)  # type: ignore[assignment]  # a layer stays one
        names.assign(parameter.name, own, parameter.name_span)
    return names
