"""Checks the optimizer of a recipe against its net: settings, kinds, labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netlang import advice as fixes
from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic, Fix
from netlang.ir.owned import Owned, owned
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.losses import Penalty
from netlang.recipes.words.optimizers import Muon, Sgd

__all__ = ["below", "check_optimizer", "labels_above"]


def check_optimizer(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    """Every error in the optimizer and its parameter groups."""
    yield from _check_nesterov(recipe)
    yield from _check_decay(recipe)
    yield from _check_labels(recipe, program)
    yield from _check_trained(recipe, program)


def below(key: str, labels: Iterable[str]) -> bool:
    """Whether a key equals one of the labels or lies below one."""
    return any(f"{key}.".startswith(f"{label}.") for label in labels)


def _check_nesterov(recipe: Recipe) -> Iterator[Diagnostic]:
    wanted = recipe.optimizer
    if isinstance(wanted, Sgd) and wanted.nesterov and wanted.momentum == 0.0:
        span = recipe.places["optimizer"]
        advice = f"write `sgd(lr={wanted.lr}, momentum=0.9, nesterov=true)`"
        fix = Fix(advice, (fixes.with_arguments(span, ("momentum=0.9",)),))
        given = "momentum" in span.text
        yield refusals.NesterovNeedsMomentum(span=span, lr=wanted.lr, fix=None if given else fix)


def _check_decay(recipe: Recipe) -> Iterator[Diagnostic]:
    wanted = recipe.optimizer
    decays = [
        wanted.weight_decay,
        *([wanted.adamw_weight_decay] if isinstance(wanted, Muon) else []),
    ]
    if recipe.no_decay and not any(decays):
        yield refusals.NoWeightDecay(span=recipe.places["no_decay"], optimizer=wanted.name)


def _check_labels(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    named = {
        "freeze": recipe.freeze,
        "rates": tuple(label for label, _ in recipe.rates),
        "weights": () if recipe.weights is None else recipe.weights.skip,
        "init": _initialized(recipe),
        "loss": tuple(
            label
            for term in recipe.loss.terms
            if isinstance(term.function, Penalty)
            for label in term.function.below
        ),
    }
    if not any(named.values()):
        return
    known = labels_above(each.key for each in owned(program))
    for key, labels in named.items():
        for label in labels:
            if label not in known:
                yield _no_such_label(recipe, program, key, label, known)


def labels_above(keys: Iterable[str]) -> set[str]:
    """Every key of a weight, and all of its prefixes."""
    known: set[str] = set()
    for key in keys:
        parts = key.split(".")
        known.update(".".join(parts[:end]) for end in range(1, len(parts) + 1))
    return known


def _no_such_label(
    recipe: Recipe, program: Program, key: str, label: str, known: set[str]
) -> Diagnostic:
    top = sorted({each.partition(".")[0] for each in known})
    from netlang.advice.similar import nearest

    match = nearest(label, known)
    return refusals.NoSuchLabel(
        span=recipe.places[key],
        net=program.name,
        label=label,
        available=", ".join(f"`{each}`" for each in top),
        nearest=f": did you mean `{match}`?" if match else "",
    )


def _check_trained(recipe: Recipe, program: Program) -> Iterator[Diagnostic]:
    trained = [each for each in owned(program) if each.trained]
    left = [each for each in trained if not below(each.key, recipe.freeze)]
    if not left:
        key = "freeze" if trained else "model"
        yield refusals.NothingToTrain(
            span=recipe.places[key],
            net=program.name,
            why="every weight is frozen" if trained else "it has no weights",
        )
    elif isinstance(recipe.optimizer, Muon) and not _has_matrices(left):
        yield refusals.MuonWithoutMatrices(span=recipe.places["optimizer"], net=program.name)


def _has_matrices(weights: Iterable[Owned]) -> bool:
    """Whether Muon has something to work on; only for it the operators with matrices are loaded."""
    from netlang.recipes.roles import kinds_of

    return any("matrices" in kinds_of(each) for each in weights)


def _initialized(recipe: Recipe) -> tuple[str, ...]:
    """The labels that rules for initial weights name: most recipes have none."""
    if not recipe.init:
        return ()
    from netlang.recipes.words.initializations import InitializationRule

    rules = (rule for rule in recipe.init if isinstance(rule, InitializationRule))
    return tuple(label for rule in rules for label in rule.below)
