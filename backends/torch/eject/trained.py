"""The lines of a script that fill the model with trained weights."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.backends.torch.eject.text.sections import Section
from netlang.backends.torch.invocation import Invocation, Setting
from netlang.backends.torch.runtime.trained import take_weights
from netlang.backends.weights import Slot, former_names, slots
from netlang.backends.weights.pickles import ENTRIES
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe

__all__ = ["trained_section"]


def trained_section(recipe: Recipe, program: Program) -> Section:
    """The lines of `main` that load `--weights` into the model; none without `weights`.

    They come before the line that moves the model to its device.
    """
    section, wanted = Section(), recipe.weights
    if wanted is None:
        return section
    section.imports |= {"from safetensors.torch import load_file"}
    section.add(
        '    if args.weights.endswith(".safetensors"):',
        "        stored = load_file(args.weights)",
        "    else:",
        '        stored = torch.load(args.weights, map_location="cpu", weights_only=True)',
    )
    # Of a checkpoint, what it keeps weights under most often.
    names = ", ".join(f'"{name}"' for name in ENTRIES[:3])
    section.add(f"        stored = next((stored[k] for k in ({names}) if k in stored), stored)")
    needed = slots(program)
    settings: dict[str, Setting] = {
        "rename": tuple((old.rstrip("."), new.rstrip(".")) for old, new in wanted.rename),
        "skip": wanted.skip,
        "optional": tuple(_auxiliary(needed)),
        "former": tuple(former_names([slot.key for slot in needed])),
    }
    call = Invocation(take_weights, settings).source("model", "stored")
    section.add("    with torch.no_grad():", f"        {call}", calls=(take_weights,))
    return section


def _auxiliary(needed: tuple[Slot, ...]) -> Iterator[str]:
    """The outermost labels under which everything exists only in training."""
    deployed = {slot.key.split(".")[0] for slot in needed if not slot.auxiliary}
    found = (slot.key for slot in needed if slot.auxiliary)
    yield from dict.fromkeys(
        key if key.split(".")[0] in deployed else key.split(".")[0] for key in found
    )
