"""Schedules as Python expressions for a training script.

They use the names `step` (steps done), `epoch_steps`, `steps` (of the run) and, for a plateau,
`reductions`; the formulas are those that training calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import signature
from typing import Any, final

from netlang.backends.torch.invocation import callee, literal
from netlang.recipes.words.timing import Duration, Phase, RateRule, Schedule

__all__ = ["RateExpression", "momentum_formula", "rate_formula"]


@final
@dataclass(frozen=True)
class RateExpression:
    """An expression and the functions that it calls."""

    source: str
    functions: tuple[Callable[..., Any], ...]


def rate_formula(schedule: Schedule) -> RateExpression:
    """The factor of the learning rates for the step after `step` steps."""
    phases = schedule.parts
    return _chosen(phases, [phase.rule for phase in phases])


def momentum_formula(schedule: Schedule) -> RateExpression | None:
    """The momentum of that step, if the schedule sets it; None in it means the optimizer's own."""
    phases = schedule.parts
    rules = [phase.rule.momentum for phase in phases]
    return _chosen(phases, rules) if any(rules) else None


def _chosen(phases: tuple[Phase, ...], rules: list[RateRule | None]) -> RateExpression:
    """One rule after the other, each until the end of its phase."""
    parts, begin = [], ""
    for phase, rule in zip(phases, rules, strict=True):
        text = _rule(rule, begin)
        if phase is not phases[-1]:
            length = _length(phase.duration, "")
            begin = f"{begin} + {length}" if begin else length
            text += f" if step < {begin}"
        parts.append(text)
    functions = dict.fromkeys(rule.function for rule in rules if rule is not None)
    return RateExpression(" else ".join(parts), tuple(_with_called(functions)))


def _with_called(functions: dict[Callable[..., float], None]) -> Iterator[Callable[..., float]]:
    """The functions, each preceded by the functions of its module that it calls."""
    seen: set[str] = set()
    for function in functions:
        for name in (*function.__code__.co_names, function.__name__):
            found = function.__globals__.get(name)
            if callable(found) and name not in seen:
                seen.add(name)
                yield found


def _rule(rule: RateRule | None, begin: str) -> str:
    if rule is None:
        return "None"
    done = "step" if not begin else f"step - {_grouped(begin)}"
    passed = {
        "steps": done,
        "epochs": f"{_grouped(done)} // epoch_steps",
        "reductions": "reductions",
    }[rule.counts]
    known = signature(rule.function).parameters
    given = (
        f"{name}={_length(value, begin) if isinstance(value, Duration) else literal(value)}"
        for name, value in rule.settings.items()
        if value != known[name].default
    )
    return f"{callee(rule.function)}({', '.join((passed, *given))})"


def _length(duration: Duration, begin: str) -> str:
    if duration.count is None:
        return f"max(1, steps - {_grouped(begin)})" if begin else "steps"
    return f"{duration.count} * epoch_steps" if duration.unit == "epochs" else f"{duration.count}"


def _grouped(text: str) -> str:
    """Parenthesized if an operator of lower precedence would split it."""
    return f"({text})" if " + " in text or " - " in text else text
