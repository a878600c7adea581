"""A spec that uses the bundled library in place of an import's own text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor

from netlang.backends.torch.importing.original import Original
from netlang.backends.torch.importing.proof.prove import Proof, module_for, prove
from netlang.diagnostics.errors import NetlangError
from netlang.records import Record

if TYPE_CHECKING:
    from netlang.ir.program import Program

__all__ = ["BundledSpec", "ComparedSource", "proved"]


@final
class ComparedSource(Record, eq=False):
    """What a spec is compared with: the source, on examples, in further `runs` as in `prove`."""

    original: Original
    examples: Sequence[Sequence[Tensor]]
    runs: int


@final
class BundledSpec(Record, eq=False):
    """A spec with what it has of the library in words, and the proof that it is the source."""

    text: str
    program: Program
    proof: Proof
    note: str


def proved(program: Program, source: ComparedSource) -> Proof | None:
    """The proof that both are the same net; None if they aren't."""
    try:
        with torch.random.fork_rng(devices=[]):
            copy = module_for(source.original, program)
        return prove(source.original, copy, source.examples, source.runs)
    except NetlangError:
        return None
