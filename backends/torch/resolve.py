"""The constructor of each form: which arguments it takes, and every number in terms of them.

On exit each number of a form's steps is an expression that has been computed for every instance and
gave the instance's number; what no expression gives is an argument of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from netlang.backends.torch.calls import arguments_of, scalar
from netlang.backends.torch.fitting import (
    Environment,
    Formula,
    Variable,
    expression,
    fit,
    formula_of,
    known,
    plain,
    variables_in,
)
from netlang.backends.torch.forms import Form, Forms, Site, fill, numbers_in
from netlang.backends.torch.lowering import Lowered
from netlang.backends.torch.python import identifiers
from netlang.backends.torch.python.tree import (
    Call,
    Constant,
    Expression,
    Keyword,
    Name,
    Number,
    NumberValue,
    Operand,
    TheModule,
    map_expression,
)
from netlang.ir.program import Function, Node
from netlang.ir.provenance import InputOrigin, ParameterOrigin, origin_of
from netlang.ir.types import Types

__all__ = ["Argument", "Constructor", "resolved"]

# Arguments that a PyTorch user gives by name, with the value that goes without saying.
_USUAL: Mapping[str, int] = {"stride": 1, "dilation": 1, "groups": 1, "padding": 0, "pad": 0}


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a form's constructor."""

    variable: Variable
    name: str
    is_float: bool
    default: NumberValue | None
    by_name: bool


@dataclass(eq=False)
class Constructor:
    """A form with its numbers told."""

    form: Form
    class_name: str
    arguments: tuple[Argument, ...]
    steps: tuple[Lowered, ...]
    # What the arguments that no parameter of the block gives are in each instance.
    extra: Mapping[Function, Mapping[Variable, NumberValue]] = field(default_factory=dict)


def resolved(forms: Forms, class_names: Mapping[Form, str]) -> list[Constructor]:
    """The constructors of all forms, callees first."""
    made: dict[Form, Constructor] = {}
    for form in forms:
        made[form] = _Resolver(forms, form, made, class_names[form]).constructor()
    return list(made.values())


def _environment(function: Function) -> dict[Variable, NumberValue]:
    """What a function's parameters and input sizes are, as plain numbers."""
    found: dict[Variable, NumberValue] = {}
    for name, value in function.arguments.items():
        number = scalar(value)
        if number is not None:
            found[ParameterOrigin(name)] = plain(number)
    for index, port in enumerate(function.inputs):
        for axis, size in enumerate(port.type.shape):
            if isinstance(size, int):
                found[InputOrigin(index, axis)] = int(size)
    return found


