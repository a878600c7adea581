"""Which parameters aren't arguments of a class: those with one value wherever the net uses it.

They stand as numbers, unless they derive from an argument of a class that uses the block.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from netlang.backends.torch.emit.arguments.alone import fixed_in
from netlang.backends.torch.emit.arguments.constructors import speaks_of
from netlang.backends.torch.emit.arguments.formulas import (
    Environment,
    Formula,
    Given,
    Variable,
    is_arithmetic,
    variables_in,
)
from netlang.backends.torch.emit.arguments.rows import environment_of, parameter_names, rows_of
from netlang.backends.torch.rewrite.class_sharing import CallSite, Variant, Variants
from netlang.ir.numbers.provenance import (
    Applied,
    InputOrigin,
    Origin,
    ParameterOrigin,
    argument_of,
    origin_of,
    traced_in,
)
from netlang.ir.op import Op
from netlang.ir.program import Function, Node
from netlang.records import names_of
from netlang.source import Span

__all__ = ["Settlement", "decisive"]


def _rigid(net: Function) -> frozenset[str]:
    """Parameters of the net that its class doesn't take as arguments.

    They decide on steps, belong to a layer or list, aren't whole, or give numbers by more than
    arithmetic: the net reads better with these numbers written out.
    """
    found = {name for name in parameter_names(net) if not _is_whole(net, name)} | net.pinned
    return frozenset(found | {v.name for v in _rough(net, {}) if isinstance(v, ParameterOrigin)})


def _rough(function: Function, known: dict[Function, frozenset[Variable]]) -> frozenset[Variable]:
    """What a function and its callees use for more than arithmetic, or put into lists."""
    if function in known:
        return known[function]
    found = set[Variable]()
    for node in function.nodes:
        for value in (*node.arguments.values(), *_fields(node)):
            apart = isinstance(value, Applied | tuple) and isinstance(node.callee, Function)
            for number in _numbers(value):
                if apart or not is_arithmetic(number):
                    found.update(variables_in(number))
        if isinstance(node.callee, Function):
            found.update(_given_to(function, node, _rough(node.callee, known)))
    known[function] = frozenset(found)
    return known[function]


def _given_to(function: Function, node: Node, wanted: Iterable[Variable]) -> Iterator[Variable]:
    """What a call makes the values of some of the callee's variables of."""
    inputs = function.input_types(node)
    for variable in wanted:
        if isinstance(variable, InputOrigin):
            value: object = inputs[variable.index].shape[variable.axis]
        else:
            value = argument_of(node.arguments, variable.name)
        for number in _numbers(value):
            yield from variables_in(number)


def _is_whole(net: Function, name: str) -> bool:
    value = argument_of(net.arguments, name)
    return "." not in name and isinstance(value, int) and not isinstance(value, bool)


def _fields(node: Node) -> Iterator[object]:
    if isinstance(node.callee, Op):
        yield from (getattr(node.callee, name) for name in names_of(node.callee))


def _numbers(value: object) -> Iterator[Origin]:
    """The origins of the numbers in a value."""
    return (each.origin for each in traced_in(value))


