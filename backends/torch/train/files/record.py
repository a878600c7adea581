"""Compares the record of a run, `run.json`, with what is asked for: can the run continue?

A run continues with the recipe, net and data with which it began. Only its length may grow, if the
schedule gives every step so far the same rate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import final

from netlang.backends.torch.train.files.reader import parsed_json, read_small
from netlang.backends.torch.train.storage import Json
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.folder import CannotProlong
from netlang.diagnostics.training.running import DataChanged, OtherRecipe, UnreadableRun
from netlang.recipes.check.schedule import stretched
from netlang.recipes.recipe import Recipe
from netlang.records import replace

__all__ = ["Known", "compare", "identity_of"]

_LENGTH = "length"
_COUNT = re.compile(r"(\d{1,18}) (steps|epochs)")


@final
@dataclass(frozen=True)
class Known:
    """The record of a run that may continue; `changed` if its length has, `notes` for the user."""

    record: Mapping[str, Json]
    changed: bool
    notes: tuple[str, ...]


def identity_of(record: Mapping[str, Json]) -> str:
    """A digest of the net and of the recipe, except the length of the run."""
    keys = record["keys"]
    assert isinstance(keys, dict)
    content = json.dumps([{**keys, _LENGTH: ""}, record["fingerprint"]], sort_keys=True)
    return sha256(content.encode()).hexdigest()


def compare(folder: Path, path: Path, wanted: Mapping[str, Json], recipe: Recipe) -> Known:
    """Refuse a folder with a different recipe, net or data; note what else may change the bits."""
    found = _read(path)
    keys, asked = found["keys"], wanted["keys"]
    assert isinstance(keys, dict)
    assert isinstance(asked, dict)
    changed = [key for key in asked if keys.get(key) != asked[key]]
    longer = changed == [_LENGTH] and _longer(keys[_LENGTH], str(recipe.length))
    differences = [f"`{key}` is {keys.get(key, 'unknown')} there, {asked[key]} here"
                   for key in changed if not longer]  # fmt: skip
    if not differences and found.get("fingerprint") != wanted["fingerprint"]:
        differences = [f"net `{wanted['net']}` has changed since"]
    if differences:
        refused = OtherRecipe(span=None, folder=str(folder), differences="; ".join(differences))
        if changed == [_LENGTH]:
            refused = _of_length(refused, str(keys[_LENGTH]))
        raise NetlangError(refused)
    _require_same_data(folder, found, wanted)
    notes = _elsewhere(found, wanted)
    if not longer:
        return Known(found, False, notes)
    _require_fixed_rates(folder, str(keys[_LENGTH]), recipe)
    note = f"the run is prolonged from {keys[_LENGTH]} to {recipe.length}"
    return Known(_prolonged(found, wanted), True, (note, *notes))


def _read(path: Path) -> dict[str, Json]:
    try:
        found = parsed_json(read_small(path))
        if not isinstance(found, dict) or not isinstance(found.get("keys"), dict):
            raise ValueError("it isn't the record of a run")
    except (OSError, ValueError) as error:
        raise NetlangError(UnreadableRun(span=None, path=str(path), why=str(error))) from None
    return found


def _of_length(refused: OtherRecipe, length: str) -> OtherRecipe:
    """The refusal of a run that may have become longer since it was started, and isn't asked so."""
    known = _COUNT.fullmatch(length)
    if known is None:
        return refused
    return replace(refused, advice=f"resume it with `{known[2]}={known[1]}` or more")


def _longer(before: object, now: str) -> bool:
    """Whether one length is more than another in the same unit."""
    ends = _COUNT.fullmatch(str(before)), _COUNT.fullmatch(now)
    if ends[0] is None or ends[1] is None or ends[0][2] != ends[1][2]:
        return False
    return int(ends[1][1]) > int(ends[0][1])


def _prolonged(found: Mapping[str, Json], wanted: Mapping[str, Json]) -> dict[str, Json]:
    """The record with the new length, and with the earlier ones."""
    keys, asked, before = found["keys"], wanted["keys"], found.get("prolonged")
    assert isinstance(keys, dict)
    assert isinstance(asked, dict)
    lengths: list[Json] = [*(before if isinstance(before, list) else ()), keys[_LENGTH]]
    return {
        **found,
        "keys": {**keys, _LENGTH: asked[_LENGTH]},
        "overrides": wanted["overrides"],
        "prolonged": lengths,
    }


def _require_fixed_rates(folder: Path, before: str, recipe: Recipe) -> None:
    phase = stretched(recipe.schedule)
    if phase is not None:
        raise NetlangError(
            CannotProlong(
                span=recipe.places.get("schedule"),
                folder=str(folder),
                before=before,
                schedule=phase.name,
            )
        )


def _require_same_data(
    folder: Path, found: Mapping[str, object], wanted: Mapping[str, Json]
) -> None:
    before, now = found.get("data"), wanted.get("data")
    if not isinstance(before, dict) or not isinstance(now, dict) or before == now:
        return
    differences = [
        f"{before.get(part) or 'no'} examples for {part} then, {now[part] or 'none'} now"
        for part in ("training", "validation", "test")
        if before.get(part) != now[part]
    ]
    if before.get("classes") != now["classes"]:
        differences.append("the classes have other names")
    raise NetlangError(
        DataChanged(span=None, folder=str(folder), differences="; ".join(differences))
    )


def _elsewhere(found: Mapping[str, object], wanted: Mapping[str, Json]) -> tuple[str, ...]:
    """Differences because of which sums may be taken in another order than before."""
    # Older runs don't say whether they are sharded.
    found = {"sharded": False, **found}
    changed = [
        f"{what} {found.get(what)} then, {wanted[what]} now"
        for what in ("device", "threads", "processes", "sharded", "versions")
        if found.get(what) != wanted[what]
    ]
    if not changed:
        return ()
    return (f"the last bits may differ from a run without a break: {'; '.join(changed)}",)
