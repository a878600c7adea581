"""The normalization of a script, with numbers from the recipe or from the data."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import final

from netlang.backends.torch.eject.text.sections import WIDTH, Section
from netlang.backends.torch.invocation import Invocation
from netlang.backends.torch.recipes.normalize import lower_normalization
from netlang.backends.torch.seeds import derived_seed
from netlang.ir.program import Program
from netlang.recipes.recipe import Precision, Recipe
from netlang.recipes.words.normalizations import Whitening

__all__ = ["Normalized", "chunk", "normalized"]

# As training has it: examples of up to so many numbers are looked at by the thousand, and of images
# ten thousand are enough.
_SMALL, _THOUSAND, _ENOUGH = 4096, 1024, 10_000


@final
@dataclass(frozen=True)
class Normalized:
    """`text` is the normalized expression of `x`; `learned` computes the numbers from batches.

    `read` says that the loss reads the normalized input.
    """

    recipe: Recipe
    text: str = "x"
    constants: tuple[str, ...] = ()
    learned: Invocation | None = None
    functions: tuple[object, ...] = ()
    read: bool = False

    @property
    def is_early(self) -> bool:
        """Whether a loss reads the input too, or it multiplies where the net does so in halves."""
        half = self.recipe.precision in (Precision.BF16, Precision.FP16)
        return self.read or (half and isinstance(self.recipe.normalize, Whitening))

    @property
    def tested(self) -> str:
        """What a test gives to the model."""
        return "x" if self.is_early else self.text

    @property
    def kept(self) -> str:
        """What a checkpoint says of it, for whoever uses the weights."""
        if self.constants:
            return '"mean": MEAN, "std": STD'
        if self.recipe.normalize is None:
            return '"normalization": None'
        name = lower_normalization(self.recipe.normalize).function.__name__
        return f'"normalization": ("{name}", *statistics)'

    def section(
        self, images: bool, start: str, scales: tuple[int, ...] | None, *, prepared: bool
    ) -> Section:
        """The lines of `main` that compute the numbers, identically in every process.

        `start` is the first transformation of a batch of images. `scales` are the sizes in which a
        test sees an example, of which the first is used; empty if the images decide, and None for a
        single size. `prepared` says that a test changes examples before they are normalized.
        """
        section = Section()
        if self.learned is None or self.recipe.normalize is None:
            return section
        lowered = lower_normalization(self.recipe.normalize)
        section.add(calls=(self.learned.function, lowered.function))
        x = f"prepared({start})" if prepared else start
        if images:
            seed = derived_seed(self.recipe.seed, "normalization")
            order = f"epoch_order({seed}, 0, len(train.files))"
            section.add(
                f"    chosen = sorted({order}[:{_ENOUGH}].tolist())",
                "    seen = copy.copy(train)",
                "    seen.prepare = prepare_test",
            )
            loader = "DataLoader(seen, BATCH, sampler=chosen, num_workers=args.workers"
            if scales is None:
                section.add(f"    loader = {loader})")
                section.add(f"    inputs = ({x} for x, _, _ in loader)")
            else:
                section.add(f"    loader = by_size({loader}, collate_fn=list))")
                section.add(f"    inputs = ({x} for (x, *_), _ in loader)")
        else:
            split, side = (
                f"train[0].split({chunk(self.recipe)})",
                f", {scales[0]}" if scales else "",
            )
            x = f"prepared(x.to(args.device){side})" if prepared else "x.to(args.device)"
            section.add(f"    inputs = ({x} for x in {split})")
        learned = self.learned.source("inputs")
        section.add(f"    statistics = [each.to(args.device) for each in {learned}]")
        return section


def chunk(recipe: Recipe) -> str:
    """The batch size without gradients, for examples in memory."""
    shape = recipe.data.shape
    small = None not in shape and prod(size or 1 for size in shape) <= _SMALL
    return str(max(recipe.batch, _THOUSAND)) if small else "BATCH"


def normalized(recipe: Recipe, program: Program) -> Normalized:
    """The normalization of a script."""
    if recipe.normalize is None:
        return Normalized(recipe)
    lowered, first = lower_normalization(recipe.normalize), program.net.inputs[0].name
    read = any(value.name == first for term in recipe.loss.terms for value in term.reads)
    if lowered.given is None:
        text = f"{lowered.function.__name__}(x, *statistics)"
        return Normalized(recipe, text, learned=lowered.learn, read=read)
    axes = (-1,) + (1,) * (program.net.inputs[0].type.rank - 1)
    together = (
        f"MEAN, STD = torch.tensor({[list(each) for each in lowered.given]!r}).reshape{(2, *axes)}"
    )
    constants = tuple(
        f"{name} = torch.tensor({list(values)!r}).reshape{axes}"
        for name, values in zip(("MEAN", "STD"), lowered.given, strict=True)
    )
    constants = (together,) if len(together) <= WIDTH else constants
    return Normalized(recipe, "(x - MEAN.to(x.device)) / STD.to(x.device)", constants, read=read)
