"""The lines of a script that turn the outputs of a test into scores."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.backends.torch.eject.step.objective import ScriptNames
from netlang.ir.program import Program
from netlang.recipes.check.loss import value_types
from netlang.recipes.recipe import Recipe

__all__ = ["averaged_lines", "is_class_number", "judged_lines"]


def is_class_number(recipe: Recipe, program: Program) -> bool:
    """Whether the class target is certainly a number; it may hold class probabilities instead."""
    return value_types(recipe, program).get(recipe.class_target or "") is not None


def averaged_lines(names: ScriptNames, views: int, scales: int, half: bool) -> Iterator[str]:
    """The lines that average the outputs of several views of an example.

    `scales` says how often the net was called for it; the outputs are then in a list `seen`,
    possibly in `half` precision. With a single call, `scales` is 0 and there is no list.
    """
    binary, count = names.binary, views * max(1, scales)
    for place, name in enumerate(names.deployed):
        if scales:
            each = f"each[{place}]" if len(names.deployed) > 1 else "each"
            shown = f"{each}.unflatten(0, (-1, {views}))" if views > 1 else f"{each}[:, None]"
            shown += ".float()" if half else ""
            yield f"        {name} = torch.cat([{shown} for each in seen], 1)"
        if count == 1 and not scales:
            continue
        seen = name if scales else f"{name}.unflatten(0, (-1, {views}))"
        if name == names.logits:
            yield f"        {name} = {seen}.log_softmax(2).logsumexp(1) - math.log({count})"
        elif binary is not None and binary.is_logit and name == binary.output:
            yield f"        {name} = {seen}.sigmoid().mean(1).logit()"
        else:
            yield f"        {name} = {seen}.mean(1)"


def judged_lines(names: ScriptNames, label: str, *, numbered: bool) -> Iterator[str]:
    """The lines that count correct classifications, if that takes more than a comparison.

    `numbered` says that labels are certainly class numbers.
    """
    logits, binary = names.logits, names.binary
    if binary is not None:
        name, half = binary.output, 0.0 if binary.is_logit else 0.5
        shares = ".flatten()" if binary.single else ".flatten(1).float().mean(1)"
        yield f"        right = ({name} > {half}) == ({label}.reshape({name}.shape) > 0.5)"
        yield f"        right = right{shares}"
    if logits is None or (numbered and not names.positions):
        return
    if not numbered:
        classes = f"{label} if {label}.dim() < {logits}.dim() else {label}.argmax(1)"
        yield f"        {label} = {classes}"
    right = f"{logits}.argmax(1) == {label}"
    yield f"        right = {f'({right}).flatten(1).float().mean(1)' if names.positions else right}"
