"""The parts of a script for averages of weights (`swa`), and for those that are kept on the way."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.backends.torch.eject.decisions import Decisions
from netlang.backends.torch.eject.step.pace import length_of
from netlang.recipes.recipe import Epochs, Recipe
from netlang.recipes.words.schedules import Cosine
from netlang.recipes.words.timing import Duration

__all__ = ["averaging_texts", "scored", "sliced", "snapshot_lines", "too_few_epochs"]


def scored(recipe: Recipe) -> str:
    """The name of the model that is evaluated and saved."""
    if recipe.swa is not None:
        return "scored"
    return "model" if recipe.ema is None else "averaged"


def sliced(decisions: Decisions, count: str) -> str:
    """The examples of a process in a test; for statistics of batch norms, each has all."""
    return f"first, {count}, every" if decisions.renews else f"RANK, {count}, SIZE"


def too_few_epochs(recipe: Recipe) -> Iterator[str]:
    """The lines that refuse a run which ends before its averages, where only the data tell that."""
    if recipe.swa is not None and not isinstance(recipe.length, Epochs):
        needed = _start(recipe.swa)
        yield f"    if steps < {needed}:"
        told = f"swa averages weights after {{{needed}}} of {{steps}} steps: train longer"
        yield f'        raise SystemExit(f"{told}")'


def averaging_texts(decisions: Decisions, given: str) -> dict[str, str]:
    """The texts by name; `given` is what `evaluate` takes beside a model and examples."""
    first = decisions.recipe.swa
    texts: dict[str, list[str]] = {
        "with_norms": [],
        "released": [],
        "averaging_from": [],
        "averaging": [],
    }
    if first is not None:
        texts = {
            "with_norms": list(_with_norms(decisions)) if decisions.renews else [],
            "released": list(_released()) if decisions.renews else [],
            "averaging_from": list(_before(decisions, first)),
            "averaging": list(_after_step(decisions, first, given)),
        }
    return {name: "\n".join(lines) for name, lines in texts.items()}


def _with_norms(decisions: Decisions) -> Iterator[str]:
    yield f"    hooks = collecting(norms, {min(2, decisions.recipe.batch)})"
    yield "    first, every = (0, 1) if norms else (RANK, SIZE)"


def _released() -> Iterator[str]:
    yield "    for hook in hooks:"
    yield "        hook.remove()"


def _before(decisions: Decisions, first: int) -> Iterator[str]:
    yield f"    scored = averaged if step >= {_start(first)} else model"
    if decisions.renews and decisions.data.images:
        yield "    plain = copy.copy(train)"
        yield "    plain.prepare = prepare_test"


def _after_step(decisions: Decisions, first: int, given: str) -> Iterator[str]:
    epochs = "step // epoch_steps"
    count = f"({epochs} - {first - 1})" if first > 1 else f"({epochs})"
    yield f"            if step % epoch_steps == 0 and step >= {_start(first)}:"
    yield "                scored = averaged"
    yield f"                average(pairs, 1.0 - 1.0 / {count})"
    if decisions.renews:
        examples = "plain" if decisions.data.images else "train"
        norms = "trained_norms(averaged, model)"
        yield f"                evaluate(averaged, {examples}{given}, {norms})"


def _start(first: int) -> str:
    """The step after which weights are averaged."""
    return "epoch_steps" if first == 1 else f"{first} * epoch_steps"


def snapshot_lines(recipe: Recipe, beside: str) -> Iterator[str]:
    """The lines that keep the weights after each cosine wave; `beside` goes with them."""
    if not recipe.snapshots:
        return
    space, waves = " " * 12, list(_waves(recipe))
    if len(waves) > 1:
        yield f"{space}waves = ("
        yield from (f"{space}    {each}," for each in waves)
        yield f"{space})"
    yield f"{space}if RANK == 0 and {waves[0] if len(waves) == 1 else 'any(waves)'}:"
    yield f'{space}    wave = args.out.removesuffix(".pth") + f"-{{step:09}}.pth"'
    yield f'{space}    torch.save({{"model": {scored(recipe)}.state_dict(), {beside}}}, wave)'


def _waves(recipe: Recipe) -> Iterator[str]:
    """For each part of the schedule with waves, the condition that one of them is over."""
    begin = ""
    for phase in recipe.schedule.parts:
        if isinstance(phase, Cosine) and phase.restart is not None:
            first = length_of(Duration(phase.restart, phase.unit))
            growth = f", {phase.growth}" if phase.growth > 1 else ""
            passed = f"step - ({begin})" if " " in begin else f"step - {begin}"
            test = f"ends_wave({passed if begin else 'step'}, {first}{growth})"
            if phase.length is not None:
                end = f"{begin} + " if begin else ""
                test = f"step <= {end}{length_of(phase.duration)} and {test}"
            yield f"step > {begin} and {test}" if begin else test
        if phase.length is not None:
            begin += f"{' + ' if begin else ''}{length_of(phase.duration)}"
