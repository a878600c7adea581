"""The forward pass and the loss of a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

from netlang.backends.torch.diagnostics import NoScript
from netlang.backends.torch.eject.sections import WIDTH
from netlang.backends.torch.recipes.code import Code, Infix, invocations_in
from netlang.backends.torch.recipes.terms import lowered_terms, total
from netlang.backends.torch.train.objective import Objective
from netlang.diagnostics.core import NetlangError
from netlang.ir.program import Program
from netlang.recipes.recipe import Precision, Recipe
from netlang.recipes.words.losses import LABEL

__all__ = ["HALVES", "Names", "forward_lines", "loss_names"]

HALVES = {Precision.BF16: "torch.bfloat16", Precision.FP16: "torch.float16"}


@final
@dataclass(frozen=True)
class Names:
    """Outputs in training and in a test, the one of the classes, and the loss of each."""

    trained: tuple[str, ...]
    deployed: tuple[str, ...]
    logits: str
    loss: Code
    score: Code

    @property
    def calls(self) -> tuple[Callable[..., Any], ...]:
        """Functions that the losses call."""
        codes = self.loss, self.score
        return tuple(each.function for code in codes for each in invocations_in(code))


def loss_names(recipe: Recipe, program: Program) -> Names:
    """What a script needs to know; raises `NetlangError` for other than a classifier."""
    outputs = program.net.outputs
    trained = tuple(output.name for output in outputs)
    deployed = tuple(output.name for output in outputs if not output.auxiliary)
    terms = lowered_terms(recipe, program)
    logits = Objective(recipe, program).logits
    known = {*trained, LABEL}
    if logits is None or any(term.weights or not term.names <= known for term in terms):
        raise NetlangError(
            NoScript(
                span=recipe.places["loss"],
                what="this loss",
                advice="scripts classify: their losses compare outputs with `label`",
            )
        )
    scored = tuple(term for term in terms if term.names <= {*deployed, LABEL})
    return Names(trained, deployed, logits, total(terms), total(scored))


def forward_lines(recipe: Recipe, names: Names) -> Iterator[str]:
    """The lines of a step from the inputs to the gradient."""
    x, label, space, count = "x", LABEL, " " * 12, recipe.accumulate
    if count > 1:
        x, label = "part", "target"
        yield f"{space}for at in range({count}):"
        space += "    "
        yield f"{space}part, target = share(x, at, {count}), share({LABEL}, at, {count})"
        yield f"{space}if len(part) == 0:"
        yield f"{space}    continue"
    call = f"{', '.join(names.trained)} = net({x})"
    half = HALVES.get(recipe.precision)
    if half:
        yield f"{space}with torch.autocast(DEVICE.type, {half}):"
        yield f"{space}    {call}"
        for name in names.trained:
            yield f"{space}{name} = {name}.float()"
    else:
        yield f"{space}{call}"
    shared = f"(len({x}) * SIZE / whole)"
    line = f"{space}loss = {names.loss.within(2, {LABEL: label})} * {shared}"
    if len(line) <= WIDTH:
        yield line
    else:
        for text in _added(names.loss, {LABEL: label}):
            yield f"{space}{text}"
        yield f"{space}loss = loss * {shared}"
    backward = "scaler.scale(loss)" if recipe.precision is Precision.FP16 else "loss"
    yield f"{space}{backward}.backward()"
    yield f"{space}losses += loss.detach() / SIZE"


def _added(code: Code, names: Mapping[str, str]) -> Iterator[str]:
    """A sum, term by term."""
    if isinstance(code, Infix) and code.symbol in "+-":
        yield from _added(code.left, names)
        yield f"loss = loss {code.symbol} {code.right.within(2, names)}"
    else:
        yield f"loss = {code.source(names)}"
