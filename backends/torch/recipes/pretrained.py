"""Loads the trained weights that a run starts from, under the labels that a recipe gives."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import torch
from torch import nn

from netlang.backends.torch.run.weights import tensor_of
from netlang.backends.weights import Report, Slot, Stored, match, read_weights, slots
from netlang.backends.weights.check import better_prefix, numbers_advice
from netlang.backends.weights.diagnostics import UnreadableWeights, WeightsMismatch
from netlang.backends.weights.prefixes import PrefixChange, composed, two_keys, without_keys
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import listed
from netlang.ir.program import Program
from netlang.recipes.check.optimizer import below
from netlang.recipes.places import Places
from netlang.recipes.recipe import Recipe
from netlang.source import Span

__all__ = ["load_pretrained", "renamed", "weights_loaded"]


def load_pretrained(model: nn.Module, recipe: Recipe, program: Program, places: Places) -> None:
    """Fill the model with the weights that the recipe names, if any.

    Skipped weights keep their fresh values; keys of the file that the net lacks are ignored. Raises
    `NetlangError`, listing every problem, if a weight is missing or has another shape.
    """
    wanted = recipe.weights
    if wanted is None:
        return
    path = places.find(wanted.file, recipe.places.get("weights"))
    span = recipe.places.get("weights")
    of_file = read_weights(path)
    stored = renamed(of_file, wanted.rename, span)
    needed = [slot for slot in slots(program) if not below(slot.key, wanted.skip)]
    fitting, report = match(needed, stored)
    lacking = Report(report.missing, (), report.misshapen)
    if lacking:
        raise NetlangError(
            WeightsMismatch(
                span=span, source=f"`{path}`", net=program.name, counts=lacking.counts,
                rows=lacking.rows(), advice=_advice(needed, stored, of_file, wanted.rename),
            )
        )  # fmt: skip
    _require_finite(str(path), [slot.key for slot in needed], fitting, span)
    own = model.state_dict()
    with torch.no_grad():
        for slot in needed:
            if slot.key in fitting:
                own[slot.key].copy_(tensor_of(np.array(fitting[slot.key].array(slot.dtype))))


def weights_loaded(recipe: Recipe, program: Program, places: Places) -> tuple[str, ...]:
    """Which weights of the net are those of the file, and which are fresh, if there is a file."""
    if recipe.weights is None:
        return ()
    keys = [slot.key for slot in slots(program)]
    fresh = [key for key in keys if below(key, recipe.weights.skip)]
    rest = f"; fresh: {listed(fresh)}" if fresh else ""
    path = places.known(recipe.weights.file)
    return (f"weights: {len(keys) - len(fresh)} of {len(keys)} tensors from {path}{rest}",)


def _require_finite(
    path: str, keys: Sequence[str], fitting: Mapping[str, Stored], span: Span | None
) -> None:
    """Refuse weights that aren't finite, which no run can start from."""
    suspect = [key for key in keys if key in fitting and not fitting[key].finite()]
    if suspect:
        reason = f"no run can start from them: NaN or infinite values in {listed(suspect)}"
        raise NetlangError(UnreadableWeights(span=span, source=path, reason=reason))


def _advice(
    needed: Sequence[Slot],
    stored: Mapping[str, Stored],
    of_file: Collection[str],
    pairs: tuple[tuple[str, str], ...],
) -> str:
    """Advice on prefixes that all keys share, if a change of prefix would help."""
    usual = "name what starts fresh with `skip`, other labels with `rename`"
    better = better_prefix(needed, stored)
    if better is None:
        return usual + numbers_advice(needed, stored)
    change, count = better
    given = [PrefixChange(_start(old), _start(new)) for old, new in _longest_first(pairs)]
    changes = composed(given, change, of_file) if given else (change,)
    shown = ", ".join(f'("{each.old.rstrip(".")}", "{each.new.rstrip(".")}")' for each in changes)
    return f"with `rename=[{shown}]` {count} of {len(stored)} tensors fit; {usual}"


def renamed(
    stored: Mapping[str, Stored], pairs: tuple[tuple[str, str], ...], span: Span | None = None
) -> dict[str, Stored]:
    """The tensors under the labels of the net; if several labels match a key, the longest counts.

    An empty label stands for the whole file and matches every key. Raises `NetlangError` if a label
    matches no key, or if two keys become one.
    """
    pairs = tuple((old.rstrip("."), new.rstrip(".")) for old, new in pairs)
    longest = _longest_first(pairs)
    found: dict[str, Stored] = {}
    used: set[str] = set()
    # Labels that don't change stand first: a label that becomes the same is at fault.
    fitting = [(key, _longest_of(longest, key)) for key in stored]
    for key, pair in sorted(fitting, key=lambda each: each[1] is not None):
        new = key
        if pair is not None:
            used.add(pair[0])
            rest = key.removeprefix(pair[0]).removeprefix(".")
            new = ".".join(part for part in (pair[1], rest) if part)
            if new in found:
                raise two_keys(_shown(pair), new, span)
        found[new] = stored[key]
    for pair in pairs:
        if pair[0] not in used:
            raise without_keys(_shown(pair), stored, span)
    return found


def _longest_first(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: len(pair[0]), reverse=True)


def _start(label: str) -> str:
    """How the keys below a label start."""
    return f"{label.rstrip('.')}." if label else ""


def _longest_of(longest: list[tuple[str, str]], key: str) -> tuple[str, str] | None:
    """The first label, longest first, that matches a key."""
    return next((each for each in longest if not each[0] or below(key, (each[0],))), None)


def _shown(pair: tuple[str, str]) -> str:
    """A pair of labels as written in a recipe."""
    return f'rename=[("{pair[0]}", "{pair[1]}")]'
