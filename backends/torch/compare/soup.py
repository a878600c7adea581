"""Averages of weights that runs of one net ended with: soups.

Wortsman et al. 2022, Model soups, arXiv:2203.05482.

The statistics of batch norms are computed anew for each average, from all training examples
prepared as for a test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from copy import deepcopy
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import final

import torch
from torch import nn

from netlang.atomic import end_of_links, require_place
from netlang.backends.torch.data.drawn import drawn_inputs
from netlang.backends.torch.data.fit import require_fit
from netlang.backends.torch.data.load import load_parts
from netlang.backends.torch.data.partition import require_classes, tell_of_other_validation
from netlang.backends.torch.data.sets import Parts
from netlang.backends.torch.runtime.averaging import average, averaged_pairs
from netlang.backends.torch.runtime.groups import set_training
from netlang.backends.torch.train.devices import choose_device, reproducible, threads_for
from netlang.backends.torch.train.evaluation import score
from netlang.backends.torch.train.files.weights import facts_of_weights
from netlang.backends.torch.train.memory import freed_memory_kept, memory_told
from netlang.backends.torch.train.modules import trained_module
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.prepared import Prepared
from netlang.backends.torch.train.processes.layout import untied
from netlang.backends.torch.train.scoring import normalized_for, part_of
from netlang.backends.torch.train.setup import Prepare
from netlang.backends.torch.train.state import Scores
from netlang.backends.torch.train.steps.averaging import renew
from netlang.backends.torch.train.storage import Json, save_tensors
from netlang.backends.torch.train.world import World
from netlang.backends.weights import facts_beside
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.files import UnknownSuffix, WriteFailed
from netlang.diagnostics.training.running import NotNumbers, OtherNormalization
from netlang.ir.program import Program
from netlang.recipes.check.run import trains_norms
from netlang.recipes.recipe import Recipe
from netlang.recipes.sections.refused import require_no_turns
from netlang.targets.averaging import Ingredient, SoupOptions

__all__ = ["average_weights"]


def average_weights(
    recipe: Recipe, program: Program, wanted: SoupOptions, say: Callable[[str], None]
) -> tuple[Ingredient, ...]:
    """Write the average of files of weights. As `netlang.targets.averaging` says.

    Raises `NetlangError` for a file that doesn't fit the net, for weights of other classes than the
    data's, and for inputs that were normalized in several ways.
    """
    require_no_turns(recipe, "`soup`")
    _require_place(wanted.out)
    device = choose_device(wanted.device, World())
    with (
        memory_told(device),
        freed_memory_kept(device),
        reproducible(device, threads_for(program, recipe.batch)),
        ExitStack() as opened,
    ):
        parts = load_parts(recipe, wanted.places, say)
        require_fit(recipe, program, parts)
        drawn = drawn_inputs(recipe, program)
        ready = Prepare(recipe, device, World(), wanted.workers, drawn=drawn)
        ready = _normalized(ready, parts, wanted, say)
        nets = [_read(program, path, wanted, say) for path in wanted.weights]
        plain = scored = None
        if trains_norms(recipe, program):
            plain = opened.enter_context(closing(ready.testing(parts.train)))
        if wanted.greedy:
            part = part_of(recipe, parts, wanted.split)
            scored = opened.enter_context(closing(ready.testing(part)))
        kitchen = _Kitchen(recipe, Objective(recipe, program), device, plain, scored, say)
        found = kitchen.greedily(nets) if wanted.greedy else _all_of(nets)
        chosen = [number for number, kept, _ in found if kept]
        made = kitchen.average([nets[number] for number in chosen])
        _write(wanted, ready, parts, made, [wanted.weights[number] for number in chosen])
    return tuple(
        Ingredient(wanted.weights[number], kept, {} if scores is None else scores.figures())
        for number, kept, scores in found
    )


@final
@dataclass(frozen=True)
class _Kitchen:
    """Makes averages of nets, and scores them."""

    recipe: Recipe
    objective: Objective
    device: torch.device
    plain: Prepared | None
    scored: Prepared | None
    say: Callable[[str], None]

    def average(self, nets: Sequence[nn.Module]) -> nn.Module:
        """The mean of the weights of some nets, on the device."""
        first, *others = nets
        made = deepcopy(first).to(self.device)
        for count, each in enumerate(others, 2):
            average(averaged_pairs(made, each.to(self.device)), 1.0 - 1.0 / count)
        if self.plain is not None and others:
            set_training(first, self.recipe.freeze)
            renew(made, first, self.objective, self.plain, self.recipe.batch)
        return made

    def greedily(self, nets: Sequence[nn.Module]) -> list[tuple[int, bool, Scores | None]]:
        """The nets from the best one down: number, whether it is kept, the scores with it."""
        alone = []
        for number, net in enumerate(nets, 1):
            alone.append(self._score([net]))
            self.say(f"scored {number} of {len(nets)} alone")
        order = sorted(range(len(nets)), key=lambda i: _errors(alone[i]))
        if isnan(alone[order[0]].loss):
            raise NetlangError(NotNumbers(span=None, what="the part that is scored"))
        kept, best = [order[0]], alone[order[0]]
        found: list[tuple[int, bool, Scores | None]] = [(order[0], True, best)]
        for number in order[1:]:
            scores = self._score([nets[each] for each in (*kept, number)])
            self.say(f"scored {len(found) + 1} of {len(nets)} in the average")
            better = _errors(scores) <= _errors(best)
            found.append((number, better, scores))
            if better:
                kept.append(number)
                best = scores
        return found

    def _score(self, nets: Sequence[nn.Module]) -> Scores:
        assert self.scored is not None
        return score(self.average(nets), self.objective, self.scored, 0)


def _errors(scores: Scores) -> tuple[bool, float, float]:
    """By which scores are compared: the largest are those that aren't numbers."""
    return isnan(scores.loss), scores.error, scores.loss


