"""Whether weights go with a part of the data: its classes, and which examples were held out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from netlang.backends.torch.data.fit import shown_classes
from netlang.backends.torch.data.sets import Parts
from netlang.backends.weights import class_names
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import visible
from netlang.diagnostics.training.running import OtherClasses
from netlang.recipes.recipe import Recipe

__all__ = ["require_classes", "tell_of_other_validation"]


def require_classes(
    recipe: Recipe, parts: Parts, facts: Mapping[str, object], weights: Path
) -> None:
    """Raise `NetlangError` if weights and data have classes, but not the same."""
    trained = class_names(facts)
    if trained and parts.classes is not None and trained != parts.classes:
        raise NetlangError(
            OtherClasses(
                span=recipe.places["data"],
                weights=str(weights),
                trained=shown_classes(trained),
                data=recipe.data.place or recipe.data.name,
                found=shown_classes(parts.classes),
            )
        )


def tell_of_other_validation(
    recipe: Recipe,
    facts: Mapping[str, object],
    weights: Path,
    split: str,
    say: Callable[[str], None],
) -> None:
    """Say so if weights were trained on some of what is held out here: another seed held others."""
    keys, own = facts.get("keys"), recipe.describe()
    if split != "validation" or recipe.validation is None or not isinstance(keys, Mapping):
        return
    other = [f"`{name}`" for name in ("validation", "seed") if keys.get(name) != own[name]]
    if other:
        say(
            f"warning: `{visible(str(weights))}` was trained with another {' and '.join(other)},"
            " and so on some of the examples of this validation part"
        )
