"""A spec whose blocks are those of the bundled library, where it has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netlang.backends.torch.importing.bundled.blocks.forms import Forms
from netlang.backends.torch.importing.bundled.spec import BundledSpec, ComparedSource, proved
from netlang.backends.torch.importing.spec import Asked, spec_with_blocks
from netlang.backends.torch.importing.walk import Walk
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import elaborate_target, resolve_text

if TYPE_CHECKING:
    from netlang.ir.program import Program

__all__ = ["net_of_blocks"]


def net_of_blocks(
    walk: Walk, asked: Asked, imported: Program, source: ComparedSource
) -> BundledSpec | None:
    """The spec of a net with blocks of the library, whose steps are those of the `imported` one.

    Parts were compared at the sizes of the source alone, and the nets are compared for all sizes
    that they are for. None if the library has no block of the net, or if they differ.
    """
    if not asked.blocks:
        return None
    text, shared = spec_with_blocks(walk, asked)
    if not shared.calls:
        return None
    try:
        program = elaborate_target(resolve_text(text))
    except NetlangError:
        return None
    forms = Forms()
    if not forms.of(program).is_same(forms.of(imported)):
        return None
    proof = proved(program, source)
    return None if proof is None else BundledSpec(text, program, proof, shared.told())
