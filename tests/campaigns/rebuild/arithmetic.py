"""Arithmetic with given numbers, elementary functions and reductions, from their formulas."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from tests.campaigns.rebuild.table import Json, Step, flag, from_front, layer, number, text, wholes

__all__: list[str] = []


@layer("scale")
def _scale(step: Step) -> Tensor:
    by, offset = (_broadcast(step, name) for name in ("by", "offset"))
    return step.x * by + offset


def _broadcast(step: Step, name: str) -> Tensor:
    value: Json = step.arguments[name]
    if not isinstance(value, list):
        return torch.full_like(step.x, number(value))
    behind = step.x.dim() - (2 if step.batched else 1)
    row = torch.tensor([number(each) for each in value], dtype=step.x.dtype)
    return row.reshape(-1, *[1] * behind)


@layer("exp")
def _exp(step: Step) -> Tensor:
    return torch.pow(torch.full_like(step.x, math.e), step.x)


@layer("sin")
def _sin(step: Step) -> Tensor:
    return 2 * (step.x / 2).sin() * (step.x / 2).cos()


@layer("cos")
def _cos(step: Step) -> Tensor:
    return 1 - 2 * (step.x / 2).sin() ** 2


@layer("log")
def _log(step: Step) -> Tensor:
    return step.x.log2() * math.log(2)


@layer("sqrt")
def _sqrt(step: Step) -> Tensor:
    return step.x.pow(0.5)


@layer("rsqrt")
def _rsqrt(step: Step) -> Tensor:
    return step.x.pow(-0.5)


@layer("pow")
def _pow(step: Step) -> Tensor:
    return torch.pow(step.x, number(step.arguments["exponent"]))


@layer("abs")
def _abs(step: Step) -> Tensor:
    return torch.maximum(step.x, -step.x)


@layer("neg")
def _neg(step: Step) -> Tensor:
    return 0 - step.x


@layer("round")
def _round(step: Step) -> Tensor:
    return step.x.round()


@layer("clamp")
def _clamp(step: Step) -> Tensor:
    x, low, high = step.x, step.arguments["min"], step.arguments["max"]
    if low is not None:
        x = torch.maximum(x, torch.full_like(x, number(low)))
    return x if high is None else torch.minimum(x, torch.full_like(x, number(high)))


@layer("div")
def _div(step: Step) -> Tensor:
    return step.inputs[0] * step.inputs[1].reciprocal()


@layer("mean")
def _mean(step: Step) -> Tensor:
    return _reduced(step, lambda x, axis: x.sum(axis, keepdim=True) / x.shape[axis])


@layer("sum")
def _sum(step: Step) -> Tensor:
    return _reduced(step, lambda x, axis: x.sum(axis, keepdim=True))


@layer("amax")
def _amax(step: Step) -> Tensor:
    return _reduced(step, lambda x, axis: x.max(axis, keepdim=True).values)


@layer("amin")
def _amin(step: Step) -> Tensor:
    return _reduced(step, lambda x, axis: x.min(axis, keepdim=True).values)


def _reduced(step: Step, along: Callable[[Tensor, int], Tensor]) -> Tensor:
    """One axis after the other, from the last, so that those before keep their numbers."""
    given = step.arguments["axes"]
    listed = [given] if isinstance(given, int) else wholes(given)
    x = step.x
    axes = [from_front(a, x) if step.batched else a % x.dim() for a in listed]
    for axis in sorted(axes, reverse=True):
        x = along(x, axis)
        if not flag(step.arguments["keep"]):
            x = x.squeeze(axis)
    return x


@layer("einsum")
def _einsum(step: Step) -> Tensor:
    """The product of all values, each with an axis for every letter, summed where none is left."""
    terms, made = text(step.arguments["formula"]).split("->")
    gone = "".join(sorted(set(terms) - set(made) - {","}))
    order, result = f"{made}{gone}", torch.ones(())
    for term, x in zip(terms.split(","), step.inputs, strict=True):
        batch = x.dim() - len(term)
        places = [term.index(letter) + batch for letter in order if letter in term]
        sizes = [x.shape[term.index(a) + batch] if a in term else 1 for a in order]
        turned = x.permute(*range(batch), *places)
        result = result * turned.reshape(*x.shape[:batch], *sizes)
    return result.sum(list(range(-len(gone), 0))) if gone else result
