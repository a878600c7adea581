"""The forward pass and the loss of a script."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, final

from netlang.backends.classified import DecisionOutput
from netlang.backends.torch.eject.step.pace import rise_of
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
from netlang.recipes.words.terms import Loss
from netlang.records import replace as replaced

__all__ = [
    "HALVES",
    "ScriptNames",
    "calls_of",
    "forward_lines",
    "loss_lines",
    "names_of",
]

_SPACE = " " * 12
HALVES = {Precision.BF16: "torch.bfloat16", Precision.FP16: "torch.float16"}


@final
@dataclass(frozen=True)
class ScriptNames:
    """The names in a script for the values of a batch and for the losses of training and test.

    `locals` has a name for each input, target, output and list of penalized weights; `inputs` and
    `targets` are those of the data, in order. `logits` is the output with class scores, if there is
    one, `binary` the one with decisions. `penalties` maps names to calls that return the penalized
    weights, and `rises` to factors that warm up. `drawn` are the inputs that aren't in the data, at
    or beyond the `followed` ones a gradient is taken. Where steps take turns, `plays` has the
    names of each, in which the loss is its own.
    """

    locals: Mapping[str, str]
    inputs: tuple[str, ...]
    drawn: tuple[str, ...]
    followed: tuple[str, ...]
    targets: tuple[str, ...]
    trained: tuple[str, ...]
    deployed: tuple[str, ...]
    logits: str | None
    binary: DecisionOutput | None
    loss: Code
    score: Code
    penalties: Mapping[str, str]
    rises: Mapping[str, str]
    all_used: bool
    positions: bool
    functions: tuple[Callable[..., Any], ...]
    plays: tuple[ScriptNames, ...] = ()

    @property
    def given(self) -> tuple[str, ...]:
        """The inputs that the data have."""
        return self.inputs[: len(self.inputs) - len(self.drawn)]

    @property
    def memory(self) -> str:
        """The values of the data, as they are assigned."""
        names = (*self.given, *self.targets)
        return ", ".join(names) if len(names) > 1 else f"({names[0]},)"

    @property
    def values(self) -> frozenset[str]:
        """Every name of a value, in the losses of all steps."""
        own = frozenset(self.locals.values())
        return own.union(*(each.values for each in self.plays))


def names_of(recipe: Recipe, program: Program, reserved: frozenset[str] | None) -> ScriptNames:
    """The names and facts that a script needs of its net and loss.

    No value gets a `reserved` name; while these aren't known yet, values have placeholder names.
    """
    if recipe.turns:
        return _names_of_turns(recipe, program, reserved)
    terms, outputs = lowered_terms(recipe, program), program.net.outputs
    objective = Objective(recipe, program)
    read = {objective.logits, *(name for term in terms for name in term.names)}
    rises = {term.rise: rise_of(term.term) for term in terms if term.rise}
    found = dict(_locals(recipe, program, terms, reserved))
    found |= {name: f"_{found[name]}" for name in _unread(recipe, program, read)}
    deployed = tuple(output.name for output in outputs if not output.auxiliary)
    known = {*deployed, *recipe.data.targets, *(port.name for port in program.net.inputs)}
    scored = tuple(term for term in terms if term.names <= known)
    logits = objective.logits
    type = value_types(recipe, program)[logits] if logits else None
    inputs = tuple(found[port.name] for port in program.net.inputs)
    drawn = {draw.input for draw in recipe.draws}
    return ScriptNames(
        found,
        inputs,
        tuple(found[port.name] for port in program.net.inputs if port.name in drawn),
        tuple(inputs[place] for place in sorted(objective.places_followed)),
        tuple(found[name] for name in recipe.data.targets),
        tuple(found[output.name] for output in outputs),
        tuple(found[name] for name in deployed),
        found[logits] if logits else None,
        replace(objective.binary, output=found[objective.binary.output])
        if objective.binary
        else None,
        total(terms, rising=True),
        total(scored or terms),
        {found[term.penalized]: term.weights.source("model") for term in terms if term.weights},
        {found[name]: text for name, (text, _) in rises.items()},
        objective.all_used,
        type is not None and len(type.shape) > 1,
        (*_invoked(terms), *(each for _, calls in rises.values() for each in calls)),
    )


def _unread(recipe: Recipe, program: Program, read: Container[str | None]) -> Iterator[str]:
    """The targets and outputs that aren't read."""
    names = (*recipe.data.targets, *(output.name for output in program.net.outputs))
    return (name for name in names if name not in read)


