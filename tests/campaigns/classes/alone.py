"""A block alone, with arguments of our choice: what the compiler gives for it.

The blocks that a program elaborates are noted with the file in which they stand. `alone` wraps one
in a net with inputs of given types; the step is called `unit`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast, final
from unittest import mock

from netlang.elaborate.blocks import instances
from netlang.elaborate.blocks.alone import input_line
from netlang.elaborate.body import Body
from netlang.elaborate.program import elaborate
from netlang.elaborate.session import ElaboratedFunction
from netlang.evaluate.values import BlockTarget, BoundArgument, Layer, Namespace, Value
from netlang.ir.dims import evaluate
from netlang.ir.program import Function, Program
from netlang.ir.types import TensorType, Types
from netlang.source import Source, Span
from netlang.syntax import ast
from netlang.syntax.parser import parse
from tests.campaigns.classes.drawn import untraced

__all__ = ["Noted", "alone", "by_itself", "functions_in", "have_batches", "noting", "written"]

UNIT = "unit_of_the_probe"


@final
@dataclass
class Noted:
    """The blocks of a program by their place, each with its definition."""

    targets: dict[Span, BlockTarget] = field(default_factory=dict)

    def of(self, function: Function) -> BlockTarget | None:
        return self.targets.get(function.span)


@contextmanager
def noting() -> Iterator[Noted]:
    """Inside, blocks that are elaborated are noted."""
    noted, real = Noted(), instances._elaborate

    def noting_too(
        caller: Body, target: BlockTarget, values: dict[str, Value], given: Types
    ) -> ElaboratedFunction | None:
        noted.targets[target.definition.name_span] = target
        return real(caller, target, values, given)

    with mock.patch.object(instances, "_elaborate", noting_too):
        yield noted


class _WithUnit(Namespace):
    """A file in which one more name stands for a layer."""

    def __init__(self, inside: Namespace, text: str, unit: Layer) -> None:
        self.source = Source("probe.net", text)
        self.file = parse(self.source)
        self._inside, self._unit = inside, unit

    def find(self, name: str) -> Value | None:
        return self._unit if name == UNIT else self._inside.find(name)

    def names(self) -> Iterator[str]:
        yield UNIT
        yield from self._inside.names()


def alone(
    target: BlockTarget, arguments: Mapping[str, object], inputs: Sequence[TensorType]
) -> Program:
    """A net of one step, the block. Raises `NetlangError` if it isn't right for that."""
    name = target.definition.name_span
    bound: tuple[tuple[str, BoundArgument], ...] = tuple(
        (parameter.name, BoundArgument(cast("Value", arguments[parameter.name]), name))
        for parameter in target.definition.parameters
    )
    module = _WithUnit(target.module, _text(inputs), Layer(target, bound))
    (net,) = (each for each in module.file.items if isinstance(each, ast.NetDef))
    return elaborate(Layer(BlockTarget(net, module)), "probe", net.name_span)


def _text(inputs: Sequence[TensorType]) -> str:
    ports = "".join(
        f"    input x{index}: {type_.dtype.value}[{', '.join(map(str, type_.shape))}]\n"
        for index, type_ in enumerate(inputs)
    )
    names = ", ".join(f"x{index}" for index in range(len(inputs)))
    start = f"({names})" if len(inputs) > 1 else names
    return f"net probe {{\n{ports}    {start} -> unit: {UNIT}\n}}\n"


def functions_in(net: Function) -> Iterator[Function]:
    """A function and all that it calls, each once."""
    waiting, seen = [net], {net}
    while waiting:
        function = waiting.pop()
        yield function
        for node in function.nodes:
            if isinstance(node.callee, Function) and node.callee not in seen:
                seen.add(node.callee)
                waiting.append(node.callee)


def have_batches(function: Function) -> bool:
    """Whether all inputs have a batch, as each type that is written has."""
    return all(port.type.batch is not None for port in function.inputs)


def written(function: Function, sizes: Mapping[str, int]) -> tuple[dict[str, object], Types]:
    """The arguments of a block and the types of its inputs, as one would write them."""
    arguments = {name: untraced(each, sizes) for name, each in function.arguments.items()}
    types = tuple(
        port.type.with_shape(*(evaluate(size, sizes) for size in port.type.shape))
        for port in function.inputs
    )
    return arguments, types


def by_itself(
    target: BlockTarget, arguments: Mapping[str, object], inputs: Sequence[TensorType]
) -> Program:
    """The program of a block by itself, as `netlang compile SPEC:block --input ...` makes it."""
    name = target.definition.name_span
    bound = tuple(
        (key, BoundArgument(cast("Value", value), name)) for key, value in arguments.items()
    )
    lines = [
        input_line(number, f"{type_.dtype.value}[{', '.join(map(str, type_.shape))}]")
        for number, type_ in enumerate(inputs)
    ]
    return elaborate(Layer(target, bound), target.name, name, inputs=lines)
