"""The keys of a recipe, and how the value of each is read.

A reader takes the expression (or path) after the colon and returns what `Recipe` stores, or raises
`NetlangError`. `none` means nothing where that is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from netlang.diagnostics import language
from netlang.diagnostics import recipes as refusals
from netlang.diagnostics.diagnostic import Diagnostic, Fix
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.environment import Environment
from netlang.evaluate.expressions import Evaluator
from netlang.evaluate.values import BlockTarget, Layer, describe, kind_of
from netlang.ir.arguments import Argument, Kind, choice, count, flag, natural
from netlang.recipes.bind import argument_value, described
from netlang.recipes.kinds import factors, labels, open_share, positive, words
from netlang.recipes.read_loss import read_loss
from netlang.recipes.recipe import Epochs, Precision, Steps
from netlang.recipes.words.distributions import Distribution
from netlang.recipes.words.timing import Chain, Phase
from netlang.records import replace
from netlang.syntax import ast

__all__ = ["DESCRIBED", "KEYS", "LENGTHS", "NEEDED", "TURN_KEYS", "read_distribution"]

Written: TypeAlias = ast.Expr | ast.Pipeline
Reader: TypeAlias = Callable[[str, Written, Environment], object]

# The keys whose values are descriptions, or paths of them, and of which kind these are.
DESCRIBED: Mapping[str, str] = {
    "data": "data source",
    "augment": "augmentation",
    "normalize": "normalization",
    "loss": "loss",
    "init": "initialization",
    "weights": "source of weights",
    "optimizer": "optimizer",
    "schedule": "schedule",
    "test": "augmentation",
    "samples": "picture of samples",
}


def _one(key: str, value: Written) -> ast.Expr:
    """The value of a key that doesn't take a path."""
    if isinstance(value, ast.Pipeline):
        raise NetlangError(refusals.PathNotAllowed(span=value.span, key=key))
    return value


def _is_none(value: Written) -> bool:
    return isinstance(value, ast.Name) and value.name == "none"


def _stages(value: Written) -> tuple[ast.Expr, ...]:
    return value.stages if isinstance(value, ast.Pipeline) else (value,)


def _model(key: str, value: Written, names: Environment) -> object:
    expr = _one(key, value)
    try:
        layer = Evaluator(names).decided(expr)
    except NetlangError as error:
        raise NetlangError(*(_without_net(each, expr) for each in error.diagnostics)) from None
    if isinstance(layer, Layer) and isinstance(layer.target, BlockTarget):
        if isinstance(layer.target.definition, ast.NetDef):
            return layer
        actual = f"`{layer.name}`, a block"
    else:
        actual = f"{describe(layer)}, {kind_of(layer)}"
    raise NetlangError(refusals.ModelNotNet(span=expr.span, actual=actual))


def _without_net(found: Diagnostic, model: ast.Expr) -> Diagnostic:
    """Advice on a name without a near match: the first name of a model is that of a net."""
    first = found.span is not None and found.span.start == model.span.start
    if not first or found.fix is not None or not isinstance(found, language.UnknownName):
        return found
    bundled = "`netlang list` shows the bundled ones"
    return replace(found, fix=Fix(f"name a net of this file, or import one: {bundled}"))


def _description(key: str, value: Written, names: Environment) -> object:
    return described(key, DESCRIBED[key], _one(key, value), names)


def _description_or_none(key: str, value: Written, names: Environment) -> object:
    return None if _is_none(value) else _description(key, value, names)


def _path(key: str, value: Written, names: Environment) -> object:
    if _is_none(value):
        return ()
    return tuple(described(key, DESCRIBED[key], stage, names) for stage in _stages(value))


def _loss(key: str, value: Written, names: Environment) -> object:
    return read_loss(_one(key, value), names)


