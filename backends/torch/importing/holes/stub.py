"""The spec of a source with holes: it is refused for them alone, and so can't be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, final

from torch import Tensor

from netlang.backends.torch.importing.diagnostics import SpecRefused
from netlang.backends.torch.importing.original import Original, lent_or_copied
from netlang.backends.torch.importing.spec import Asked, spec_text
from netlang.backends.torch.importing.tree.regions import live
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.language.structure import HoleLeft
from netlang.elaborate import elaborate_target, resolve_text
from netlang.records import Record

if TYPE_CHECKING:
    from netlang.backends.torch.importing.walk import Walk

__all__ = ["Stub", "stub_of"]


@final
class Stub(Record, eq=False):
    """A spec, how many holes it has, and the weights of its steps; `left_out` are other keys.

    `table` says what couldn't be said.
    """

    name: str
    text: str
    holes: int
    weights: Mapping[str, Tensor]
    left_out: tuple[str, ...]
    table: tuple[str, ...]


def stub_of(original: Original, walk: Walk, asked: Asked, table: tuple[str, ...]) -> Stub | None:
    """The spec with holes; None if no output depends on one. Raises `NetlangError`."""
    text = spec_text(walk, asked)
    try:
        elaborate_target(resolve_text(text, None))
    except NetlangError as error:
        others = [each for each in error.diagnostics if not isinstance(each, HoleLeft)]
        if others:
            rows = tuple(str(NetlangError(*others)).splitlines())
            raise NetlangError(SpecRefused(span=None, rows=rows)) from error
    else:
        return None
    steps = live(walk.state.steps, [value.source for value in walk.outputs])
    labels = {step.key for step in steps if step.key is not None}
    kept, left_out = list[str](), list[str]()
    for key in original.state():
        owned = any(key == label or key.startswith(f"{label}.") for label in labels)
        (kept if owned else left_out).append(key)
    holes = sum(step.op == "hole" for step in steps)
    return Stub(asked.name, text, holes, lent_or_copied(original, kept), tuple(left_out), table)
