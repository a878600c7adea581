"""Reads sizes that depend on the net's input from values that are available.

A spec takes such a size from an attribute of some value (``size=image.shape[1:]``); in the IR it is
a formula in the sizes of the net's input. On exit, every operator that needs such sizes is a
`Sized`, whose additional inputs are the values to read them from. A block without a suitable value
gets one of the net's inputs as an additional input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from netlang.backends.torch.lowering.sized import Sized, shape_of
from netlang.backends.torch.python.tree import Binary, Constant, Expression, Operand
from netlang.backends.torch.rewrite.scopes import OUTPUT, Readers
from netlang.diagnostics.errors import InternalError
from netlang.ir.dims import Atom, Dim, Expr, Floor, floor_div, symbol
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node, Ref
from netlang.ir.types import TensorType
from netlang.records import Draft, Record, field, names_of, replace

__all__ = ["with_sizes"]

_DIVISORS = range(2, 17)


def with_sizes(net: Function) -> Function:
    """A net whose operators read their symbolic sizes from values."""
    return _Pass(net).changed(net).function


def symbolic_sizes(op: Op) -> tuple[Expr, ...]:
    """The sizes among an operator's arguments that depend on the net's input."""
    values = (getattr(op, name) for name in names_of(op))
    return tuple(
        size
        for value in values
        for size in (value if isinstance(value, tuple) else (value,))
        if isinstance(size, Expr)
    )


class _Changed(Record):
    """A function after the pass, and the net inputs that it received as additional inputs."""

    function: Function
    added: tuple[int, ...]


class _Pass:
    """Changes every function once, callees before callers."""

    def __init__(self, net: Function) -> None:
        self._net, self._done = net, dict[Function, _Changed]()

    def changed(self, function: Function) -> _Changed:
        if function not in self._done:
            self._done[function] = self._change(function)
        return self._done[function]

    def _change(self, function: Function) -> _Changed:
        values = _Values(function, self._net)
        nodes = tuple(self._node(values, node) for node in function.nodes)
        if nodes == function.nodes:
            return _Changed(function, ())
        ports = (*function.inputs, *(self._net.inputs[index] for index in values.added))
        return _Changed(replace(function, inputs=ports, items=nodes), tuple(values.added))

    def _node(self, values: _Values, node: Node) -> Node:
        if isinstance(node.callee, Function):
            callee = self.changed(node.callee)
            further = tuple(values.of_net(index) for index in callee.added)
            found = replace(node, callee=callee.function, inputs=(*node.inputs, *further))
        elif sizes := symbolic_sizes(node.callee):
            found = _sized(values, node, node.callee, sizes)
        else:
            found = node
        values.made += 1
        return found if found.callee is not node.callee else node


def _sized(values: _Values, node: Node, op: Op, sizes: Sequence[Expr]) -> Node:
    """An operator that reads its sizes."""
    reading = _Reading(values, list(node.inputs))
    told = tuple((str(size), reading.tell(size)) for size in dict.fromkeys(sizes))
    callee = Sized(op=op, own=len(node.inputs), sizes=told)
    return replace(node, callee=callee, inputs=tuple(reading.inputs))


class _Values(Draft, eq=False, dict=True):
    """The values that a step of a function can read: inputs, and what was `made` before it."""

    function: Function
    net: Function
    made: int = 0
    added: list[int] = field(default_factory=list)

    @cached_property
    def _readers(self) -> Readers:
        return Readers(self.function)

    def of_net(self, index: int) -> Ref:
        """An input of the net, added as an input of the function if necessary."""
        if self.function is self.net:
            return Ref(INPUT, index)
        if index not in self.added:
            self.added.append(index)
        return Ref(INPUT, len(self.function.inputs) + self.added.index(index))

    def type_of(self, ref: Ref) -> TensorType:
        further = ref.output - len(self.function.inputs)
        if ref.producer == INPUT and further >= 0:
            return self.net.inputs[self.added[further]].type
        return self.function.type_of(ref)

    def all(self) -> Iterator[Ref]:
        """Inputs, then the latest values, then values that only the next step reads."""
        yield from self.inputs()
        nodes = self.function.nodes
        before = [
            Ref(index, output)
            for index in reversed(range(self.made))
            for output in range(len(nodes[index].types))
            if not nodes[index].auxiliary
        ]
        yield from sorted(before, key=self._is_passing)

    def inputs(self) -> Iterator[Ref]:
        yield from (Ref(INPUT, index) for index in range(len(self.function.inputs)))

    def _is_passing(self, ref: Ref) -> bool:
        """Whether a value only passes from one step of a scope to the next."""
        readers = self._readers.of(ref)
        if len(readers) != 1 or OUTPUT in readers:
            return False
        one, two = (self.function.nodes[index] for index in (ref.producer, readers[0]))
        return (
            readers[0] == ref.producer + 1
            and one.path.rpartition(".")[0] == (two.path.rpartition(".")[0])
        )


class _Reading(Draft, eq=False):
    """The sizes of one step, expressed over `inputs`; values that they need are added there."""

    values: _Values
    inputs: list[Ref]

    def tell(self, size: Dim) -> Expression:
        """An expression for `size`."""
        if isinstance(size, int):
            return Constant(size)
        found = self._as_one_size(size) or self._in_terms_of_inputs(size)
        return found or self._as_area(size) or self._sum(size)

    def _as_one_size(self, size: Expr) -> Expression | None:
        """A size of some value, preferring the step's own inputs."""
        for ref in (*self.inputs, *self.values.all()):
            for axis, known in self._sizes(ref):
                if known == size:
                    return self._read(ref, axis)
        return None

    def _sizes(self, ref: Ref) -> Iterator[tuple[int, Dim]]:
        """The sizes of a value with their dimensions in its tensor."""
        type_ = self.values.type_of(ref)
        yield from enumerate(type_.shape, start=int(type_.batch is not None))

    def _read(self, ref: Ref, axis: int) -> Expression:
        if ref not in self.inputs:
            self.inputs.append(ref)
        return shape_of(Operand(self.inputs.index(ref)), axis)

    def _in_terms_of_inputs(self, size: Expr) -> Expression | None:
        """A multiple or fraction of an input's size, as a block expresses its own sizes."""
        for ref in (*self.values.inputs(), *self.inputs):
            for axis, known in self._sizes(ref):
                if isinstance(known, Expr) and (told := _linear(size, known)) is not None:
                    return _over(self._read(ref, axis), *told)
        return None

    def _as_area(self, size: Expr) -> Expression | None:
        """A product of sizes of one value: the number of its places, or a multiple of it."""
        for ref in dict.fromkeys((*self.inputs, *self.values.inputs())):
            axes, rest = list[int](), size
            for axis, known in self._sizes(ref):
                divided = _quotient(rest, known)
                if divided is not None:
                    axes.append(axis)
                    if isinstance(divided, int):
                        read = [self._read(ref, each) for each in axes]
                        return _product_of(divided, read)
                    rest = divided
        return None

    # --- formulas -----------------------------------------------------------------------------

    def _sum(self, size: Expr) -> Expression:
        total: Expression | None = None
        for coefficient, atoms in size.terms:
            term = self._product(abs(coefficient), atoms)
            if total is None:
                total = term if coefficient > 0 else Binary("*", Constant(-1), term)
            else:
                total = Binary("+" if coefficient > 0 else "-", total, term)
        assert total is not None
        return total

    def _product(self, coefficient: int, atoms: Sequence[Atom]) -> Expression:
        return _product_of(coefficient, [self._atom(atom) for atom in atoms])

    def _atom(self, atom: Atom) -> Expression:
        whole = self._as_one_size(Expr(((1, (atom,)),)))
        if whole is not None:
            return whole
        if isinstance(atom, Floor):
            return Binary("//", self.tell(atom.numerator), Constant(atom.divisor))
        return self._of_net(atom.name)

    def _of_net(self, name: str) -> Expression:
        """The size `name` from an input of the net where it stands alone."""
        for index, port in enumerate(self.values.net.inputs):
            if symbol(name) in port.type.shape:
                axis = port.type.shape.index(symbol(name)) + int(port.type.batch is not None)
                return self._read(self.values.of_net(index), axis)
        raise InternalError(f"no input has the size {name}")