def _schedule(key: str, value: Written, names: Environment) -> object:
    stages = _stages(value)
    parts = [described(key, DESCRIBED[key], stage, names) for stage in stages]
    if len(parts) == 1:
        return parts[0]
    for stage, part in zip(stages[:-1], parts, strict=False):
        if not isinstance(part, Phase) or part.length is None:
            raise NetlangError(refusals.BadSchedulePath(span=stage.span, name=part.name))
    return Chain(phases=tuple(part for part in parts if isinstance(part, Phase)))


def _plain(
    kind: Kind, make: Callable[[object], object] = lambda value: value, *, of: str = "train"
) -> Reader:
    """Reads a number or word of a kind, for a key `of` a recipe or a section."""

    def read(key: str, value: Written, names: Environment) -> object:
        item = Argument(key, kind, True, None, "")
        return make(argument_value(of, item, _one(key, value), names))

    return read


def _or_none(kind: Kind, *, of: str = "train") -> Reader:
    """Reads a value of a kind, or `none`."""
    plain = _plain(kind, of=of)

    def read(key: str, value: Written, names: Environment) -> object:
        return None if _is_none(value) else plain(key, value, names)

    return read


def _or_empty(kind: Kind) -> Reader:
    """Reads a list of a kind, or `none` for an empty one."""
    optional = _or_none(kind)

    def read(key: str, value: Written, names: Environment) -> object:
        return optional(key, value, names) or ()

    return read


def _steps(value: object) -> Steps:
    assert isinstance(value, int)
    return Steps(value)


def _epochs(value: object) -> Epochs:
    assert isinstance(value, int)
    return Epochs(value)


KEYS: Mapping[str, Reader] = {
    "model": _model,
    "data": _description,
    "validation": _or_none(open_share),
    "augment": _path,
    "normalize": _description_or_none,
    "loss": _loss,
    "init": _path,
    "weights": _description_or_none,
    "freeze": _or_empty(labels),
    "optimizer": _description,
    "rates": _or_empty(factors),
    "no_decay": _or_empty(words("norms", "biases")),
    "schedule": _schedule,
    "clip_norm": _or_none(positive),
    "clip_value": _or_none(positive),
    "accumulate": _plain(count),
    "ema": _or_none(open_share),
    "swa": _or_none(count),
    "snapshots": _plain(flag),
    "early_stopping": _or_none(count),
    "batch": _plain(count),
    "shuffle": _plain(flag),
    "steps": _plain(count, _steps),
    "epochs": _plain(count, _epochs),
    "precision": _plain(choice(*(item.value for item in Precision)), Precision),
    "channels_last": _plain(flag),
    "compile": _plain(flag),
    "sync_batch_norm": _plain(flag),
    "seed": _plain(natural),
    "seeds": _plain(count),
    "test": _path,
    "evaluate_every": _plain(count),
    "checkpoint_every": _plain(count),
    "samples": _description_or_none,
}

# The keys of a `step` section.
TURN_KEYS: Mapping[str, Reader] = {
    "train": _plain(labels, of="step"),
    "loss": _loss,
    "optimizer": _description,
    "every": _plain(count, of="step"),
    "clip_weights": _or_none(positive, of="step"),
}


def read_distribution(key: str, value: Written, names: Environment) -> Distribution:
    """How the input `key` of a `draw` section is drawn."""
    found = described(key, "distribution", _one(key, value), names)
    assert isinstance(found, Distribution)
    return found


# Either says how long a recipe trains; given on the command line, it replaces the other.
LENGTHS: Mapping[str, str] = {"steps": "epochs", "epochs": "steps"}

# What every recipe must say: the key, in words, and a line that would do.
NEEDED: Mapping[str, tuple[str, str]] = {
    "model": ("which net is trained", "model: resnet50()"),
    "data": ("what it is trained on", "data: mnist1d"),
    "loss": ("what is minimised", "loss: cross_entropy"),
    "optimizer": ("how the weights change", "optimizer: adam(lr=1e-3)"),
    "batch": ("how many examples a step sees", "batch: 128"),
    "steps": ("how long to train", "epochs: 20"),
}
