"""A trial of `agree`: the spec of a number, examined, and what its generator can tell of it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.campaigns.examine import Examined, examine
from tests.campaigns.failure import Failure
from tests.campaigns.generator import Generated, generate
from tests.campaigns.opsets import opset_of
from tests.campaigns.subject import Spec

__all__ = ["Tried", "misnumbered", "tried"]


@dataclass(frozen=True)
class Tried:
    """What was generated, the spec that it came to, and what was found."""

    generated: Generated
    spec: Spec
    examined: Examined

    @property
    def numbers(self) -> Failure | None:
        """Steps that have other numbers than their text says; None where the spec itself fails."""
        if self.examined.failure:
            return None
        return misnumbered(self.generated, self.examined.keys)


def tried(number: int) -> Tried:
    """Generate the spec of a trial and examine it."""
    generated = generate(number)
    spec = Spec.of(generated, opset_of(number))
    return Tried(generated, spec, examine(spec, number))


def misnumbered(generated: Generated, keys: frozenset[str]) -> Failure | None:
    """The first step of a net whose number isn't the one that the language gives it.

    Every backend has its names from the compiler, so that they agree on wrong ones. Where steps
    stand one after the other, the generator counts them as it writes them: from 0, labelled ones
    too, and values none.
    """
    for number, wanted in enumerate(generated.numbered):
        begin = f"{number}."
        found = {key.removeprefix(begin) for key in keys if key.startswith(begin)}
        if wanted is not None and found != wanted:
            told = f"step {number}: {sorted(found)}, by its text {sorted(wanted)}"
            return Failure("numbers", told)
    return None