class Settlement:
    """For each variant, the parameters and sizes that stand as numbers in its class.

    What a class takes as an argument isn't settled in the classes that it passes it to. With
    `of_block`, the whole is a block by itself.
    """

    def __init__(self, variants: Variants, *, of_block: bool = False) -> None:
        self.values: dict[Variant, Environment] = {}
        self.same: dict[Variant, Mapping[Variable, ParameterOrigin]] = {}
        self._free: dict[Function, Collection[Variable]] = {}
        self._kin: dict[Span, list[Variant]] = {}
        for variant in variants:
            self._kin.setdefault(variant.sample.span, []).append(variant)
        for variant in reversed(list(variants)):
            rows = rows_of(variant)
            environments = [environment_of(function, rows) for function in variant.instances]
            is_net = variant is variants.net
            if is_net:
                of_whole = fixed_in if of_block else _of_net
                settled = of_whole(variant.sample, environments[0])
            else:
                settled = {
                    variable: value
                    for variable, value in environments[0].items()
                    if all(environment.get(variable) == value for environment in environments)
                    and self._is_settled(variant, variable, value, environments[0])
                }
            self.values[variant] = settled
            self.same[variant] = _same(variant) if variant.sample.doc == "" else {}
            for function, environment in zip(variant.instances, environments, strict=True):
                self._free[function] = frozenset(environment.keys() - settled.keys())

    def _is_settled(
        self, variant: Variant, variable: Variable, value: Given, environment: Environment
    ) -> bool:
        """Whether a parameter with the same value in all instances is not an argument.

        This holds for one that doesn't derive from arguments of the callers and, in a block called
        once, decides something else or has a value without effect. A scope takes what it has to.
        """
        is_scope = variant.sample.doc == ""
        if isinstance(variable, InputOrigin):
            return is_scope and variable.axis > 0 and not self._has_derived(variant, variable)
        if variable.name in variant.sample.pinned:
            fixed = variable in fixed_in(variant.sample, environment)
            return fixed or not self._has_derived(variant, variable)
        often = self._calls(variant, variable, value) > 1
        enough = is_scope or often or value in (0, 1) or isinstance(value, float)
        return enough and not self._has_derived(variant, variable)

    def _calls(self, variant: Variant, variable: ParameterOrigin, value: Given) -> int:
        """How often the text calls a block, in all its forms if these are given the same value."""
        kin = self._kin[variant.sample.span]
        given = (each.arguments.get(variable.name) for other in kin for each in other.instances)
        forms = kin if all(each == value for each in given) else [variant]
        return sum(not site.node.reuses for each in forms for site in each.sites)

    def _has_derived(self, variant: Variant, variable: Variable) -> bool:
        return any(self.is_derived(site, variable) for site in variant.sites)

    def is_derived(self, site: CallSite, variable: Variable) -> bool:
        """Whether a call makes the value of a variable of what its caller takes as an argument."""
        free = self._free[site.caller]
        return any(v in free for v in _given_to(site.caller, site.node, (variable,)))


def _same(scope: Variant) -> dict[Variable, ParameterOrigin]:
    """The sizes of a scope's input that are a parameter of the scope wherever it is called."""
    found: dict[Variable, ParameterOrigin] = {}
    for index, port in enumerate(scope.sample.inputs):
        for axis in range(port.type.rank):
            names = [set(_passed_as(site, index, axis)) for site in scope.sites]
            both = set.intersection(*names) if names else set()
            if both:
                found[InputOrigin(index, axis)] = ParameterOrigin(min(both))
    return found


def _passed_as(site: CallSite, index: int, axis: int) -> Iterator[str]:
    """The parameters to which a call passes a size of an input."""
    origin = origin_of(site.caller.type_of(site.node.inputs[index]).shape[axis])
    if origin is not None:
        for name, value in site.node.arguments.items():
            if origin_of(value) == origin:
                yield name


def _of_net(net: Function, environment: Environment) -> Environment:
    fixed = _rigid(net)
    return {
        variable: value
        for variable, value in environment.items()
        if isinstance(variable, InputOrigin) or variable.name in fixed
    }


def decisive(
    net: Function, formulas: Sequence[Sequence[Formula]], environment: Environment
) -> Environment:
    """Parameters of the net that decide a value's shape without being passed to its step.

    With other values they would no longer give the net of the spec, so they aren't arguments.
    `formulas` are those of each step.
    """
    found: set[Variable] = set()
    for node, step in zip(net.nodes, formulas, strict=True):
        given = {v for formula in step for v in variables_in(formula)}
        given |= speaks_of(net.input_types(node))
        found |= speaks_of(node.types) - given
    return {variable: environment[variable] for variable in found if variable in environment}