class _Resolver:
    """Works out one form, all of whose callees are done."""

    def __init__(
        self, forms: Forms, form: Form, made: Mapping[Form, Constructor], class_name: str
    ) -> None:
        self._forms, self._form, self._made, self._class_name = forms, form, made, class_name
        self._is_net = form is forms.net
        self._environments = [_environment(function) for function in form.instances]
        self._settled = self._settled_values()
        self._extras: list[dict[Variable, NumberValue]] = [{} for _ in form.instances]
        self._used: set[Variable] = set()
        self._names = identifiers.Scope()

    def constructor(self) -> Constructor:
        formulas = self._formulas()
        if self._is_net and (lost := self._lost(formulas)):
            self._settled = {**self._settled, **{v: self._environments[0][v] for v in lost}}
            formulas = self._formulas()
        used = list(
            dict.fromkeys(v for step in formulas for formula in step for v in variables_in(formula))
        )
        arguments = self._arguments(used)
        names = {argument.variable: argument.name for argument in arguments}
        steps = tuple(
            fill(self._step(self._form.sample, index), iter([expression(f, names) for f in step]))
            for index, step in enumerate(formulas)
        )
        extra = dict(zip(self._form.instances, self._extras, strict=True))
        return Constructor(self._form, self._class_name, arguments, tuple(map(_tidy, steps)), extra)

    def _formulas(self) -> list[list[Formula]]:
        """Every number of every step."""
        nodes = self._form.sample.nodes
        columns = (self._step_columns(index) for index in range(len(nodes)))
        return [
            [self._told(numbers, node) for numbers in zip(*instances, strict=True)]
            for instances, node in zip(columns, nodes, strict=True)
        ]

    def _lost(self, formulas: list[list[Formula]]) -> set[Variable]:
        """Parameters of the net that decide the shape of a value without being told to its step.

        Another value for one of them would not give the net that the spec describes, so they are no
        arguments.
        """
        function = self._form.sample
        lost: set[Variable] = set()
        for node, step in zip(function.nodes, formulas, strict=True):
            given = {v for formula in step for v in variables_in(formula)}
            given |= _speaks_of(function.input_types(node))
            lost |= _speaks_of(node.types) - given
        return {v for v in lost if v in self._environments[0] and v not in self._settled}

    def _settled_values(self) -> Environment:
        """Variables to write as numbers.

        For the net these are its input sizes and the parameters that also decide something else;
        for a block such parameters, where they are the same in all instances.
        """
        first, pinned = self._environments[0], self._form.sample.pinned
        if self._is_net:
            return {
                v: n
                for v, n in first.items()
                if isinstance(v, InputOrigin)
                or (isinstance(v, ParameterOrigin) and v.name in pinned)
            }
        return {
            v: n
            for v, n in first.items()
            if isinstance(v, ParameterOrigin)
            and v.name in pinned
            and all(environment.get(v) == n for environment in self._environments)
        }

    # --- columns ------------------------------------------------------------------------------

    def _step(self, function: Function, index: int) -> Lowered:
        """A step of an instance with its numbers still in it; a call as the callee's constructor."""
        node = function.nodes[index]
        if not isinstance(node.callee, Function):
            return self._forms.step(function, index)
        callee = self._made[self._forms.of(node.callee)]
        values = _given(callee, Site(function, index))
        positional = [a for a in callee.arguments if not a.by_name]
        named = [a for a in callee.arguments if a.by_name]
        call = Call(
            Name(callee.class_name),
            tuple(Number(values[a.variable], a.name) for a in positional),
            tuple(
                Keyword(
                    a.name,
                    Number(values[a.variable], a.name),
                    None if a.default is None else Constant(a.default),
                )
                for a in named
            ),
        )
        return Lowered(call, apply=_application(node))

    def _step_columns(self, index: int) -> list[list[Number]]:
        """The numbers of a step in each instance."""
        return [list(numbers_in(self._step(f, index))) for f in self._form.instances]

    def _told(self, numbers: tuple[Number, ...], node: Node) -> Formula:
        """One column as a formula; where nothing gives it, a new argument does."""
        column = [number.value for number in numbers]
        environments = [
            {**environment, **extra}
            for environment, extra in zip(self._environments, self._extras, strict=True)
        ]
        role = numbers[0].role
        formula = formula_of(column, environments)
        if formula is not None:
            formula = known(formula, self._settled)
        else:
            formula = fit(column, environments, role, self._used)
        if formula is None:
            formula = self._extra(column, node, role)
        self._used.update(variables_in(formula))
        return formula

    def _extra(self, column: list[NumberValue], node: Node, role: str) -> Formula:
        """An argument that the block itself doesn't have, named after the step and the number."""
        taken = {v.name for e in self._environments for v in e if isinstance(v, ParameterOrigin)}
        taken |= {v.name for e in self._extras for v in e if isinstance(v, ParameterOrigin)}
        wanted = f"{node.path.replace('.', '_')}_{_short(role)}"
        name = identifiers.Scope(taken).fresh(wanted)
        for extra, value in zip(self._extras, column, strict=True):
            extra[ParameterOrigin(name)] = plain(value)
        return ParameterOrigin(name)

    # --- arguments ----------------------------------------------------------------------------

    def _arguments(self, used: list[Variable]) -> tuple[Argument, ...]:
        """The arguments: input sizes, then the block's parameters in order, then others."""
        order = [ParameterOrigin(name) for name in self._form.sample.arguments]
        inputs = sorted(
            (v for v in used if isinstance(v, InputOrigin)), key=lambda v: (v.index, v.axis)
        )
        parameters = [v for v in order if v in used]
        others = [v for v in used if v not in inputs and v not in parameters]
        made = [self._argument(v) for v in (*inputs, *parameters, *others)]
        return tuple(sorted(made, key=lambda argument: argument.default is not None))

    def _argument(self, variable: Variable) -> Argument:
        value = {**self._environments[0], **self._extras[0]}[variable]
        if self._is_net:
            name = self._names.fresh(self._called(variable))
            return Argument(variable, name, isinstance(value, float), value, True)
        name = self._names.fresh(self._called(variable))
        default = self._default(variable, name)
        by_name = default is not None or name in _USUAL
        return Argument(variable, name, isinstance(value, float), default, by_name)

    def _called(self, variable: Variable) -> str:
        if isinstance(variable, ParameterOrigin):
            return variable.name
        ports = self._form.sample.inputs
        port = ports[variable.index]
        prefix = "in" if len(ports) == 1 else port.name
        return f"{prefix}_{_axis(variable.axis, port.type.rank)}"

    def _default(self, variable: Variable, name: str) -> NumberValue | None:
        """The value that most calls give, where it goes without saying; or that all give."""
        if isinstance(variable, InputOrigin):
            return None
        sites = [site for site in self._form.sites if not site.node.reuses]
        if any(origin_of(arguments_of(site.node).get(variable.name)) for site in sites):
            return None
        values = [self._plain_value(variable, site) for site in sites]
        usual = _USUAL.get(name)
        if usual is not None and usual in values:
            return usual
        if len(values) > 1 and all(value == values[0] for value in values):
            return values[0]
        return None

    def _plain_value(self, variable: Variable, site: Site) -> NumberValue:
        callee = site.node.callee
        assert isinstance(callee, Function)
        index = self._form.instances.index(callee)
        return {**self._environments[index], **self._extras[index]}[variable]


