"""A training script from a recipe: model, data, augmentations and loop as plain PyTorch.

Its losses are those of `netlang train`, step for step: its functions are the text of those that
training calls, and its random numbers have the same seeds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import torch

from netlang import __version__
from netlang.backends.torch.augment.path import Path, path_for
from netlang.backends.torch.eject.batched import augment_function, prepared_lines
from netlang.backends.torch.eject.copied import copied
from netlang.backends.torch.eject.data import DataSection, data_section
from netlang.backends.torch.eject.host import host_function
from netlang.backends.torch.eject.model import Model, model_of
from netlang.backends.torch.eject.objective import HALVES, Names, forward_lines, loss_names
from netlang.backends.torch.eject.pace import observed_lines, plateau_of, rates_section
from netlang.backends.torch.eject.sections import Section, wrapped
from netlang.backends.torch.eject.start import (
    import_lines,
    normalization,
    require,
    start_section,
)
from netlang.backends.torch.eject.template import ABOUT, MAIN, filled
from netlang.backends.torch.invocation import RUNTIME
from netlang.backends.torch.recipes.optimizers import optimization_for
from netlang.backends.torch.runtime.averaging import average, averaged_pairs
from netlang.backends.torch.runtime.groups import freeze, set_training
from netlang.backends.torch.runtime.holding_out import held_out
from netlang.backends.torch.runtime.random import epoch_order
from netlang.backends.torch.seeds import derived_seed
from netlang.backends.torch.train.devices import worth_sharing
from netlang.ir.program import Program
from netlang.recipes.check.mixing import mixed_classes
from netlang.recipes.recipe import Epochs, Precision, Recipe
from netlang.recipes.words.augmentation import Augmentation

__all__ = ["script"]

_IMPORTS = frozenset(
    (
        "import argparse",
        "import os",
        "import numpy as np",
        "import torch",
        "import torch.distributed as dist",
        "import torch.nn.functional as F",
        "from torch import nn",
        "from torch.nn.parallel import DistributedDataParallel",
        "from torch.utils.data import DataLoader",
        "from torch.utils.data import Dataset",
        "from collections import namedtuple",
        "import copy",
        "import math",
    )
)
# Text of a model that draws random numbers in training.
_DRAWING = re.compile(r"[Dd]rop|rand|normal_|rrelu|RReLU|fractional")
_PREPARE = "What a worker makes of an image of training, uint8 [H, W, C]."
_PREPARE_TEST = "What a worker makes of an image of a test."


def script(recipe: Recipe, program: Program) -> str:
    """The text of the script; raises `NetlangError` for what no script is written for."""
    names = loss_names(recipe, program)
    require(recipe, program)
    data = data_section(recipe.data, recipe)
    model = model_of(program)
    main = _main(recipe, program, data, model, names)
    used = copied(main.functions)
    body = [*model.lines, "", ""]
    for definition in used.definitions:
        body += [*definition.split("\n"), "", ""]
    body += main.lines
    imports = {*_IMPORTS, *model.imports, *used.imports, *main.imports}
    lines = [
        *_about(recipe, program, data),
        "",
        *import_lines(imports, "\n".join(body)),
        "",
        *_constants(recipe, program),
        "",
        "",
        *body,
        "",
        "",
        'if __name__ == "__main__":',
        "    main()",
    ]
    return "\n".join(lines) + "\n"


def _about(recipe: Recipe, program: Program, data: DataSection) -> Iterator[str]:
    where = recipe.span.source.name
    texts = {
        "net": program.name,
        "recipe": recipe.name,
        "file": where.rsplit("/", 1)[-1],
        "options": " --data FOLDER" if data.images else "",
        "version": __version__,
    }
    yield from filled(ABOUT, set(), texts)


def _constants(recipe: Recipe, program: Program) -> Iterator[str]:
    yield f"BATCH = {recipe.batch}"
    for purpose, wanted in (
        ("weights", True),
        ("init", bool(recipe.init)),
        ("order", True),
        ("augment", bool(recipe.augment)),
        ("noise", True),
        ("validation", recipe.validation is not None),
    ):
        if wanted:
            yield f"{purpose.upper()} = {derived_seed(recipe.seed, purpose)}  # seed"
    yield from normalization(recipe, program)
    yield 'RANK, SIZE = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))'
    yield 'GPU = "cuda:" + os.environ.get("LOCAL_RANK", "0")'
    yield 'DEVICE = torch.device(GPU if torch.cuda.is_available() else "cpu")'


def _main(
    recipe: Recipe, program: Program, data: DataSection, model: Model, names: Names
) -> Section:
    """All behind the model: the data, what is done with them, and the loop."""
    section = Section()
    train, test = (
        _path(recipe, program, steps, data) for steps in (recipe.augment, recipe.test_path)
    )
    normalize = "(x - MEAN.to(x.device)) / STD.to(x.device)" if recipe.normalize else None
    parts = [data.section]
    if data.images:
        channels = recipe.data.shape[0] or 3
        parts.append(host_function(train, "prepare", _PREPARE, channels, drawn=True))
        parts.append(host_function(test, "prepare_test", _PREPARE_TEST, channels, drawn=False))
    for each in (*parts, augment_function(train, normalize)):
        section.take(each)
        section.add("", "")
    flags = _flags(recipe, program, data, model, train.mixes, test.views > 1)
    texts = _texts(recipe, names, test.views, data)
    tested = Section()
    tested.add(*prepared_lines(tested, test, " " * 8, None))
    start, rates = start_section(recipe, program, model.class_name), rates_section(recipe)
    for name, each in {
        "prepared": tested,
        "parts": data.parts,
        "start": start,
        "rates": rates,
    }.items():
        texts[name] = "\n".join(each.lines)
        section.add(calls=tuple(each.functions))
        section.imports |= each.imports
    if re.search(r"\bstep\b", texts["rates"]):
        flags.add("counts")
    texts["tested"] = normalize or "x"
    for line in filled(MAIN, flags, texts):
        section.lines += wrapped(line)
    section.add(calls=tuple(_calls(recipe, names, flags)))
    return section


def _path(
    recipe: Recipe, program: Program, steps: tuple[Augmentation, ...], data: DataSection
) -> Path:
    seed = derived_seed(recipe.seed, "augment")
    return path_for(steps, seed, images=data.images, classes=mixed_classes(recipe, program))


def _flags(
    recipe: Recipe, program: Program, data: DataSection, model: Model, mixes: bool, views: bool
) -> set[str]:
    plateau, held = plateau_of(recipe.schedule), recipe.validation is not None
    holds = {
        "images": data.images,
        "channels_last": recipe.channels_last,
        "sync": recipe.sync_batch_norm,
        "freeze": bool(recipe.freeze),
        "fp16": recipe.precision is Precision.FP16,
        "half": recipe.precision in HALVES,
        "ema": recipe.ema is not None,
        "split": held,
        "held": held or data.keeps_validation,
        "compile": recipe.compile,
        "clips": recipe.clip_norm is not None or recipe.clip_value is not None,
        "clip_norm": recipe.clip_norm is not None,
        "clip_value": recipe.clip_value is not None,
        "plateau": plateau is not None,
        "apart": recipe.evaluate_every != recipe.checkpoint_every,
        "mixes": mixes,
        "views": views,
        "draws": bool(_DRAWING.search("\n".join(model.lines))),
        "one_thread": not worth_sharing(program, recipe.batch),
    }
    return {name for name, value in holds.items() if value}


def _texts(recipe: Recipe, names: Names, views: int, data: DataSection) -> dict[str, str]:
    epochs = isinstance(recipe.length, Epochs)
    return {
        "workers": "args.workers" if data.images else "0",
        "deployed": ", ".join(names.deployed),
        "logits": names.logits,
        "half": HALVES.get(recipe.precision, ""),
        "views": str(views),
        "score": names.score.within(2, {}),
        "validation": repr(recipe.validation),
        "frozen": repr(recipe.freeze),
        "optimizer": _optimizer(recipe),
        "steps": f"{recipe.length.count} * epoch_steps" if epochs else str(recipe.length.count),
        "body": "\n".join(forward_lines(recipe, names)),
        "observed": "\n".join(observed_lines(recipe)),
        "tf32": str(recipe.precision is Precision.TF32),
        "clip_value": repr(recipe.clip_value),
        "clip_norm": repr(recipe.clip_norm),
        "ema": repr(recipe.ema),
        "scored": "model" if recipe.ema is None else "averaged",
        "evaluate_every": str(recipe.evaluate_every or "epoch_steps"),
        "checkpoint_every": str(recipe.checkpoint_every or "epoch_steps"),
    }


def _optimizer(recipe: Recipe) -> str:
    """The optimizer, with one kernel for all weights where the device of the script has one."""
    on_cpu, on_gpu = (
        optimization_for(recipe, torch.device(name)).source() for name in ("cpu", "cuda")
    )
    return on_cpu if on_cpu == on_gpu else on_cpu.replace("=True", '=DEVICE.type == "cpu"')


def _calls(recipe: Recipe, names: Names, flags: set[str]) -> Iterator[Callable[..., object]]:
    """The runtime's functions that the loop calls."""
    yield epoch_order
    for each in optimization_for(recipe, torch.device("cpu")).invocations:
        if each.function.__module__.startswith(RUNTIME):
            yield each.function
    yield from (each for each in names.calls if each.__module__.startswith(RUNTIME))
    if "split" in flags:
        yield held_out
    if "freeze" in flags:
        yield from (freeze, set_training)
    if "ema" in flags:
        yield from (average, averaged_pairs)
