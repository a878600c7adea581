"""What a recipe decides in the templates of a script: which lines are written, and their texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import final

import torch

from netlang.backends.torch.augment.path import Path
from netlang.backends.torch.eject import template
from netlang.backends.torch.eject.normalized import Normalized, chunk
from netlang.backends.torch.eject.objective import (
    HALVES,
    Names,
    averaged_lines,
    calls_of,
    forward_lines,
    is_class_number,
    judged_lines,
    loss_lines,
)
from netlang.backends.torch.eject.pace import noted, observed_lines, plateau_of, rates_section
from netlang.backends.torch.eject.sections import Section
from netlang.backends.torch.eject.sources import DataSection
from netlang.backends.torch.eject.sources.splitting import split_lines
from netlang.backends.torch.invocation import RUNTIME
from netlang.backends.torch.recipes.optimizers import optimization_for
from netlang.backends.torch.runtime.averaging import average, averaged_pairs
from netlang.backends.torch.runtime.groups import freeze, set_training
from netlang.backends.torch.runtime.holding_out import held_out
from netlang.backends.torch.seeds import derived_seed
from netlang.backends.torch.train.devices import worth_sharing
from netlang.ir.program import Program
from netlang.recipes.recipe import Epochs, Precision, Recipe
from netlang.recipes.words.losses import LABEL

__all__ = ["Decisions"]

# Text of a model that draws random numbers in training.
_DRAWING = re.compile(r"[Dd]rop|rand|normal_|rrelu|RReLU|fractional")


@final
@dataclass(frozen=True)
class Decisions:
    """`model` is what the class of the net is called, `text` its source.

    `train` and `test` are the paths of the examples.
    """

    recipe: Recipe
    program: Program
    names: Names
    data: DataSection
    model: str
    text: str
    train: Path
    test: Path

    @property
    def draws(self) -> bool:
        """Whether the model draws random numbers."""
        return bool(_DRAWING.search(self.text))

    @property
    def held(self) -> bool:
        """Whether there may be a part for validation."""
        return self.recipe.validation is not None or self.data.held is not False

    @property
    def maybe_held(self) -> bool:
        """Whether that is seen when the script runs."""
        return self.recipe.validation is None and self.data.held is None

    @property
    def by_losses(self) -> bool:
        """Whether a plateau may have to look at the losses of training."""
        return plateau_of(self.recipe.schedule) is not None and (not self.held or self.maybe_held)

    @property
    def nested(self) -> bool:
        """Whether evaluations and checkpoints come at the end of an epoch."""
        return self.recipe.evaluate_every is None and self.recipe.checkpoint_every is None

    def layout(self) -> Iterator[tuple[str, str]]:
        """The templates in their order, each with its indentation."""
        yield from (
            (each, "")
            for each in (template.BATCHES, template.EVALUATE, template.MAIN, template.LOOP)
        )
        space = " " * (8 if self.nested else 12)
        if self.held or self.by_losses:
            yield from self._judging(space)
        yield template.SAVE, space
        yield template.END, ""

    def _judging(self, space: str) -> Iterator[tuple[str, str]]:
        """What is done about the error."""
        if not self.nested:
            apart = self.recipe.evaluate_every != self.recipe.checkpoint_every
            yield f"if {'evaluating' if apart else 'saving'}:", space
            space += "    "
        yield template.WATCH, space
        if self.maybe_held:
            yield "if held.files:" if self.data.images else "if held:", space
        if self.held:
            yield template.VALIDATE, f"{space}    " if self.maybe_held else space
        yield template.OBSERVE, space

    def _finally(self, more: str) -> str:
        """The line that looks at the test part."""
        if self.data.test is False:
            return ""
        space = " " * (8 if self.data.test is None else 4)
        call = f"evaluate({'model' if self.recipe.ema is None else 'averaged'}, test{more})"
        if not self.classifies:
            return f'{space}say(f"test loss {{{call}}}")'
        return f'{space}say("test loss {{}}, accuracy {{}}".format(*{call}))'

    @cached_property
    def rates(self) -> Section:
        """The lines that set the rates of a step."""
        return rates_section(self.recipe)

    def start(self, x: str) -> str:
        """What becomes of a batch of pixels first."""
        if self.data.images:
            views = ".flatten(0, 1)" if x != "x" and self.test.views > 1 else ""
            return f"{x}{views}.movedim(-1, -3) / 255.0"
        if self.data.bytes is None:
            return f"{x} / 255.0 if {x}.dtype == torch.uint8 else {x}"
        return f"{x} / 255.0" if self.data.bytes else x

    def flags(self) -> Iterator[str]:
        """The conditions that hold."""
        recipe, data, plateau = self.recipe, self.data, plateau_of(self.recipe.schedule)
        holds = {
            "images": data.images,
            "placed": bool(data.folder),
            "channels_last": recipe.channels_last,
            "sync": recipe.sync_batch_norm,
            "freeze": bool(recipe.freeze),
            "fp16": recipe.precision is Precision.FP16,
            "half": recipe.precision in HALVES,
            "ema": recipe.ema is not None,
            "split": recipe.validation is not None,
            "held": self.held,
            "by_losses": self.by_losses,
            "tested": data.test is not False,
            "maybe_test": data.test is None,
            "early": recipe.early_stopping is not None,
            "compile": recipe.compile,
            "clips": recipe.clip_norm is not None or recipe.clip_value is not None,
            "clip_norm": recipe.clip_norm is not None,
            "clip_value": recipe.clip_value is not None,
            "plateau": plateau is not None,
            "nested": self.nested,
            "apart": recipe.evaluate_every != recipe.checkpoint_every,
            "mixes": self.train.mixes,
            "logits": self.classifies,
            "draws": self.draws,
            "only": recipe.ema is None and recipe.precision is not Precision.FP16,
            "one_thread": not worth_sharing(self.program, recipe.batch),
        }
        return (name for name, value in holds.items() if value)

    def texts(self, normalized: Normalized) -> dict[str, str]:
        """The texts by name."""
        recipe, names, images = self.recipe, self.names, self.data.images
        epochs = isinstance(recipe.length, Epochs)
        learned = ", statistics" if normalized.learned is not None else ""
        generator = ", generator=APART" if self.draws else ""
        inputs = (normalized.text, *names.inputs[1:])
        label = names.locals.get(LABEL, "")
        judged = list(judged_lines(names, label, numbered=is_class_number(recipe, self.program)))
        return {
            "share": "each[len(each) * RANK // SIZE : len(each) * (RANK + 1) // SIZE]",
            "unused": "" if names.all_used else ", find_unused_parameters=True",
            "both": "label.to(DEVICE)",
            "folder": self.data.folder,
            "examples": "len(train.files)" if images else "len(train[0])",
            "count": "len(examples.files)" if images else "len(examples[0])",
            "test_files": ".files" if images else "",
            "finally": self._finally(f"{', args.workers' if images else ''}{learned}"),
            "counted": label if images else "numbers",
            "chunk": chunk(recipe),
            "memory": names.memory,
            "before": str(self.train.mixes),
            "mixed": ", ".join(("x", *names.targets)),
            "statistics": learned,
            "evaluated": f"model, examples{', workers' if images else ''}{learned}",
            "more": f"{', args.workers' if images else ''}{learned}",
            "trained_by": f"train, batch_sampler=rest, num_workers=args.workers{generator}",
            "tested_by": f"examples, BATCH, sampler=own, num_workers=workers{generator}",
            "start": self.start("x.to(DEVICE)"),
            "deployed": ", ".join(names.deployed),
            "tested": ", ".join(self._ordered(inputs)),
            "half": HALVES.get(recipe.precision, ""),
            "floats": "\n".join(self._floats()),
            "averaged": "\n".join(averaged_lines(names, self.test.views)),
            "judged": "\n".join(judged),
            "right": "right.sum()" if judged else f"({names.logits}.argmax(1) == {label}).sum()",
            "score": "\n".join(loss_lines(names.score, names.locals, " " * 8)),
            "frozen": repr(recipe.freeze),
            "optimizer": self._optimizer(),
            "penalized": "\n".join(f"    {k} = {v}" for k, v in names.penalties.items()),
            "run": self._run(),
            "patience": repr(recipe.early_stopping),
            "steps": f"{recipe.length.count} * epoch_steps" if epochs else str(recipe.length.count),
            "split": "\n".join(split_lines(recipe, len(names.inputs), images=images)),
            "ordered": "\n".join(self._channels_last(" " * 12)),
            "body": "\n".join(forward_lines(recipe, names)),
            "noted": noted(recipe, self.nested, self.by_losses),
            "observed": "\n".join(observed_lines(recipe)),
            "tf32": str(recipe.precision is Precision.TF32),
            "clip_value": repr(recipe.clip_value),
            "clip_norm": repr(recipe.clip_norm),
            "ema": repr(recipe.ema),
            "scored": "model" if recipe.ema is None else "averaged",
            "evaluate_every": str(recipe.evaluate_every or "epoch_steps"),
            "checkpoint_every": str(recipe.checkpoint_every or "epoch_steps"),
            "weights_seed": str(derived_seed(recipe.seed, "weights")),
            "noise_seed": str(derived_seed(recipe.seed, "noise")),
            "model": self.model,
        }

    def _channels_last(self, space: str) -> Iterator[str]:
        if self.recipe.channels_last:
            names = zip(self.names.inputs, self.program.net.inputs, strict=True)
            for name in (name for name, port in names if port.type.rank == 3):
                yield f"{space}{name} = {name}.contiguous(memory_format=torch.channels_last)"

    def _ordered(self, inputs: tuple[str, ...]) -> Iterator[str]:
        """What a model is called with in a test."""
        for text, port in zip(inputs, self.program.net.inputs, strict=True):
            last = self.recipe.channels_last and port.type.rank == 3
            whole = f"({text})" if " " in text else text
            yield f"{whole}.contiguous(memory_format=torch.channels_last)" if last else text

    def _floats(self) -> Iterator[str]:
        if self.recipe.precision in HALVES:
            yield from (f"        {name} = {name}.float()" for name in self.names.deployed)

    @property
    def classifies(self) -> bool:
        """Whether there is an accuracy."""
        return self.names.logits is not None or self.names.binary is not None

    def _run(self) -> str:
        """What a run remembers."""
        parts = ['"step": 0']
        if self.held:
            parts += ['"error": math.inf', '"best": None']
        if self.recipe.early_stopping is not None:
            parts.append('"waiting": 0')
        if plateau_of(self.recipe.schedule) is not None:
            parts += ['"since": 0.0'] if self.by_losses else []
            parts += ['"lowest": math.inf', '"waited": 0', '"reductions": 0']
        return ", ".join(parts)

    def _optimizer(self) -> str:
        """The optimizer, with one kernel for all weights where the device of the script has one."""
        on_cpu, on_gpu = (
            optimization_for(self.recipe, torch.device(name))
            .source()
            .replace("torch.optim.", "optim.")
            for name in ("cpu", "cuda")
        )
        return on_cpu if on_cpu == on_gpu else on_cpu.replace("=True", '=DEVICE == "cpu"')

    def calls(self, flags: set[str]) -> Iterator[Callable[..., object]]:
        """The runtime's functions that the loop calls."""
        for each in optimization_for(self.recipe, torch.device("cpu")).invocations:
            if each.function.__module__.startswith(RUNTIME):
                yield each.function
        named = [*self.names.functions]
        yield from (each for each in named if each.__module__.startswith(RUNTIME))
        yield from calls_of(self.recipe)
        if "split" in flags:
            yield held_out
        if "freeze" in flags:
            yield from (freeze, set_training)
        if "ema" in flags:
            yield from (average, averaged_pairs)