def _product_of(coefficient: int, factors: list[Expression]) -> Expression:
    if coefficient != 1 or not factors:
        factors.insert(0, Constant(coefficient))
    found = factors[0]
    for factor in factors[1:]:
        found = Binary("*", found, factor)
    return found


def _quotient(size: Expr, known: Dim) -> Dim | None:
    """`size` divided by one of its factors; None for another size, or for a sum."""
    if not isinstance(known, Expr) or len(size.terms) > 1 or len(known.terms) > 1:
        return None
    ((whole, atoms),), ((part, taken),) = size.terms, known.terms
    left = list(atoms)
    for atom in taken:
        if atom not in left:
            return None
        left.remove(atom)
    if whole % part:
        return None
    return Expr(((whole // part, tuple(left)),)) if left else whole // part


def _linear(size: Expr, known: Expr) -> tuple[int, int, int] | None:
    """The numbers for which `size` is ``(factor * known + summand) // divisor``, if any."""
    leading, monomial = known.terms[0]
    factor = next((c // leading for c, m in size.terms if m == monomial and c % leading == 0), 0)
    if factor > 0 and isinstance(rest := size - known * factor, int):
        return factor, rest, 1
    for divisor in _DIVISORS:
        for summand in (0, divisor - 1):
            if floor_div(known + summand, divisor) == size:
                return 1, summand, divisor
    return None


def _over(known: Expression, factor: int, summand: int, divisor: int) -> Expression:
    found = known if factor == 1 else Binary("*", Constant(factor), known)
    if summand:
        found = Binary("+" if summand > 0 else "-", found, Constant(abs(summand)))
    return found if divisor == 1 else Binary("//", found, Constant(divisor))
