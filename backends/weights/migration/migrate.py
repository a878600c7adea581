"""Reads the weights of a net, carries them to its edited form, and writes them."""

from __future__ import annotations

from netlang.atomic import end_of_links
from netlang.backends.weights.given import given
from netlang.backends.weights.migration.carry import carried
from netlang.backends.weights.migration.written import write_safetensors
from netlang.backends.weights.slots import slots
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.files import UnknownSuffix, WriteFailed
from netlang.diff import Difference
from netlang.diff.weights import pairings
from netlang.records import replace
from netlang.targets.migrating import Migrated, MigrationOptions

__all__ = ["migrate"]


def migrate(difference: Difference, options: MigrationOptions) -> Migrated:
    """Write the weights of the net after. As `netlang.targets.migrating` says."""
    if options.out.suffix != ".safetensors":
        raise NetlangError(
            UnknownSuffix(span=None, path=str(options.out), available=".safetensors")
        )
    old, new = (slots(each.program) for each in (difference.before, difference.after))
    found = given(difference.before.program.name, old, options.weights, options.fit)
    tied = {slot.key for slot in old if slot.tied is not None}
    stored = {key: each for key, each in found.tensors.items() if key not in tied}
    pairings_by_key = {each.key: each for each in pairings(difference)}
    tensors, migrated = carried(new, pairings_by_key, stored, options)
    try:
        write_safetensors(end_of_links(options.out), {**tensors, **found.beside}, found.metadata)
    except OSError as error:
        raise NetlangError(WriteFailed.of(options.out, error)) from error
    return replace(migrated, notes=found.notes_on_values())
