"""The constructor of each variant: its arguments, and every number as a formula in them.

On exit, each number of a variant's steps has an expression that was evaluated for every instance
and gave the instance's number. A number without such an expression becomes an argument of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from netlang.backends.torch.diagnostics import NoLowering
from netlang.backends.torch.emit.constructors import (
    Constructor,
    ConstructorArgument,
    application,
    axis_name,
    environment_of,
    given,
    short,
    speaks_of,
    without_defaults,
)
from netlang.backends.torch.emit.formulas import (
    Environment,
    Formula,
    Settled,
    Variable,
    expression,
    fit,
    formula_of,
    plain,
    variables_in,
)
from netlang.backends.torch.lowering import Lowered
from netlang.backends.torch.python import identifiers
from netlang.backends.torch.python.tree import (
    Call,
    Constant,
    Keyword,
    Name,
    Number,
    NumberValue,
)
from netlang.backends.torch.rewrite.class_sharing import (
    CallSite,
    Variant,
    Variants,
    fill,
    numbers_in,
)
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Function, Node
from netlang.ir.provenance import InputOrigin, ParameterOrigin, origin_of

__all__ = ["constructors_of"]

# Arguments that a PyTorch user passes by name, with the value that is usually omitted.
_USUAL: Mapping[str, int] = {"stride": 1, "dilation": 1, "groups": 1, "padding": 0, "pad": 0}


def constructors_of(variants: Variants, class_names: Mapping[Variant, str]) -> list[Constructor]:
    """The constructors of all variants, callees first."""
    made: dict[Variant, Constructor] = {}
    for variant in variants:
        made[variant] = _ArgumentChooser(
            variants, variant, made, class_names[variant]
        ).constructor()
    return list(made.values())


class _ArgumentChooser:
    """Chooses the arguments of one variant, after all of its callees."""

    def __init__(
        self,
        variants: Variants,
        variant: Variant,
        made: Mapping[Variant, Constructor],
        class_name: str,
    ) -> None:
        self._variants, self._variant = variants, variant
        self._constructors, self._class_name = made, class_name
        self._is_net = variant is variants.net
        self._environments = [environment_of(function) for function in variant.instances]
        self._settled = Settled(self._settled_values())
        self._extras: list[dict[Variable, NumberValue]] = [{} for _ in variant.instances]
        # The environments with the extra arguments in them.
        self._complete = [dict(environment) for environment in self._environments]
        self._used: set[Variable] = set()
        self._names = identifiers.PythonScope()

    def constructor(self) -> Constructor:
        formulas = self._formulas()
        if self._is_net and (decisive := self._decisive(formulas)):
            decided = {v: self._environments[0][v] for v in decisive}
            self._settled = Settled({**self._settled.values, **decided})
            formulas = self._formulas()
        used = list(
            dict.fromkeys(v for step in formulas for formula in step for v in variables_in(formula))
        )
        arguments = self._arguments(used)
        names = {argument.variable: argument.name for argument in arguments}
        steps = tuple(
            fill(
                self._step(self._variant.sample, index), iter([expression(f, names) for f in step])
            )
            for index, step in enumerate(formulas)
        )
        extra = dict(zip(self._variant.instances, self._extras, strict=True))
        return Constructor(
            self._variant, self._class_name, arguments, tuple(map(without_defaults, steps)), extra
        )

    def _formulas(self) -> list[list[Formula]]:
        """The formulas for every number of every step."""
        nodes = self._variant.sample.nodes
        columns = (self._step_columns(index) for index in range(len(nodes)))
        return [
            [self._formula(numbers, node) for numbers in zip(*instances, strict=True)]
            for instances, node in zip(columns, nodes, strict=True)
        ]

    def _decisive(self, formulas: list[list[Formula]]) -> set[Variable]:
        """Parameters of the net that decide a value's shape without being passed to its step.

        With other values they would no longer give the net of the spec, so they aren't arguments.
        """
        function = self._variant.sample
        decisive: set[Variable] = set()
        for node, step in zip(function.nodes, formulas, strict=True):
            given = {v for formula in step for v in variables_in(formula)}
            given |= speaks_of(function.input_types(node))
            decisive |= speaks_of(node.types) - given
        return {v for v in decisive if v in self._environments[0] and v not in self._settled.values}

    def _settled_values(self) -> Environment:
        """Variables to write as numbers.

        For the net, these are its input sizes and the parameters that also decide something else;
        for a block, the parameters with the same value wherever the net uses it.
        """
        first, pinned = self._environments[0], self._variant.sample.pinned
        if self._is_net:
            return {
                variable: number
                for variable, number in first.items()
                if isinstance(variable, InputOrigin) or variable.name in pinned
            }
        return {
            variable: number
            for variable, number in first.items()
            if isinstance(variable, ParameterOrigin)
            and all(environment.get(variable) == number for environment in self._environments)
            and self._is_settled(variable.name, number)
        }

    def _is_settled(self, name: str, number: NumberValue) -> bool:
        """Whether a parameter with the same value in all instances is not an argument.

        This holds for a parameter that the net's own arguments decide and, in a block called once,
        for parameters that decide something else or whose value has no effect.
        """
        calls = [site.node for site in self._variant.sites if not site.node.reuses]
        if any(origin_of(call.arguments.get(name)) is not None for call in calls):
            return name in self._variant.sample.pinned
        return len(calls) > 1 or number in (0, 1) or name in self._variant.sample.pinned

    # --- columns ------------------------------------------------------------------------------

    def _step(self, function: Function, index: int) -> Lowered:
        """A step of an instance, with its numbers; a call as the callee's constructor."""
        node = function.nodes[index]
        if not isinstance(node.callee, Function):
            return self._variants.step(function, index)
        callee = self._constructors[self._variants.of(node.callee)]
        values = given(callee, CallSite(function, index))
        if node.reuses:
            self._check_reuse(function, node, node.callee, values)
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
        return Lowered(call, apply=application(node))

    def _check_reuse(
        self,
        function: Function,
        node: Node,
        callee: Function,
        values: Mapping[Variable, NumberValue],
    ) -> None:
        """A block that is applied again must be the same module as the first time."""
        first = next(i for i, other in enumerate(function.nodes) if other.path == node.module)
        owner = function.nodes[first].callee
        assert isinstance(owner, Function)
        made = self._constructors[self._variants.of(owner)]
        if made is self._constructors[self._variants.of(callee)] and values == given(
            made, CallSite(function, first)
        ):
            return
        reason = f"the sizes of `{node.module}` are others here, and its steps depend on them"
        raise NetlangError(NoLowering(span=node.span, operator=callee.name, reason=reason))

    def _step_columns(self, index: int) -> list[tuple[Number, ...]]:
        """The numbers of a step in each instance."""
        if isinstance(self._variant.sample.nodes[index].callee, Function):
            return [tuple(numbers_in(self._step(f, index))) for f in self._variant.instances]
        return [self._variants.numbers(f, index) for f in self._variant.instances]

    def _formula(self, numbers: tuple[Number, ...], node: Node) -> Formula:
        """The formula of one column, or a new argument if none fits."""
        column = [number.value for number in numbers]
        role = numbers[0].role
        formula = formula_of(column, self._complete)
        if formula is not None:
            formula = self._settled.known(formula)
        else:
            formula = fit(column, self._complete, role, self._used)
        if formula is None:
            formula = self._extra(column, node, role)
        self._used.update(variables_in(formula))
        return formula

    def _extra(self, column: list[NumberValue], node: Node, role: str) -> Formula:
        """A new argument that the block itself lacks, named after the step and the number."""
        taken = {v.name for e in self._complete for v in e if isinstance(v, ParameterOrigin)}
        wanted = f"{node.path.replace('.', '_')}_{short(role)}"
        name = identifiers.PythonScope(taken).fresh(wanted)
        for extra, environment, value in zip(self._extras, self._complete, column, strict=True):
            extra[ParameterOrigin(name)] = environment[ParameterOrigin(name)] = plain(value)
        return ParameterOrigin(name)

    # --- arguments ----------------------------------------------------------------------------

    def _arguments(self, used: list[Variable]) -> tuple[ConstructorArgument, ...]:
        """The arguments: input sizes, then the block's parameters in order, then the others."""
        order = [ParameterOrigin(name) for name in self._variant.sample.arguments]
        inputs = sorted(
            (v for v in used if isinstance(v, InputOrigin)), key=lambda v: (v.index, v.axis)
        )
        parameters = [v for v in order if v in used]
        others = [v for v in used if v not in inputs and v not in parameters]
        made = [self._argument(v) for v in (*inputs, *parameters, *others)]
        return tuple(sorted(made, key=lambda a: (a.by_name, a.default is not None)))

    def _argument(self, variable: Variable) -> ConstructorArgument:
        value = self._complete[0][variable]
        if self._is_net:
            name = self._names.fresh(self._called(variable))
            return ConstructorArgument(variable, name, isinstance(value, float), value, True)
        name = self._names.fresh(self._called(variable))
        default = self._default(variable, name)
        by_name = default is not None or name in _USUAL
        return ConstructorArgument(variable, name, isinstance(value, float), default, by_name)

    def _called(self, variable: Variable) -> str:
        if isinstance(variable, ParameterOrigin):
            return variable.name
        ports = self._variant.sample.inputs
        port = ports[variable.index]
        prefix = "in" if len(ports) == 1 else port.name
        return f"{prefix}_{axis_name(variable.axis, port.type.rank)}"

    def _default(self, variable: Variable, name: str) -> NumberValue | None:
        """The value that most calls pass, if it is a natural default, or that all calls pass."""
        if isinstance(variable, InputOrigin):
            return None
        sites = [site for site in self._variant.sites if not site.node.reuses]
        if any(origin_of(site.node.arguments.get(variable.name)) for site in sites):
            return None
        values = [self._plain_value(variable, site) for site in sites]
        usual = _USUAL.get(name)
        if usual is not None and usual in values:
            return usual
        if len(values) > 1 and all(value == values[0] for value in values):
            return values[0]
        return None

    def _plain_value(self, variable: Variable, site: CallSite) -> NumberValue:
        callee = site.node.callee
        assert isinstance(callee, Function)
        index = self._variant.instances.index(callee)
        return self._complete[index][variable]
