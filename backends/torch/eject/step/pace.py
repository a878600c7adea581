"""The learning rates of a script: a formula of the step, and the state of a plateau."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

from netlang.backends.torch.eject.text.arithmetic import printed
from netlang.backends.torch.eject.text.sections import WIDTH, Section
from netlang.backends.torch.invocation import literal
from netlang.backends.torch.recipes.schedules import RateExpression, momentum_formula, rate_formula
from netlang.backends.torch.runtime.rates import set_rates
from netlang.recipes.recipe import Epochs, Recipe
from netlang.recipes.words.optimizers import Muon
from netlang.recipes.words.schedules import Plateau, Warmup
from netlang.recipes.words.terms import Term
from netlang.recipes.words.timing import Duration, Schedule

__all__ = [
    "length_of", "noted", "observed_lines", "overrun_lines", "plateau_of", "rates_section",
    "rise_of",
]  # fmt: skip

# Longer factors have a name.
_LONG = 50


def plateau_of(schedule: Schedule) -> Plateau | None:
    """The first part of a schedule that watches the error."""
    return next((phase for phase in schedule.parts if isinstance(phase, Plateau)), None)


def rates_section(recipe: Recipe, optimizer: str = "optimizer", space: str = " " * 12) -> Section:
    """The lines that set the rates of a step; none if rates change elsewhere or never.

    `optimizer` is the expression of the one that is meant, and `space` stands before each line.
    """
    section = Section()
    if _by_reductions(recipe):
        return section
    rate, momentum = rate_formula(recipe.schedule), momentum_formula(recipe.schedule)
    text = _inlined(rate)
    if momentum is None and re.fullmatch(r"constant\(step\)|1\.0", text):
        return section
    if momentum is None and _is_uniform(recipe):
        lr = literal(recipe.optimizer.lr)
        if text == rate.source:
            section.add(calls=rate.functions)
        section.add(*_counted(recipe, space))
        if " if " in text:
            section.add(*_chosen("rate", text, space))
            text = "rate"
        if len(text) > _LONG:
            section.add(f"{space}rate = {text}")
            text = "rate"
        lines = _set(recipe, optimizer, f"{lr} * {_factor(text)}")
        section.add(*(f"{space}{line}" for line in lines))
        return section
    given = []
    section.add(*_counted(recipe, space))
    for name, formula in (("rate", rate), ("momentum", momentum)):
        if formula is not None:
            text = formula.source
            section.add(
                *(_chosen(name, text, space) if " if " in text else ()), calls=formula.functions
            )
            given.append(name if " if " in text else text)
    section.add(f"{space}set_rates({optimizer}, {', '.join(given)})", calls=(set_rates,))
    return section


def rise_of(term: Term) -> tuple[str, tuple[Callable[..., Any], ...]]:
    """The factor of a term that warms up, and the functions that it calls."""
    assert term.warmup is not None
    rate, factor = rate_formula(term.warmup), literal(term.factor)
    rising = rate.source if term.factor == 1.0 else f"{factor} * {rate.source}"
    return f"{rising} if step < {length_of(term.warmup.duration)} else {factor}", rate.functions


def overrun_lines(recipe: Recipe) -> Iterator[str]:
    """The lines that refuse a run which ends before its schedule, where only the data tell that."""
    phases = recipe.schedule.parts
    unit = "epochs" if isinstance(recipe.length, Epochs) else "steps"
    if all(phase.unit == unit for phase in phases if phase.length is not None):
        return
    last = phases[-1]
    is_warmup = isinstance(last, Warmup)
    lengths = [length_of(phase.duration) for phase in (phases if is_warmup else phases[:-1])]
    if lengths:
        needed, what = " + ".join(lengths), "ends" if is_warmup else "begins"
        yield f"    if steps {'<' if is_warmup else '<='} {needed}:"
        count = needed if needed.isdecimal() else f"{{{needed}}}"
        told = f"{last.name} {what} after {count} of {{steps}} steps: train longer"
        yield f'        raise SystemExit(f"{told}")'


def _is_uniform(recipe: Recipe) -> bool:
    """Whether all weights have one rate."""
    return not recipe.rates and not isinstance(recipe.optimizer, Muon)


def _by_reductions(recipe: Recipe) -> bool:
    """Whether the rate changes only when a plateau is detected."""
    schedule = recipe.schedule
    return isinstance(schedule, Plateau) and _is_uniform(recipe)


def _factor(text: str) -> str:
    """An expression parenthesized as the second factor of a product."""
    node = ast.parse(text, mode="eval").body
    first = isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Pow)
    return f"({text})" if first else text


def _counted(recipe: Recipe, space: str) -> Iterator[str]:
    """The line that looks up `reductions`, which the formulas of a plateau have."""
    if plateau_of(recipe.schedule) is not None:
        yield f'{space}reductions = run["reductions"]'


def noted(recipe: Recipe, nested: bool, by_losses: bool) -> str:
    """What a run records of every evaluation; for the last one of an epoch, the step."""
    parts = ['"step": step'] if nested else []
    parts += ['"since": 0.0'] if by_losses else []
    if isinstance(recipe.schedule, Plateau):
        parts.append('"waited": run["waited"] + 1')
    return ", ".join(parts)


def observed_lines(recipe: Recipe) -> Iterator[str]:
    """The lines that update `run` after an evaluation that gave `error`."""
    if isinstance(recipe.schedule, Plateau):
        yield from _observed(recipe.schedule, "")
        if _by_reductions(recipe):
            yield from _reduced(recipe)
        return
    end: list[str] = []
    for phase in recipe.schedule.parts:
        begin = " + ".join(end)
        last = phase is recipe.schedule.parts[-1]
        end += [] if last else [length_of(phase.duration)]
        if isinstance(phase, Plateau):
            yield f"if {_between(begin, '' if last else ' + '.join(end))}:"
            yield '    run["waited"] += 1'
            yield from _observed(phase, "    ")


def _between(begin: str, end: str) -> str:
    """The condition that a step lies between two steps."""
    if not end:
        return f"step >= {begin}"
    return f"{begin} <= step < {end}" if begin else f"step < {end}"


def _observed(plateau: Plateau, space: str) -> Iterator[str]:
    """The lines that compare an error with the lowest one, counting in `waited`."""
    waited = 'min(run["waited"], 0)' if plateau.cooldown else "0"
    yield f'{space}if error < run["lowest"] * {1.0 - plateau.threshold!r}:'
    yield f'{space}    run |= {{"lowest": error, "waited": {waited}}}'
    yield f'{space}if run["waited"] > {plateau.patience}:'
    yield f'{space}    reductions = run["reductions"] + 1'
    yield f'{space}    run |= {{"waited": {-plateau.cooldown}, "reductions": reductions}}'


def _reduced(recipe: Recipe) -> Iterator[str]:
    """The lines that set the rates after a reduction."""
    text = _inlined(rate_formula(recipe.schedule))
    rate = f"{literal(recipe.optimizer.lr)} * {_factor(text)}"
    yield from (f"    {line}" for line in _set(recipe, "optimizer", rate))


def _set(recipe: Recipe, optimizer: str, rate: str) -> Iterator[str]:
    """The lines that give all parameter groups one rate."""
    if recipe.no_decay:
        yield f"for group in {optimizer}.param_groups:"
        yield f'    group["lr"] = {rate}'
    else:
        yield f'{optimizer}.param_groups[0]["lr"] = {rate}'


def length_of(duration: Duration) -> str:
    """A duration in steps."""
    return f"{duration.count} * epoch_steps" if duration.unit == "epochs" else f"{duration.count}"


def _inlined(formula: RateExpression) -> str:
    """The formula with its one function inlined, if that is a single expression."""
    call = ast.parse(formula.source, mode="eval").body
    if not isinstance(call, ast.Call) or len(formula.functions) != 1:
        return formula.source
    (function,) = formula.functions
    body = _expression(function)
    if body is None:
        return formula.source
    signature = inspect.signature(function)
    given = signature.bind(*call.args, **{each.arg or "": each.value for each in call.keywords})
    values: dict[str, ast.expr] = {
        name: ast.Constant(item.default)
        for name, item in signature.parameters.items()
        if item.default is not inspect.Parameter.empty
    }
    values |= given.arguments
    return printed(_Folding().visit(_plainer(_Replacing(values).visit(body))))


def _expression(function: Callable[..., Any]) -> ast.expr | None:
    """The returned expression, if the function does nothing else."""
    node = ast.parse(inspect.getsource(function)).body[0]
    assert isinstance(node, ast.FunctionDef)
    last = node.body[-1]
    is_plain = len(node.body) == 2 and isinstance(last, ast.Return)
    return last.value if is_plain and isinstance(last, ast.Return) else None


class _Replacing(ast.NodeTransformer):
    """Substitutes expressions for names."""

    def __init__(self, values: dict[str, ast.expr]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._values.get(node.id, node)


class _Folding(ast.NodeTransformer):
    """Folds constants and drops terms of 0 and factors of 1."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        left, right, op = node.left, node.right, node.op
        if isinstance(left, ast.Constant) and isinstance(left.value, float):
            if isinstance(op, ast.Sub) and isinstance(right, ast.Constant):
                return ast.Constant(left.value - right.value)  # type: ignore[operator]  # numbers
            neutral = {ast.Add: 0.0, ast.Mult: 1.0}.get(type(op))
            return right if left.value == neutral else node
        return node


def _plainer(node: ast.expr) -> ast.expr:
    """Without an outer `float(...)`, and without a floor of 0 below a power of a factor."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        first, *rest = node.args
        floor = rest[0].value if rest and isinstance(rest[0], ast.Constant) else None
        if node.func.id == "float" or (node.func.id == "max" and floor == 0.0):
            return _plainer(first)
    return node


def _chosen(name: str, text: str, space: str) -> Iterator[str]:
    """The rate of a step's phase: `a if step < 5 else b`, as statements if that is long."""
    *phases, last = text.split(" else ")
    whole = f"{space}{name} = {text}"
    if len(phases) == 1 and len(whole) <= WIDTH:
        yield whole
        return
    for number, phase in enumerate(phases):
        value, condition = phase.rsplit(" if ", 1)
        yield f"{space}{'elif' if number else 'if'} {condition}:"
        yield f"{space}    {name} = {value}"
    yield f"{space}else:"
    yield f"{space}    {name} = {last}"
