"""The lines of a script that hold out part of the training examples."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.recipes.recipe import Recipe
from netlang.recipes.words.data import Arrays

__all__ = ["split_lines"]


def split_lines(recipe: Recipe, inputs: int, *, images: bool) -> Iterator[str]:
    """The lines that take `held` out of `train`, by class if there are classes.

    `inputs` is the number of inputs.
    """
    share, count = recipe.validation, "len(train.files)" if images else "len(train[0])"
    if share is None:
        return
    yield f"    order = epoch_order(VALIDATION, 0, {count}).numpy()"
    if images:
        yield "    labels = np.array([label for _, label in train.files])"
        yield f"    chosen = held_out(order, {share!r}, labels)"
        yield "    held, train = train.only(chosen, prepare_test), train.only(~chosen, prepare)"
        return
    labels = f"np.zeros({count}, dtype=np.int64)"
    if recipe.class_target is not None:
        place = inputs + recipe.data.targets.index(recipe.class_target)
        own = f"train[{place}].numpy()"
        # Masks aren't classes of examples.
        may = isinstance(recipe.data, Arrays)
        labels = f"{own} if train[{place}].dim() == 1 else {labels}" if may else own
    yield f"    labels = {labels}"
    yield f"    chosen = torch.from_numpy(held_out(order, {share!r}, labels))"
    yield "    held = [each[chosen] for each in train]"
    yield "    train = [each[~chosen] for each in train]"
