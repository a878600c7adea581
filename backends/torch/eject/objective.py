"""The forward pass and the loss of a script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, final

from netlang.backends.classified import DecisionOutput
from netlang.backends.torch.eject.text.sections import WIDTH
from netlang.backends.torch.python.identifiers import PythonScope
from netlang.backends.torch.recipes.code import Code, Infix, invocations_in, names_in
from netlang.backends.torch.recipes.terms import LoweredTerm, lowered_terms, total
from netlang.backends.torch.runtime.slices import slices
from netlang.backends.torch.train.objective import Objective
from netlang.ir.program import Program
from netlang.recipes.check.loss import value_types
from netlang.recipes.recipe import Precision, Recipe
from netlang.recipes.words.losses import LABEL

__all__ = [
    "HALVES",
    "ScriptNames",
    "averaged_lines",
    "calls_of",
    "forward_lines",
    "is_class_number",
    "judged_lines",
    "loss_lines",
    "names_of",
]

HALVES = {Precision.BF16: "torch.bfloat16", Precision.FP16: "torch.float16"}


@final
@dataclass(frozen=True)
class ScriptNames:
    """The names in a script for the values of a batch and for the losses of training and test.

    `locals` has a name for each input, target, output and list of penalized weights; `inputs` and
    `targets` are those of the data, in order. `logits` is the output with class scores, if there is
    one, `binary` the one with decisions. `penalties` maps names to calls that return the penalized
    weights.
    """

    locals: Mapping[str, str]
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    trained: tuple[str, ...]
    deployed: tuple[str, ...]
    logits: str | None
    binary: DecisionOutput | None
    loss: Code
    score: Code
    penalties: Mapping[str, str]
    all_used: bool
    positions: bool
    functions: tuple[Callable[..., Any], ...]

    @property
    def memory(self) -> str:
        """The values of the data, as they are assigned."""
        names = ", ".join((*self.inputs, *self.targets))
        return names if len(self.inputs) + len(self.targets) > 1 else f"({names},)"


def names_of(recipe: Recipe, program: Program, reserved: frozenset[str] | None) -> ScriptNames:
    """The names and facts that a script needs of its net and loss.

    No value gets a `reserved` name; while these aren't known yet, values have placeholder names.
    """
    terms, outputs = lowered_terms(recipe, program), program.net.outputs
    objective = Objective(recipe, program)
    read = {objective.logits, *(name for term in terms for name in term.names)}
    found = dict(_locals(recipe, program, terms, reserved))
    for name in (*recipe.data.targets, *(output.name for output in outputs)):
        if name not in read:
            found[name] = f"_{found[name]}"
    deployed = tuple(output.name for output in outputs if not output.auxiliary)
    known = {*deployed, *recipe.data.targets, *(port.name for port in program.net.inputs)}
    scored = tuple(term for term in terms if term.names <= known)
    invoked = [each for term in terms for each in invocations_in(term.code)]
    invoked += [term.weights for term in terms if term.weights is not None]
    logits = objective.logits
    type = value_types(recipe, program)[logits] if logits else None
    return ScriptNames(
        found,
        tuple(found[port.name] for port in program.net.inputs),
        tuple(found[name] for name in recipe.data.targets),
        tuple(found[output.name] for output in outputs),
        tuple(found[name] for name in deployed),
        found[logits] if logits else None,
        replace(objective.binary, output=found[objective.binary.output])
        if objective.binary
        else None,
        total(terms),
        total(scored),
        {found[term.penalized]: term.weights.source("model") for term in terms if term.weights},
        objective.all_used,
        type is not None and len(type.shape) > 1,
        tuple(each.function for each in invoked),
    )


def _locals(
    recipe: Recipe,
    program: Program,
    terms: Iterable[LoweredTerm],
    reserved: frozenset[str] | None,
) -> Iterator[tuple[str, str]]:
    """A name for each list of penalized weights, input, target and output; the first input is x."""
    scope, before = PythonScope(reserved or ()), "" if reserved is not None else "value_of_"
    for term in terms:
        if term.weights is not None:
            yield term.penalized, scope.fresh(f"{before}{term.penalized}")
    first, *others = (port.name for port in program.net.inputs)
    yield first, scope.fresh("x")
    outputs = (output.name for output in program.net.outputs)
    for name in (*others, *recipe.data.targets, *outputs):
        yield name, scope.fresh(name if name == LABEL else f"{before}{name}")


def forward_lines(recipe: Recipe, names: ScriptNames, whole: str, fed: str | None) -> Iterator[str]:
    """The lines of a step, from the inputs to the gradient.

    `whole` is how many examples the batch has, `fed` what the net gets for the first input, where
    that isn't the input itself.
    """
    space, local = " " * 12, dict(names.locals)
    x = names.inputs[0]
    if recipe.accumulate > 1:
        most = f"-(-BATCH // (SIZE * {recipe.accumulate}))"
        yield f"{space}for part in slices(len({x}), {most}):"
        space += "    "
        given = {*names.inputs, *names.targets}
        local = {key: f"{name}[part]" if name in given else name for key, name in local.items()}
        x = f"{x}[part]"
    inputs = [name for key, name in local.items() if names.locals[key] in names.inputs]
    inputs[0] = fed or inputs[0]
    call, half = f"net({', '.join(inputs)})", HALVES.get(recipe.precision)
    once = [key for key in names_in(names.loss) if names.locals.get(key) == names.trained[0]]
    if half:
        yield f"{space}with torch.autocast(args.device.type, {half}):"
        yield f"{space}    {', '.join(names.trained)} = {call}"
        yield from (f"{space}{name} = {name}.float()" for name in names.trained)
    elif len(names.trained) == 1 and len(once) == 1:
        local[once[0]] = call
    else:
        yield f"{space}{', '.join(names.trained)} = {call}"
    shared = f"(len({x}) * SIZE / {whole})"
    line = f"{space}loss = {names.loss.within(2, local)} * {shared}"
    if len(line) <= WIDTH:
        yield line
    else:
        *first, last = loss_lines(names.loss, local, space)
        _, _, value = last.partition(" = ")
        line = f"{space}loss = ({value}) * {shared}"
        yield from first
        yield from (line,) if len(line) <= WIDTH else (last, f"{space}loss = loss * {shared}")
    backward = "scaler.scale(loss)" if recipe.precision is Precision.FP16 else "loss"
    yield f"{space}{backward}.backward()"
    yield f"{space}losses += loss.detach() / SIZE"


def calls_of(recipe: Recipe) -> tuple[Callable[..., Any], ...]:
    """The functions that the forward pass calls."""
    return (slices,) if recipe.accumulate > 1 else ()


def loss_lines(code: Code, local: Mapping[str, str], space: str) -> Iterator[str]:
    """The lines of a loss: for a long sum, one for each term."""
    line = f"{space}loss = {code.source(local)}"
    if len(line) <= WIDTH:
        yield line
    else:
        yield from _added(code, local, space)


def _added(code: Code, names: Mapping[str, str], space: str) -> Iterator[str]:
    """A sum, with as many terms on a line as fit."""
    line = ""
    for symbol, term in _terms(code):
        text = term.source(names) if not symbol else term.within(2, names)
        if not symbol:
            line = f"{space}loss = {text}"
        elif len(f"{line} {symbol} {text}") <= WIDTH:
            line += f" {symbol} {text}"
        else:
            yield line
            line = f"{space}loss = loss {symbol} {text}"
    yield line


def _terms(code: Code) -> Iterator[tuple[str, Code]]:
    """The terms of a sum with their signs; the first one has none."""
    if isinstance(code, Infix) and code.symbol in "+-":
        yield from _terms(code.left)
        yield code.symbol, code.right
    else:
        yield "", code


def is_class_number(recipe: Recipe, program: Program) -> bool:
    """Whether the class target is certainly a number; it may hold class probabilities instead."""
    return value_types(recipe, program).get(recipe.class_target or "") is not None


def averaged_lines(names: ScriptNames, views: int, scales: int, half: bool) -> Iterator[str]:
    """The lines that average the outputs of several views of an example.

    `scales` says how often the net was called for it; the outputs are then in a list `seen`,
    possibly in `half` precision. With a single call, `scales` is 0 and there is no list.
    """
    binary, count = names.binary, views * max(1, scales)
    for place, name in enumerate(names.deployed):
        if scales:
            each = f"each[{place}]" if len(names.deployed) > 1 else "each"
            shown = f"{each}.unflatten(0, (-1, {views}))" if views > 1 else f"{each}[:, None]"
            shown += ".float()" if half else ""
            yield f"        {name} = torch.cat([{shown} for each in seen], 1)"
        if count == 1 and not scales:
            continue
        seen = name if scales else f"{name}.unflatten(0, (-1, {views}))"
        if name == names.logits:
            yield f"        {name} = {seen}.log_softmax(2).logsumexp(1) - math.log({count})"
        elif binary is not None and binary.is_logit and name == binary.output:
            yield f"        {name} = {seen}.sigmoid().mean(1).logit()"
        else:
            yield f"        {name} = {seen}.mean(1)"


def judged_lines(names: ScriptNames, label: str, *, numbered: bool) -> Iterator[str]:
    """The lines that count correct classifications, if that takes more than a comparison.

    `numbered` says that labels are certainly class numbers.
    """
    logits, binary = names.logits, names.binary
    if binary is not None:
        name, half = binary.output, 0.0 if binary.is_logit else 0.5
        shares = ".flatten()" if binary.single else ".flatten(1).float().mean(1)"
        yield f"        right = ({name} > {half}) == ({label}.reshape({name}.shape) > 0.5)"
        yield f"        right = right{shares}"
    if logits is None or (numbered and not names.positions):
        return
    if not numbered:
        classes = f"{label} if {label}.dim() < {logits}.dim() else {label}.argmax(1)"
        yield f"        {label} = {classes}"
    right = f"{logits}.argmax(1) == {label}"
    yield f"        right = {f'({right}).flatten(1).float().mean(1)' if names.positions else right}"