def _invoked(terms: Sequence[LoweredTerm]) -> Iterator[Callable[..., Any]]:
    """The functions that terms call, those of penalties last."""
    for term in terms:
        yield from (each.function for each in invocations_in(term.code))
    yield from (term.weights.function for term in terms if term.weights is not None)


def _names_of_turns(
    recipe: Recipe, program: Program, reserved: frozenset[str] | None
) -> ScriptNames:
    """The names of all losses together, and of each step."""
    terms = chain.from_iterable(turn.loss.terms for turn in recipe.turns)
    whole = names_of(replaced(recipe, turns=(), loss=Loss(tuple(terms))), program, reserved)
    plays = tuple(names_of(own, program, reserved) for own in recipe.played)
    return replace(whole, penalties={}, rises={}, plays=plays)


def _locals(
    recipe: Recipe,
    program: Program,
    terms: Iterable[LoweredTerm],
    reserved: frozenset[str] | None,
) -> Iterator[tuple[str, str]]:
    """A name for each list of penalized weights, input, target and output; the first input is x."""
    scope, before = PythonScope(reserved or ()), "" if reserved is not None else "value_of_"
    for term in terms:
        for name in (term.penalized, term.rise):
            if name:
                yield name, scope.fresh(f"{before}{name}")
    first, *others = (port.name for port in program.net.inputs)
    yield first, scope.fresh("x")
    outputs = (output.name for output in program.net.outputs)
    for name in (*others, *recipe.data.targets, *outputs):
        yield name, scope.fresh(name if name == LABEL else f"{before}{name}")


def forward_lines(
    recipe: Recipe, names: ScriptNames, whole: str, fed: str | None, space: str = _SPACE
) -> Iterator[str]:
    """The lines of a step, from the inputs to the gradient.

    `whole` is how many examples the batch has, `fed` what the net gets for the first input, where
    that isn't the input itself.
    """
    local = dict(names.locals)
    x = names.inputs[0]
    for name, text in names.rises.items():
        yield f"{space}{name} = {text}"
    if recipe.accumulate > 1:
        most = f"-(-BATCH // (SIZE * {recipe.accumulate}))"
        yield f"{space}for part in slices(len({x}), {most}):"
        space += "    "
        given = {*names.inputs, *names.targets}
        local = {key: f"{name}[part]" if name in given else name for key, name in local.items()}
        x = f"{x}[part]"
    for key, name in names.locals.items():
        if name in names.followed:
            seen = PythonScope((*names.locals.values(), *local.values())).fresh(name)
            yield f"{space}{seen} = {local[key]}.detach().requires_grad_()"
            local[key] = seen
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
    yield from _shared_loss(names.loss, local, f"(len({x}) * SIZE / {whole})", space)
    backward = "scaler.scale(loss)" if recipe.precision is Precision.FP16 else "loss"
    yield f"{space}{backward}.backward()"
    yield f"{space}losses += loss.detach() / SIZE"


def _shared_loss(code: Code, local: Mapping[str, str], share: str, space: str) -> Iterator[str]:
    """The lines of a loss, times the `share` of a part of the batch."""
    line = f"{space}loss = {code.within(2, local)} * {share}"
    if len(line) <= WIDTH:
        yield line
        return
    *first, last = loss_lines(code, local, space)
    _, _, value = last.partition(" = ")
    line = f"{space}loss = ({value}) * {share}"
    yield from first
    yield from (line,) if len(line) <= WIDTH else (last, f"{space}loss = loss * {share}")


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
