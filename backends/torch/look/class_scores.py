"""The classes that a net tells apart: their names, scores and probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from netlang.advice.similar import nearest
from netlang.backends.classified import ClassOutput, DecisionOutput
from netlang.backends.torch.look.diagnostics import NoSuchClass
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import listed

__all__ = ["ClassScores"]


@final
@dataclass(frozen=True)
class ClassScores:
    """The output that says of what class an example is, and the `names` of classes by number.

    A decision has two classes. Scores of each place count by their mean, as for `netlang predict`.
    """

    output: ClassOutput | DecisionOutput
    names: tuple[str, ...]

    def scores(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """The score of each class before the softmax, ``[B, classes]``.

        The first class of a decision has the opposite of the second one's.
        """
        if isinstance(self.output, DecisionOutput):
            found = outputs[self.output.output].flatten()
            other = -found if self.output.is_logit else 1 - found
            return torch.stack([other, found], 1)
        value = outputs[self.output.name]
        return value.reshape(*value.shape[:2], -1).mean(2)

    def shares(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """The probability of each class, ``[B, classes]``."""
        if isinstance(self.output, DecisionOutput):
            scores = self.scores(outputs)
            if not self.output.is_logit:
                return scores
            share = scores[:, 1].sigmoid()
            return torch.stack([1 - share, share], 1)
        value = outputs[self.output.name].softmax(1)
        return value.reshape(*value.shape[:2], -1).mean(2)

    def named(self, number: int) -> str:
        """The name of a class, or its number: a net may have more than it was trained on."""
        return self.names[number] if number < len(self.names) else str(number)

    def number(self, name: str, count: int) -> int:
        """The number of the class with a name, or of `count` classes the one of this number.

        Raises `NetlangError` if there is none.
        """
        if name in self.names:
            return self.names.index(name)
        if name.isascii() and name.isdigit() and int(name) < count and not self.names:
            return int(name)
        match = nearest(name, self.names)
        known = listed(self.names) if self.names else f"numbers from 0 to {count - 1}"
        advice = f"did you mean `{match}`?" if match else f"it knows {known}"
        raise NetlangError(NoSuchClass(span=None, name=name, advice=advice))
