"""The constructor of each variant: its arguments, and every number as a formula in them.

On exit, each number of a variant's steps has an expression that was evaluated for every instance
and gave the instance's number. A number without such an expression becomes an argument of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile

from netlang.backends.torch.diagnostics import NoLowering
from netlang.backends.torch.emit.arguments.alone import Defaults
from netlang.backends.torch.emit.arguments.constructors import (
    Constructor,
    ConstructorArgument,
    application,
    given,
    without_defaults,
)
from netlang.backends.torch.emit.arguments.extras import Extras
from netlang.backends.torch.emit.arguments.formulas import (
    Environment,
    Formula,
    Given,
    Settled,
    Variable,
    expression,
    formula_of,
    literal,
    variables_in,
)
from netlang.backends.torch.emit.arguments.number_types import typed
from netlang.backends.torch.emit.arguments.rows import (
    environment_of,
    parameter_names,
    passed,
    rows_of,
    with_rows,
)
from netlang.backends.torch.emit.arguments.settlement import Settlement, decisive
from netlang.backends.torch.emit.arguments.validity import (
    Alternatives,
    Conditions,
    alternatives,
    called,
)
from netlang.backends.torch.lowering import Lowered
from netlang.backends.torch.python import identifiers
from netlang.backends.torch.python.tree import Call, Keyword, Name, Number
from netlang.backends.torch.rewrite.class_sharing import (
    CallSite,
    Variant,
    Variants,
    fill,
    numbers_in,
)
from netlang.diagnostics.errors import NetlangError
from netlang.ir.numbers.provenance import (
    InputOrigin,
    Origin,
    ParameterOrigin,
)
from netlang.ir.program import Function, Node
from netlang.records import Record

__all__ = ["constructors_of"]

# Arguments that a PyTorch user passes by name, with the value that is usually omitted.
_USUAL: Mapping[str, int] = {"stride": 1, "dilation": 1, "groups": 1, "padding": 0, "pad": 0}


def constructors_of(
    variants: Variants,
    class_names: Mapping[Variant, str],
    alone: Mapping[str, object] | None = None,
) -> list[Constructor]:
    """The constructors of all variants, callees first.

    `alone` is None for a net; for a block by itself, it has the defaults of its parameters.
    """
    made: dict[Variant, Constructor] = {}
    settlement = Settlement(variants, of_block=alone is not None)
    known = _VariantFacts(variants, settlement, Conditions(variants), made)
    for variant in variants:
        own = alone if variant is variants.net else None
        chooser = _ArgumentChooser(known, variant, class_names[variant], own)
        made[variant] = typed(chooser.constructor(), variants, made)
    return list(made.values())


class _VariantFacts(Record, eq=False):
    """What is known of all variants; `made` are the constructors of those before."""

    variants: Variants
    settlement: Settlement
    conditions: Conditions
    made: Mapping[Variant, Constructor]


class _ArgumentChooser:
    """Chooses the arguments of one variant, after all of its callees."""

    def __init__(
        self, known: _VariantFacts, variant: Variant, name: str, alone: Mapping[str, object] | None
    ) -> None:
        self._settlement, self._conditions = known.settlement, known.conditions
        self._variants, self._variant = known.variants, variant
        self._constructors, self._class_name = known.made, name
        self._is_net = variant is known.variants.net and alone is None
        self._alone = alone
        self._rows = rows_of(variant)
        self._environments = [environment_of(f, self._rows) for f in variant.instances]
        self._settled = self._settled_by(known.settlement.values[variant])
        self._extras = Extras(self._environments)
        self._complete = self._extras.complete
        self._names = identifiers.PythonScope()

    def constructor(self) -> Constructor:
        formulas = self._formulas()
        decided = decisive(self._variant.sample, formulas, self._environments[0])
        if self._is_net and not decided.keys() <= self._settled.values.keys():
            values = {**decided, **self._settled.values}
            self._settled = self._settled_by(values)
            formulas = self._formulas()
        used = list(
            dict.fromkeys(v for step in formulas for formula in step for v in variables_in(formula))
        )
        holds = alternatives(self._conditions, self._variant, self._settled, used)
        arguments = self._arguments(used, holds)
        names = {argument.variable: argument.name for argument in arguments}
        steps = tuple(
            fill(
                self._step(self._variant.sample, index), iter([expression(f, names) for f in step])
            )
            for index, step in enumerate(formulas)
        )
        extra = dict(zip(self._variant.instances, self._extras.values, strict=True))
        arguments, steps = with_rows(arguments, tuple(map(without_defaults, steps)))
        return Constructor(self._variant, self._class_name, arguments, steps, extra, holds)

    def _settled_by(self, values: Environment) -> Settled:
        same = self._settlement.same[self._variant]
        return Settled(values, self._rows.single, self._rows.spread, same)

    def _formulas(self) -> list[list[Formula]]:
        """The formulas for every number of every step."""
        nodes = self._variant.sample.nodes
        columns = (self._step_columns(index) for index in range(len(nodes)))
        return [
            self._of_step(list(zip(*instances, strict=True)), node)
            for instances, node in zip(columns, nodes, strict=True)
        ]

    def _of_step(self, columns: list[tuple[Number, ...]], node: Node) -> list[Formula]:
        """The formulas for every number of one step."""
        found: list[Formula] = []
        while len(found) < len(columns):
            row = self._row(columns[len(found) :], node)
            found += row or [self._formula(columns[len(found)], node)]
        return found

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
            tuple(passed(a, values[a.variable]) for a in positional),
            tuple(
                Keyword(
                    a.name,
                    passed(a, values[a.variable]),
                    None if a.default is None else literal(a.default),
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
        values: Mapping[Variable, Given],
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
        """The formula of one column, or a new argument if instances differ in it."""
        column = [number.value for number in numbers]
        formula = formula_of(column, self._complete, self._settled)
        return self._extras.number(column, node, numbers[0].role) if formula is None else formula

    def _row(self, columns: list[tuple[Number, ...]], node: Node) -> list[Formula]:
        """A new argument for the numbers of several axes, if the block has none of them."""
        first, role = [number.value for number in columns[0]], columns[0][0].role
        if formula_of(first, self._complete, self._settled) is not None:
            return []  # without a look at the others: tables have thousands
        alike = takewhile(lambda numbers: numbers[0].role == role, columns)
        axes = [tuple(number.value for number in numbers) for numbers in alike]
        if len(set(axes)) < 2 or isinstance(node.callee, Function):
            return []
        known = (formula_of(list(axis), self._complete, self._settled) for axis in axes)
        if any(formula is not None for formula in known):
            return []
        return self._extras.row(axes, node, role)

    # --- arguments ----------------------------------------------------------------------------

    def _arguments(
        self, used: list[Variable], holds: Alternatives
    ) -> tuple[ConstructorArgument, ...]:
        """The arguments: input sizes, then the block's parameters in order, then the others."""
        order = [ParameterOrigin(name) for name in parameter_names(self._variant.sample)]
        inputs = sorted(
            (v for v in used if isinstance(v, InputOrigin)), key=lambda v: (v.index, v.axis)
        )
        parameters = [v for v in order if v in used]
        others = [v for v in used if v not in inputs and v not in parameters]
        chosen = (*inputs, *parameters, *others)
        if self._alone is not None:
            defaults = Defaults(self._alone, self._rows, holds, used)
            alone = [self._argument_alone(v, defaults.of(v)) for v in chosen]
            return tuple(sorted(alone, key=lambda a: a.by_name))
        made = [self._argument(v) for v in chosen]
        return tuple(sorted(made, key=lambda a: (a.by_name, a.default is not None)))

    def _argument_alone(
        self, variable: Variable, default: Given | Origin | None
    ) -> ConstructorArgument:
        """An argument of a block by itself, which has the default of the spec."""
        value = self._complete[0][variable]
        plainly = default if isinstance(default, int | float | tuple) else None
        return ConstructorArgument(
            variable,
            self._names.fresh(called(variable, self._variant.sample)),
            plainly,
            default is not None,
            len(value) if isinstance(value, tuple) else 0,
            computed=None if isinstance(default, int | float | tuple) else default,
        )

    def _argument(self, variable: Variable) -> ConstructorArgument:
        value = self._complete[0][variable]
        name = self._names.fresh(called(variable, self._variant.sample))
        default = value if self._is_net else self._default(variable, name)
        by_name = default is not None or name in _USUAL
        length = len(value) if isinstance(value, tuple) else 0
        return ConstructorArgument(variable, name, default, self._is_net or by_name, length)

    def _default(self, variable: Variable, name: str) -> Given | None:
        """The value that most calls pass, if it is a natural default, or that all calls pass."""
        if isinstance(variable, InputOrigin):
            return None
        sites = [site for site in self._variant.sites if not site.node.reuses]
        traced = [self._settlement.is_derived(site, variable) for site in sites]
        values = [self._plain_value(variable, site) for site in sites]
        usual = _USUAL.get(name)
        if usual is not None and (usual, False) in zip(values, traced, strict=True):
            return usual
        if any(traced):
            return None
        if len(values) > 1 and all(value == values[0] for value in values):
            return values[0]
        return None

    def _plain_value(self, variable: Variable, site: CallSite) -> Given:
        callee = site.node.callee
        assert isinstance(callee, Function)
        index = self._variant.instances.index(callee)
        return self._complete[index][variable]
