"""The return value of a class: one value, or a tuple, in training and when deployed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netlang.backends.torch.emit.forward import Writer
from netlang.backends.torch.python.identifiers import PythonScope
from netlang.backends.torch.python.tree import (
    Assign,
    Binary,
    Call,
    ClassDef,
    Constant,
    Expression,
    Field,
    If,
    Index,
    Name,
    Return,
    Statement,
    TupleDisplay,
    dotted,
)
from netlang.ir.program import INPUT, Function, Output

__all__ = ["Returned", "joined_branches"]

_TENSOR = Name("Tensor")


class Returned:
    """The outputs of a function as its class returns them; several outputs of a net have names."""

    def __init__(self, function: Function, class_name: str, *, is_net: bool) -> None:
        self._function, self._class_name, self._is_net = function, class_name, is_net

    @property
    def several(self) -> bool:
        return len(self._outputs) > 1

    @property
    def _outputs(self) -> tuple[Output, ...]:
        return self._function.outputs

    @property
    def _deployed(self) -> tuple[Output, ...]:
        return tuple(output for output in self._outputs if not output.auxiliary)

    @property
    def _has_auxiliary(self) -> bool:
        return len(self._deployed) < len(self._outputs)

    def tuples(self) -> Iterator[ClassDef]:
        """The named tuples that a net returns: of all outputs, and of the deployed ones."""
        if not self._is_net:
            return
        if len(self._outputs) > 1:
            doc = "The outputs, in training." if self._has_auxiliary else "The outputs."
            yield _named_tuple(self._tuple_name(self._outputs), self._outputs, doc)
        if self._has_auxiliary and len(self._deployed) > 1:
            yield _named_tuple(
                self._tuple_name(self._deployed), self._deployed, "The outputs, when deployed."
            )

    def _tuple_name(self, outputs: tuple[Output, ...]) -> str:
        training = self._has_auxiliary and outputs == self._outputs
        return f"{self._class_name}{'TrainingOutput' if training else 'Output'}"

    def statements(self, writer: Writer) -> tuple[Statement, ...]:
        """The return statements of a function with several outputs, in training and deployed."""
        everything = self._packed(writer, self._outputs)
        if not self._is_net or not self._has_auxiliary:
            return (Return(everything),)
        training = If(dotted("self.training"), (Return(everything),))
        return (training, Return(self._packed(writer, self._deployed)))

    def _packed(self, writer: Writer, outputs: tuple[Output, ...]) -> Expression:
        values = tuple(writer.named(output.ref) for output in outputs)
        if len(values) == 1:
            return values[0]
        if self._is_net:
            return Call(Name(self._tuple_name(outputs)), values)
        return TupleDisplay(values)

    def absent(self, writer: Writer) -> Iterator[Statement]:
        """When deployed, a block's auxiliary outputs are None, unless they are deployed as well."""
        if self._is_net:
            return
        for output in self._outputs:
            producer = writer.root(output.ref).producer
            if output.auxiliary and producer != INPUT and self._function.nodes[producer].auxiliary:
                yield Assign(writer.named(output.ref), Constant(None))

    def annotation(self) -> Expression:
        if len(self._outputs) == 1:
            return _TENSOR
        if not self._is_net:
            items = tuple(
                Binary("|", _TENSOR, Constant(None)) if output.auxiliary else _TENSOR
                for output in self._outputs
            )
            return Index(Name("tuple"), TupleDisplay(items))
        everything = Name(self._tuple_name(self._outputs))
        if not self._has_auxiliary:
            return everything
        several = len(self._deployed) > 1
        deployed = Name(self._tuple_name(self._deployed)) if several else _TENSOR
        return Binary("|", deployed, everything)


def _named_tuple(name: str, outputs: tuple[Output, ...], doc: str) -> ClassDef:
    scope = PythonScope()
    fields = tuple(Field(scope.fresh(output.name), _TENSOR) for output in outputs)
    return ClassDef(name, Name("NamedTuple"), fields, doc)


def joined_branches(statements: Iterable[Statement]) -> Iterator[Statement]:
    """The statements, those under the same condition one after the other in one branch."""
    waiting: Statement | None = None
    for each in statements:
        if isinstance(waiting, If) and isinstance(each, If) and waiting.test == each.test:
            waiting = If(each.test, (*waiting.body, *each.body))
            continue
        if waiting is not None:
            yield waiting
        waiting = each
    if waiting is not None:
        yield waiting