def _given(callee: Constructor, site: Site) -> dict[Variable, NumberValue]:
    """What a call gives for each argument, in the caller's terms."""
    node = site.node
    function = node.callee
    assert isinstance(function, Function)
    arguments, inputs = arguments_of(node), site.caller.input_types(node)
    found: dict[Variable, NumberValue] = dict(callee.extra[function])
    for argument in callee.arguments:
        variable = argument.variable
        value: object = found.get(variable)
        if isinstance(variable, InputOrigin):
            value = inputs[variable.index].shape[variable.axis]
        elif value is None:
            value = scalar(arguments[variable.name])
        assert isinstance(value, int | float)
        found[variable] = value
    return found


def _speaks_of(types: Types) -> set[Variable]:
    """The parameters and sizes that the sizes of some types come from."""
    return {
        variable
        for type_ in types
        for size in type_.shape
        if (origin := origin_of(size)) is not None
        for variable in variables_in(origin)
    }


def _application(node: Node) -> Expression:
    return Call(TheModule(), tuple(Operand(index) for index in range(len(node.inputs))))


def _axis(axis: int, rank: int) -> str:
    if axis == 0:
        return "channels" if rank > 1 else "features"
    names = {2: ("length",), 3: ("height", "width"), 4: ("depth", "height", "width")}
    return names[rank][axis - 1] if rank in names else f"size{axis}"


def _short(role: str) -> str:
    """A role as the end of an argument's name."""
    return {"out_channels": "out", "out_features": "out", "kernel_size": "kernel"}.get(role, role)


def _tidy(step: Lowered) -> Lowered:
    """A step without the keyword arguments that are at their defaults."""
    return replace(
        step,
        constructor=None if step.constructor is None else _without_defaults(step.constructor),
        apply=_without_defaults(step.apply),
        function=None if step.function is None else _without_defaults(step.function),
    )


def _without_defaults(part: Expression) -> Expression:
    def change(inner: Expression) -> Expression:
        if isinstance(inner, Call):
            kept = tuple(k for k in inner.keywords if k.default is None or k.value != k.default)
            return replace(inner, keywords=kept)
        return inner

    return map_expression(part, change)