def _all_of(nets: Sequence[nn.Module]) -> list[tuple[int, bool, Scores | None]]:
    return [(number, True, None) for number in range(len(nets))]


def _require_place(out: Path) -> None:
    """Raise `NetlangError` if the average couldn't be written, before the work for it."""
    if out.suffix != ".safetensors":
        raise NetlangError(UnknownSuffix(span=None, path=str(out), available=".safetensors"))
    try:
        require_place(out)
    except OSError as error:
        raise NetlangError(WriteFailed.of(out, error)) from error


def _read(
    program: Program, path: Path, wanted: SoupOptions, say: Callable[[str], None]
) -> nn.Module:
    """The net with the weights of a file; raises `NetlangError` if some aren't finite."""
    net = trained_module(program, path, say, wanted.fit)[0]
    if not all(value.isfinite().all() for value in net.state_dict().values()):
        advice = "leave this file out"
        raise NetlangError(NotNumbers(span=None, what=f"`{path}`", advice=advice))
    return net


def _normalized(
    ready: Prepare, parts: Parts, wanted: SoupOptions, say: Callable[[str], None]
) -> Prepare:
    """What prepares examples as in the training of all files."""
    found, files = [], wanted.weights
    for path in files:
        facts = facts_beside(path)
        require_classes(ready.recipe, parts, facts, path)
        if wanted.greedy:
            tell_of_other_validation(ready.recipe, facts, path, wanted.split, say)
        found.append(normalized_for(ready, facts, parts, path, say))
    for path, each in zip(files[1:], found[1:], strict=True):
        if not _alike(found[0], each):
            raise NetlangError(OtherNormalization(span=None, first=str(files[0]), second=str(path)))
    return found[0]


def _alike(first: Prepare, second: Prepare) -> bool:
    one, other = first.normalizer, second.normalizer
    if one is None or other is None:
        return one is other
    pairs = zip(one.numbers, other.numbers, strict=True)
    return one.function is other.function and all(torch.equal(a, b) for a, b in pairs)


def _write(
    wanted: SoupOptions, ready: Prepare, parts: Parts, model: nn.Module, averaged: Sequence[Path]
) -> None:
    """Write the weights with what is needed to use them, and the names of those averaged."""
    normalizer = ready.normalizer
    normalization = None if normalizer is None else normalizer.facts()
    names: list[Json] = [path.name for path in averaged]
    facts = facts_of_weights(ready.recipe, parts.classes, normalization) | {"averaged": names}
    tensors = {key: value.cpu().contiguous() for key, value in untied(model).items()}
    tensors |= {} if normalizer is None else normalizer.beside()
    save_tensors(end_of_links(wanted.out), tensors, facts)
