"""The texts for the placeholders in the templates of a script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import sha256

from netlang.backends.torch.eject.decisions import Decisions
from netlang.backends.torch.eject.pixels.normalized import Normalized, chunk
from netlang.backends.torch.eject.pixels.scales import sides_of
from netlang.backends.torch.eject.sources.splitting import split_lines
from netlang.backends.torch.eject.step.averages import (
    averaging_texts,
    scored,
    sliced,
    snapshot_lines,
    too_few_epochs,
)
from netlang.backends.torch.eject.step.drawn import drawn_lines
from netlang.backends.torch.eject.step.objective import (
    HALVES,
    forward_lines,
    loss_lines,
)
from netlang.backends.torch.eject.step.pace import (
    noted,
    observed_lines,
    overrun_lines,
    plateau_of,
)
from netlang.backends.torch.eject.step.pictures import picture_texts
from netlang.backends.torch.eject.step.scores import averaged_lines, is_class_number, judged_lines
from netlang.backends.torch.eject.step.turns import optimizer_of, player_lines, unscored_line
from netlang.backends.torch.eject.text.sections import WIDTH
from netlang.backends.torch.invocation import literal
from netlang.backends.torch.seeds import derived_seed
from netlang.backends.torch.train.folder import fingerprint
from netlang.recipes.check.loss import value_types
from netlang.recipes.check.schedule import stretched
from netlang.recipes.recipe import Epochs, Precision, Recipe
from netlang.recipes.words.data_images import ImageFolder

__all__ = ["texts_of"]


def texts_of(decisions: Decisions, normalized: Normalized) -> dict[str, str]:
    """The texts by name."""
    loading = _loading(decisions) if decisions.data.images else {}
    # What `evaluate` and `augment` are given beside a model and examples.
    learned = ", statistics" if normalized.learned is not None else ""
    norms = ", norms=()" if decisions.renews else ""
    given = f", args{loading.get('given', '')}{learned}"
    return {
        **_settings(decisions.recipe),
        **_data(decisions),
        **_steps(decisions, normalized),
        **_scores(decisions),
        **(loading or {"own": "", "loaded": ""}),
        **_kept(decisions, normalized),
        **picture_texts(decisions, learned),
        "statistics": learned,
        "more": given,
        "finally": _finally(decisions, given),
        "evaluated": f"model, {'data' if loading else 'examples'}{given}{norms}",
        "sliced": sliced(decisions, "len(examples[0])"),
        **averaging_texts(decisions, given),
        "tested": ", ".join(_ordered(decisions, (normalized.tested, *decisions.names.inputs[1:]))),
    }


def _loading(decisions: Decisions) -> dict[str, str]:
    """The loading of images; if there is dropout, with separate random numbers."""
    how = "**loading" if decisions.draws else "num_workers=args.workers"
    rest = "rest" if decisions.train.mixes else "own"
    unread = "" if decisions.by_workers else ", numbers" if decisions.names.drawn else ", _"
    trained = f"train, batch_sampler={rest}, {how}"
    share = f"range({sliced(decisions, 'len(data.files)')})"
    tested, own = f"data, BATCH, sampler={share}, {how}", ""
    if decisions.scales or len(f"    for x, label{unread} in DataLoader({tested}):") > WIDTH:
        tested, own = f"data, BATCH, sampler=own, {how}", f"    own = {share}"
    return {
        "given": ", loading" if decisions.draws else "",
        "trained_by": trained,
        "loaded": "" if decisions.train.mixes else "\n".join(_loaded(decisions, trained)),
        "tested_by": tested,
        "own": own,
        "unread": unread,
    }


def _loaded(decisions: Decisions, trained: str) -> Iterator[str]:
    """The head of the loop over batches of images."""
    space, target = " " * 8, f"x, label{'' if decisions.by_workers else ', numbers'}"
    line = f"{space}for place, ({target}) in enumerate(DataLoader({trained})):"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"{space}loader = DataLoader({trained})"
    yield f"{space}for place, ({target}) in enumerate(loader):"


def _kept(decisions: Decisions, normalized: Normalized) -> dict[str, str]:
    """What a checkpoint contains besides the state, by which it is distinguished from others."""
    recipe, data = decisions.recipe, decisions.data
    facts = {"recipe": literal(f"{recipe.name} {_identity(decisions)}")}
    if data.classes:
        facts["classes"] = data.classes
    beside = f'"facts": facts, {normalized.kept}'
    facts |= {"files": "len(train.files)"} if data.images else {"examples": "len(train[0])"}
    return {
        "facts": ", ".join(f'"{name}": {text}' for name, text in facts.items()),
        "overrun": "\n".join((*overrun_lines(recipe), *too_few_epochs(recipe))),
        "end": f"{recipe.length.count} * epoch_steps" if decisions.by_epochs else "steps",
        "limit": "" if decisions.by_epochs else "[: steps - step]",
        "state_of": "saved" if decisions.plain else "run",
        "state": '"step": step' if decisions.plain else '"run": run',
        "beside": beside,
        "snapshots": "\n".join(snapshot_lines(recipe, beside)),
        "file": re.sub(r"\W", "_", f"{decisions.program.name} {recipe.name}").replace("_", "-")
        + ".pth",
    }


def _identity(decisions: Decisions) -> str:
    """A digest of net and recipe; of its length only where that changes rates from the start on."""
    keys = decisions.recipe.describe()
    if stretched(decisions.recipe.schedule) is None:
        del keys["length"]
    text = json.dumps([keys, fingerprint(decisions.program)], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:8]


def _settings(recipe: Recipe) -> dict[str, str]:
    """The settings of the recipe as numbers."""
    epochs = isinstance(recipe.length, Epochs)
    return {
        "frozen": literal(recipe.freeze),
        "half": HALVES.get(recipe.precision, ""),
        "patience": repr(recipe.early_stopping),
        "steps": f"{recipe.length.count} * epoch_steps" if epochs else str(recipe.length.count),
        "tf32": str(recipe.precision is Precision.TF32),
        "clip_value": repr(recipe.clip_value),
        "clip_norm": repr(recipe.clip_norm),
        "ema": repr(recipe.ema),
        "scored": scored(recipe),
        "evaluate_every": str(recipe.evaluate_every or "epoch_steps"),
        "checkpoint_every": str(recipe.checkpoint_every or "epoch_steps"),
        "order_seed": str(derived_seed(recipe.seed, "order")),
        "weights_seed": str(derived_seed(recipe.seed, "weights")),
        "noise_seed": str(derived_seed(recipe.seed, "noise")),
    }


def _data(decisions: Decisions) -> dict[str, str]:
    """The data: examples and their batches."""
    recipe, names, images = decisions.recipe, decisions.names, decisions.data.images
    return {
        "error": "(error, loss)" if decisions.classifies else "error",
        "folder": decisions.data.folder,
        "place": literal(decisions.data.place),
        "share": "each[len(each) * RANK // SIZE : len(each) * (RANK + 1) // SIZE]",
        "examples": "len(train.files)" if images else "len(train[0])",
        "count": "len(data.files)" if images else "len(examples[0])",
        "planned": "rest" if decisions.train.mixes else "plan",
        "test_files": ".files" if images else "",
        "counted": "label" if images else "numbers",
        "chunk": chunk(recipe),
        "memory": names.memory,
        "before": str(decisions.train.mixes),
        "mixed": ", ".join(("x", *names.targets)),
        "both": "label.to(args.device)",
        "start": decisions.start("x.to(args.device)" if images else "images"),
        "sides": repr(sides_of(decisions.test)) if decisions.scales > 1 else "",
        "crowded": "\n".join(_crowded(decisions)),
        "split": "\n".join(split_lines(recipe, len(names.given), images=images)),
    }


def _crowded(decisions: Decisions) -> Iterator[str]:
    """The check that the net has an output for each class of the images."""
    recipe, names = decisions.recipe, decisions.names
    if not isinstance(recipe.data, ImageFolder) or names.logits is None:
        return
    known = value_types(recipe, decisions.program)
    logits = next(known[key] for key, name in names.locals.items() if name == names.logits)
    channels = None if logits is None else logits.channels
    if not isinstance(channels, int):
        return
    yield f"    if len(train.classes) > {channels}:"
    text = f"{{len(train.classes)}} classes in {{args.data}}, but outputs for {channels}"
    yield f'        raise SystemExit(f"{text}")'


def _steps(decisions: Decisions, normalized: Normalized) -> dict[str, str]:
    """One training step, and what is recorded of it."""
    fed = normalized.tested if decisions.by_workers else None
    early = f"{' ' * 12}x = {normalized.text}" if fed and normalized.is_early else ""
    recipe, names = decisions.recipe, decisions.names
    body = decisions.turns.lines if recipe.turns else _forward(decisions, fed)
    return {
        "model": decisions.model,
        "optimizer": "" if recipe.turns else optimizer_of(recipe),
        "unscored": unscored_line(recipe, decisions.data),
        "players": "\n".join(player_lines(recipe)) if recipe.turns else "",
        "drawn": "\n".join(_drawn(decisions, test=False)),
        "test_drawn": "\n".join(_drawn(decisions, test=True)),
        "penalized": "\n".join(f"    {k} = {v}" for k, v in names.penalties.items()),
        "run": _run(decisions),
        "ordered": "\n".join(_channels_last(decisions, " " * 12)),
        "body": "\n".join((*([early] if early else []), *body)),
        "noted": noted(recipe, decisions.nested, decisions.by_losses),
        "observed": "\n".join(observed_lines(recipe)),
    }


def _forward(decisions: Decisions, fed: str | None) -> Iterator[str]:
    return forward_lines(decisions.recipe, decisions.names, decisions.whole, fed)


def _drawn(decisions: Decisions, *, test: bool) -> Iterator[str]:
    """The lines that draw inputs; without the examples that others are mixed with."""
    mixes, space = 0 if test else decisions.train.mixes, " " * (8 if test else 12)
    given = decisions.recipe, decisions.program, decisions.names
    lines = drawn_lines(*given, f"numbers[{mixes}:]" if mixes else "numbers", test=test)
    return (f"{space}{line}" for line in lines)


def _scores(decisions: Decisions) -> dict[str, str]:
    """How a test turns outputs into scores."""
    recipe, names = decisions.recipe, decisions.names
    if recipe.turns:
        unread = ("floats", "averaged", "judged", "right", "score")
        return {"deployed": "_", **dict.fromkeys(unread, "")}
    half, label = recipe.precision in HALVES, names.locals.get(recipe.class_target or "", "")
    numbered = is_class_number(recipe, decisions.program)
    judged = list(judged_lines(names, label, numbered=numbered))
    averaged = averaged_lines(names, decisions.test.views, decisions.scales, half)
    floats = [f"        {name} = {name}.float()" for name in names.deployed]
    return {
        "deployed": ", ".join(names.deployed),
        "floats": "\n".join(floats if half and not decisions.scales else ()),
        "averaged": "\n".join(averaged),
        "judged": "\n".join(judged),
        "right": "right.sum()" if judged else f"({names.logits}.argmax(1) == {label}).sum()",
        "score": "\n".join(loss_lines(names.score, names.locals, " " * 8)),
    }


def _finally(decisions: Decisions, more: str) -> str:
    """The lines that evaluate the test part."""
    if decisions.data.test is False or decisions.recipe.turns:
        return ""
    space = " " * (8 if decisions.data.test is None else 4)
    call = f"evaluate({scored(decisions.recipe)}, test{more})"
    if not decisions.classifies:
        return f'{space}say(f"step {{step}}: test loss {{{call}}}")'
    line = f'{space}say("step {{}}: test loss {{}}, accuracy {{}}".format(step, *{call}))'
    if len(line) <= WIDTH:
        return line
    told = f'{space}say(f"step {{step}}: test loss {{loss}}, accuracy {{accuracy}}")'
    return f"{space}loss, accuracy = {call}\n{told}"


def _channels_last(decisions: Decisions, space: str) -> Iterator[str]:
    if decisions.recipe.channels_last:
        names = zip(decisions.names.inputs, decisions.program.net.inputs, strict=True)
        for name in (name for name, port in names if port.type.rank == 3):
            yield f"{space}{name} = {name}.contiguous(memory_format=torch.channels_last)"


def _ordered(decisions: Decisions, inputs: tuple[str, ...]) -> Iterator[str]:
    """The arguments of the model in a test."""
    for text, port in zip(inputs, decisions.program.net.inputs, strict=True):
        last = decisions.recipe.channels_last and port.type.rank == 3
        views = decisions.test.views if text in decisions.names.inputs[1:] else 1
        seen = f"{text}.repeat_interleave({views}, 0)" if views > 1 else text
        whole = f"({seen})" if " " in text else seen
        yield f"{whole}.contiguous(memory_format=torch.channels_last)" if last else seen


def _run(decisions: Decisions) -> str:
    """What a run records."""
    parts = ['"step": 0']
    if decisions.held:
        worst = "(math.inf, math.inf)" if decisions.classifies else "math.inf"
        parts += [f'"error": {worst}', '"best": None']
    if decisions.recipe.early_stopping is not None:
        parts.append('"waiting": 0')
    if plateau_of(decisions.recipe.schedule) is not None:
        parts += ['"since": 0.0'] if decisions.by_losses else []
        parts += ['"lowest": math.inf', '"waited": 0', '"reductions": 0']
    return ", ".join(parts)
