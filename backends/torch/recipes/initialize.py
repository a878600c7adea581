"""Initial weights according to a recipe's `init`: rules that each fill some parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch
from typing import final

import torch
from torch import nn

from netlang.backends.torch.invocation import Invocation
from netlang.backends.torch.runtime.kinds import norm_factors, weights_of
from netlang.diagnostics.errors import InternalError
from netlang.ir.program import Program
from netlang.recipes.residual import last_norms
from netlang.recipes.words.families import FAMILIES
from netlang.recipes.words.initializations import (
    Constant,
    Initialization,
    InitializationRule,
    KaimingNormal,
    KaimingUniform,
    NormalWeights,
    Orthogonal,
    Torchvision,
    TruncatedNormal,
    XavierNormal,
    XavierUniform,
    ZeroLastNorm,
)

__all__ = ["Fill", "initialize", "lower_init"]


@final
@dataclass(frozen=True)
class Fill:
    """`weights` selects parameters of a model; `fill` draws new values for one of them."""

    weights: Invocation
    fill: Invocation

    def source(self, model: str = "model") -> tuple[str, str]:
        """The lines that do this in a script."""
        return (
            f"for weight in {self.weights.source(model)}:",
            f"    {self.fill.source('weight')}",
        )


def initialize(
    model: nn.Module, rules: tuple[Initialization, ...], program: Program, seed: int
) -> None:
    """Draw new weights by the rules, in the order of the modules.

    They are drawn on the CPU. Weights fixed by the spec (untrained ones) are unchanged.
    """
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        for step in lower_init(rules, program):
            for weight in step.weights(model):
                step.fill(weight)


def lower_init(rules: tuple[Initialization, ...], program: Program) -> Iterator[Fill]:
    """The fills of the rules, in order."""
    for rule in rules:
        if isinstance(rule, Torchvision):
            yield from lower_init(FAMILIES[rule.family], program)
        elif isinstance(rule, ZeroLastNorm):
            paths = Invocation(norm_factors, {"paths": last_norms(program)})
            yield Fill(paths, Invocation(nn.init.zeros_))
        elif isinstance(rule, InitializationRule):
            settings = {"of": rule.of, "below": rule.below}
            yield Fill(Invocation(weights_of, settings), lower_rule(rule))
        else:
            raise InternalError(f"no rule carries out {rule.name}")


@singledispatch
def lower_rule(rule: InitializationRule) -> Invocation:
    """The function of `torch.nn.init` that draws a weight."""
    raise InternalError(f"no rule draws {rule.name}")


@lower_rule.register(KaimingNormal)
@lower_rule.register(KaimingUniform)
def _(rule: KaimingNormal | KaimingUniform) -> Invocation:
    normal = isinstance(rule, KaimingNormal)
    function = nn.init.kaiming_normal_ if normal else nn.init.kaiming_uniform_
    settings = {"a": rule.a, "mode": rule.mode, "nonlinearity": rule.nonlinearity}
    return Invocation(function, settings)


@lower_rule.register
def _(rule: XavierNormal) -> Invocation:
    return Invocation(nn.init.xavier_normal_, {"gain": rule.gain})


@lower_rule.register
def _(rule: XavierUniform) -> Invocation:
    return Invocation(nn.init.xavier_uniform_, {"gain": rule.gain})


@lower_rule.register
def _(rule: Orthogonal) -> Invocation:
    return Invocation(nn.init.orthogonal_, {"gain": rule.gain})


@lower_rule.register
def _(rule: NormalWeights) -> Invocation:
    return Invocation(nn.init.normal_, {"mean": rule.mean, "std": rule.std})


@lower_rule.register
def _(rule: TruncatedNormal) -> Invocation:
    settings = {"mean": rule.mean, "std": rule.std, "a": -rule.cut, "b": rule.cut}
    return Invocation(nn.init.trunc_normal_, settings)


@lower_rule.register
def _(rule: Constant) -> Invocation:
    return Invocation(nn.init.constant_, {"val": rule.value})
