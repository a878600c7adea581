"""One class per variant: constructor and `forward`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netlang.backends.torch.emit.annotations import annotated
from netlang.backends.torch.emit.arguments.alone import example_of, told_fixed
from netlang.backends.torch.emit.arguments.constructors import Constructor, ConstructorArgument
from netlang.backends.torch.emit.arguments.formulas import expression, literal
from netlang.backends.torch.emit.arguments.validity import told
from netlang.backends.torch.emit.forward import Writer
from netlang.backends.torch.emit.holders import Holders, file_name, scope_doc
from netlang.backends.torch.emit.members import Members
from netlang.backends.torch.emit.modules import Modules
from netlang.backends.torch.emit.progressions import LOOP
from netlang.backends.torch.emit.returned import Returned, joined_branches
from netlang.backends.torch.emit.units import Unit, with_loops
from netlang.backends.torch.guard import GUARD
from netlang.backends.torch.python.identifiers import MODULE_ATTRIBUTES, PythonScope
from netlang.backends.torch.python.traverse import map_expression, walk
from netlang.backends.torch.python.tree import (
    Assign,
    Attribute,
    Binary,
    Call,
    ClassDef,
    Constant,
    Do,
    Expression,
    For,
    FunctionDef,
    If,
    Name,
    Operand,
    Parameter,
    Return,
    Statement,
    TheModule,
    call,
    dotted,
)
from netlang.ir.types import DType, float_type

__all__ = ["ClassWriter"]

_TENSOR = Name("Tensor")


class ClassWriter:
    """Writes the class of one variant, and the named tuples that it returns."""

    def __init__(
        self,
        constructor: Constructor,
        *,
        is_net: bool,
        is_alone: bool = False,
        guarded: bool,
        holders: Holders,
    ) -> None:
        self._constructor, self._is_net, self._taken = constructor, is_net, holders.taken
        self._is_alone = is_alone
        self._guarded = guarded
        self._function = constructor.variant.sample
        self._members = Members(self._function, constructor.steps)
        self._holders = holders
        self._modules = Modules(self._function, constructor.steps, self._members, holders)
        self._returned = Returned(self._function, constructor.class_name, is_net=is_net)
        self._stored = self._stored_arguments()

    def definitions(self) -> Iterator[ClassDef]:
        """The class, preceded by the tuples that it returns."""
        if self._members.whole:
            yield self._sequential()
            return
        yield from self._returned.tuples()
        body = (*self._modules.fields(), *self._initialization(), self._forward())
        yield from self._holders.new()
        base = dotted("nn.ModuleDict" if self._modules.is_mapping else "nn.Module")
        yield self._definition(base, body)

    def _doc(self) -> str:
        function = self._function
        line = function.span.location.line
        if function.doc == "" and not self._is_net:
            return scope_doc(function.span)
        kind = "Net" if self._is_net else "Block"
        place = f"{file_name(function.span)}, line {line}"
        fixed = told_fixed(self._constructor) if self._is_alone else ""
        what = f"{kind} `{function.name}` of {place}{f', with {fixed}' if fixed else ''}."
        return f"{function.doc.strip()}\n\n{what}" if function.doc and not self._is_net else what

    def _definition(self, base: Expression, body: tuple[Statement, ...]) -> ClassDef:
        names = {argument.variable: argument.name for argument in self._constructor.arguments}
        where = told(self._constructor.holds, names, self._function)
        example = example_of(self._constructor) if self._is_alone else ""
        return ClassDef(self._constructor.class_name, base, body, self._doc(), where, example)

    # --- constructor --------------------------------------------------------------------------

    def _parameters(self) -> tuple[Parameter, ...]:
        return (
            Parameter("self"),
            *(
                Parameter(argument.name, _annotation(argument), _default(argument))
                for argument in self._constructor.arguments
            ),
        )

    def _init(self, body: tuple[Statement, ...]) -> FunctionDef:
        body = (*self._computed(), *body)
        return FunctionDef("__init__", self._parameters(), Constant(None), body)

    def _computed(self) -> Iterator[If]:
        """Arguments that are computed from others where they aren't given."""
        names = {each.variable: each.name for each in self._constructor.arguments}
        for each in self._constructor.arguments:
            if each.computed is not None:
                name = Name(each.name)
                absent = Binary("is", name, Constant(None))
                yield If(absent, (Assign(name, expression(each.computed, names)),))

    def _sequential(self) -> ClassDef:
        """A plain chain."""
        layers = Call(Attribute(call("super"), "__init__"), self._modules.layers())
        made = self._init((Do(layers), *self._converted()))
        body = (made, *self._guarded_forward()) if self._guarded else (made,)
        return self._definition(dotted("nn.Sequential"), body)

    def _guarded_forward(self) -> Iterator[FunctionDef]:
        """The `forward` of a plain chain that first checks the sizes of its input."""
        name = PythonScope(self._taken).fresh(self._function.inputs[0].name)
        checked = Do(call(GUARD, Name(name)))
        applied = Assign(Name(name), call("layer", Name(name)))
        loop = For("layer", Name("self"), (applied,))
        parameters = (Parameter("self"), Parameter(name, _TENSOR))
        yield FunctionDef("forward", parameters, _TENSOR, (checked, loop, Return(Name(name))))

    def _initialization(self) -> tuple[Statement, ...]:
        stored = tuple(
            Assign(Attribute(Name("self"), attribute), Name(name))
            for name, attribute in self._stored.items()
        )
        modules = self._modules.statements()
        if not stored and not modules:
            return ()
        begun, converted = Do(Call(Attribute(call("super"), "__init__"))), self._converted()
        return (self._init((begun, *stored, *modules, *(converted if modules else ()))),)

    def _converted(self) -> tuple[Statement, ...]:
        """Conversion of all weights to the floating-point type of the net."""
        floats = float_type(port.type for port in self._function.inputs)
        if not self._is_net or floats in (None, DType.FLOAT32):
            return ()
        return (Do(Call(dotted("self.to"), (dotted(f"torch.{floats.value}"),))),)

    def _stored_arguments(self) -> Mapping[str, str]:
        """Constructor arguments that `forward` reads, and the attribute that stores each."""
        names = {argument.name for argument in self._constructor.arguments}
        labels = PythonScope(
            {node.path.partition(".")[0] for node in self._function.nodes} | MODULE_ATTRIBUTES
        )
        used = dict.fromkeys(
            part.id
            for index in range(len(self._function.nodes))
            if self._is_line(index) and not self._members.is_module(index)
            for part in walk(self._constructor.steps[index].function)
            if isinstance(part, Name) and part.id in names
        )
        return {name: labels.fresh(name) for name in used}

    # --- forward ------------------------------------------------------------------------------

    def _is_line(self, index: int) -> bool:
        """Whether a node is a unit of its own in `forward`."""
        return self._members.chain_of(index) is None

    def _units(self) -> Iterator[Unit]:
        """The calls of `forward`; a plain chain is one call."""
        nodes = self._function.nodes
        chains: dict[str, list[int]] = {}
        for index in range(len(nodes)):
            chain = self._members.chain_of(index)
            if chain is not None:
                chains.setdefault(chain, []).append(index)
        for index, node in enumerate(nodes):
            chain, run = self._members.chain_of(index), self._members.run_of(index)
            if run is not None:
                if index == run[-1]:
                    yield self._run(run)
            elif chain is None:
                yield self._unit(index)
            elif index == chains[chain][-1]:
                first = nodes[chains[chain][0]]
                value = Call(self._modules.reference(chain), (Operand(0),))
                yield Unit(
                    index, first.inputs, value, chain, node.types, False, False, node.auxiliary
                )

    def _unit(self, index: int) -> Unit:
        node, step = self._function.nodes[index], self._constructor.steps[index]
        if self._members.is_registered(node.module):
            module = self._modules.reference(node.module, step.held)
            value = _with_module(step.apply, module)
        else:
            assert step.function is not None
            value = self._kept(step.function)
        return Unit(
            index, node.inputs, value, node.path, node.types,
            step.light, step.overwritable, node.auxiliary, items=self._modules.items(node.module),
        )  # fmt: skip

    def _run(self, run: Sequence[int]) -> Unit:
        """Consecutive numbered modules of one kind, as a loop."""
        first, last = self._function.nodes[run[0]], self._function.nodes[run[-1]]
        value = Call(self._modules.numbered(), (Operand(0),))
        numbers = call("range", Constant(int(first.path)), Constant(int(last.path) + 1))
        return Unit(
            run[-1],
            first.inputs,
            value,
            first.path,
            last.types,
            False,
            False,
            last.auxiliary,
            (LOOP, numbers),
        )

    def _kept(self, part: Expression) -> Expression:
        """A functional call that reads constructor arguments from where they are stored."""

        def change(inner: Expression) -> Expression:
            if isinstance(inner, Name) and inner.id in self._stored:
                return Attribute(Name("self"), self._stored[inner.id])
            return inner

        return map_expression(part, change)

    def _forward(self) -> FunctionDef:
        scope = PythonScope(self._taken)
        ports = self._function.inputs
        plain = not self._is_net
        names = [
            scope.fresh("x" if plain and (len(ports) == 1 or port.name == "in") else port.name)
            for port in ports
        ]
        several = self._returned.several
        writer = Writer(
            self._function,
            with_loops(list(self._units()), self._members.readers, scope),
            names,
            scope,
            shapes=self._is_net,
        )
        writer.run()
        if several:
            writer.flush()
            body = self._returned.statements(writer)
        else:
            value, comment = writer.last(self._function.outputs[0].ref)
            body = (Return(value, comment),)
        checks = (Do(call(GUARD, *map(Name, names))),) if self._guarded else ()
        written = (*checks, *self._returned.absent(writer), *writer.statements(), *body)
        statements = tuple(joined_branches(written))
        parameters = (Parameter("self"), *(Parameter(name, _TENSOR) for name in names))
        return FunctionDef(
            "forward", parameters, self._returned.annotation(), annotated(statements, names)
        )


def _annotation(argument: ConstructorArgument) -> Expression:
    own = Name(argument.annotation)
    return own if argument.computed is None else Binary("|", own, Constant(None))


def _default(argument: ConstructorArgument) -> Expression | None:
    if argument.computed is not None:
        return Constant(None)
    return None if argument.default is None else literal(argument.default)


def _with_module(part: Expression, module: Expression) -> Expression:
    def change(inner: Expression) -> Expression:
        return module if isinstance(inner, TheModule) else inner

    return map_expression(part, change)
