"""What a spec is compared with, whatever it is written in: its tensors, and what it computes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, TypeAlias, final

import torch
from torch import Tensor, nn

from netlang.backends.torch.importing.foreign import foreign_code
from netlang.backends.torch.importing.limits.room import Needed, Room
from netlang.backends.torch.importing.trace import not_traced
from netlang.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BatchAxis", "ModuleOriginal", "Original", "evaluating", "in_parts", "lent_or_copied",
    "one_by_one",
]  # fmt: skip

_Run: TypeAlias = Callable[[Sequence[Tensor]], list[Tensor]]


@final
class BatchAxis(Record):
    """The first axis of a source's inputs, for `size` examples; None for any number of them."""

    size: int | None


class Original(ABC):
    """The source of an import, as the proof sees it."""

    @property
    @abstractmethod
    def room(self) -> Room | None:
        """How much its values may take, if it is a stranger's."""

    @abstractmethod
    def needed(self, example: Sequence[Tensor], by_spec: Callable[[int], Needed]) -> Needed:
        """What it takes for an example, whose tensors have no memory.

        `by_spec` says what its spec takes for so many examples of these sizes.
        """

    @abstractmethod
    def state(self) -> Mapping[str, Tensor]:
        """Its tensors by key. Writing into one changes what `run` computes."""

    @property
    @abstractmethod
    def lends(self) -> bool:
        """Whether others may have its tensors without a copy: nothing that it runs writes there."""

    @abstractmethod
    def evaluating(self) -> AbstractContextManager[None]:
        """Inside, it computes as in evaluation, with the tensors that it has at the first run."""

    @abstractmethod
    def run(self, example: Sequence[Tensor]) -> object:
        """Its outputs: a tensor, or a list, tuple or dictionary of them. Raises `NetlangError`."""


@final
class ModuleOriginal(Original):
    """A module of PyTorch, whose code may do anything."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module

    @property
    def room(self) -> Room | None:
        return None

    @property
    def lends(self) -> bool:
        return False

    def needed(self, example: Sequence[Tensor], by_spec: Callable[[int], Needed]) -> Needed:
        return by_spec(len(example[0]))

    def state(self) -> Mapping[str, Tensor]:
        with foreign_code(not_traced):
            return self._module.state_dict()

    def evaluating(self) -> AbstractContextManager[None]:
        return evaluating(self._module)

    def run(self, example: Sequence[Tensor]) -> object:
        # The module may write into what it is given.
        with foreign_code(not_traced):
            result: object = self._module(*(each.clone() for each in example))
        return result


def lent_or_copied(original: Original, keys: Iterable[str]) -> dict[str, Tensor]:
    """The tensors of a source that have one of these keys."""
    state = original.state()
    found = {key: state[key].detach() for key in keys if key in state}
    if original.lends:
        return found
    return {key: each.clone().contiguous() for key, each in found.items()}


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Inside, a module is in evaluation; afterwards each of its parts is as it was."""
    before = [(each, each.training) for each in module.modules()]
    try:
        with foreign_code(not_traced):
            module.eval()
        yield
    finally:
        for each, training in before:
            each.training = training


def one_by_one(run: _Run, example: Sequence[Tensor]) -> list[Tensor]:
    """What a source that takes one example, without an axis for several, gives for several."""
    rows = [run(each) for each in zip(*example, strict=True)]
    return [torch.stack(each) for each in zip(*rows, strict=True)]


def in_parts(run: _Run, example: Sequence[Tensor], batch: int) -> list[Tensor]:
    """What a source that takes `batch` examples at once gives for any number of them.

    The last one is there again for those that are missing.
    """
    count = len(example[0])
    rows = [min(row, count - 1) for row in range(-(-count // batch) * batch)]
    parts = [
        run([each[rows[start : start + batch]] for each in example])
        for start in range(0, len(rows), batch)
    ]
    return [torch.cat(each)[:count] for each in zip(*parts, strict=True)]
