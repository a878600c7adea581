"""Warnings about recipes: W0301 to W0303."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Caution

__all__ = ["ChangeBeyondEnd", "ProbabilitiesAsLogits", "UntrainedHead"]


class ProbabilitiesAsLogits(Caution):
    code: ClassVar[str] = "W0301"
    title: ClassVar[str] = "`{loss}` takes logits, and `{output}` has been through `{operator}`"
    caption: ClassVar[str] = (
        "it applies `{own}` itself: after `{operator}`, gradients all but vanish"
    )
    help: ClassVar[str] = "give it what `{operator}` is applied to"

    loss: str
    output: str
    operator: str
    own: str


class ChangeBeyondEnd(Caution):
    """`what` is a milestone, or the first change of a stepwise schedule."""

    code: ClassVar[str] = "W0302"
    title: ClassVar[str] = "the run ends before {what} of `{schedule}`"
    caption: ClassVar[str] = "the rate would change after {place} of {length} {unit}"
    help: ClassVar[str] = "let it come earlier, or train longer"

    what: str
    schedule: str
    place: int
    length: int
    unit: str


class UntrainedHead(Caution):
    code: ClassVar[str] = "W0303"
    title: ClassVar[str] = "the loss doesn't read `{output}`, the auxiliary output of `{net}`"
    caption: ClassVar[str] = "the steps that only `{output}` needs keep the weights they start with"
    help: ClassVar[str] = "add a term for it, such as `{example}`"

    output: str
    net: str
    example: str
