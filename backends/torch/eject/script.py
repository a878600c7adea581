"""A training script from a recipe: model, data, augmentation and loop as plain PyTorch.

Its losses equal those of `netlang train` step for step: it contains the text of the functions that
training calls, and its random numbers have the same seeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import final

from netlang import __version__
from netlang.backends.torch.augment.path import AugmentationPath, path_for
from netlang.backends.torch.augment.stages import RegionCut
from netlang.backends.torch.data.images import FORMATS
from netlang.backends.torch.eject.decisions import Decisions
from netlang.backends.torch.eject.looping import PICTURE
from netlang.backends.torch.eject.net.model import Model, model_of
from netlang.backends.torch.eject.ordering import BATCHES
from netlang.backends.torch.eject.pixels.batched import (
    BatchNames,
    augment_function,
    prepared_lines,
    sized_function,
)
from netlang.backends.torch.eject.pixels.normalized import Normalized, normalized
from netlang.backends.torch.eject.pixels.scales import sides_of
from netlang.backends.torch.eject.pixels.workers import worker_functions
from netlang.backends.torch.eject.refused import require_script
from netlang.backends.torch.eject.reserved import names_at_the_top, reserved_names
from netlang.backends.torch.eject.sources import DataSection, data_section
from netlang.backends.torch.eject.start import IMPORTS, import_lines, start_section
from netlang.backends.torch.eject.step.objective import ScriptNames, names_of
from netlang.backends.torch.eject.template import ABOUT, CHANCES, EVALUATE, filled
from netlang.backends.torch.eject.text.commented import commented
from netlang.backends.torch.eject.text.copied import Copied, copied
from netlang.backends.torch.eject.text.sections import WIDTH, Section, wrapped
from netlang.backends.torch.eject.texts import texts_of
from netlang.backends.torch.eject.trained import trained_section
from netlang.backends.torch.invocation import literal
from netlang.backends.torch.python.statements import quoted
from netlang.backends.torch.runtime.random import mix
from netlang.backends.torch.seeds import derived_seed
from netlang.ir.program import Program
from netlang.recipes.check.mixing import mixed_classes
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.augmentation import Augmentation

__all__ = ["script"]

_START = (
    'if __name__ == "__main__":',
    "    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it, without a traceback",
    "    main()",
)


def script(recipe: Recipe, program: Program) -> str:
    """The text of the script. Raises `NetlangError` if a script can't express the recipe."""
    test = path_for(recipe.test_path, 0, images=True, classes=None, exact=True)
    require_script(recipe, test)
    first, model = names_of(recipe, program, None), model_of(program)
    parts = data_section(recipe.data, recipe), normalized(recipe, program)
    around = "\n".join(_Writer(recipe, program, first, replace(model, lines=()), *parts).lines())
    model = model_of(program, names_at_the_top(around))

    def written(names: ScriptNames) -> str:
        return "\n".join(_Writer(recipe, program, names, model, *parts).lines()) + "\n"

    reserved = reserved_names(written(first), first.values)
    return written(names_of(recipe, program, reserved))


@final
@dataclass(frozen=True)
class _Writer:
    recipe: Recipe
    program: Program
    names: ScriptNames
    model: Model
    data: DataSection
    normalized: Normalized

    def lines(self) -> Iterator[str]:
        """All lines of the script."""
        body = [*self.model.lines, "", ""]
        main = self._main()
        for text in self._definitions(main):
            body += [*text.split("\n"), "", ""]
        body += [*main.lines, "", "", *_START]
        body = list(commented(body))
        imports = {*IMPORTS, *self.model.imports, *main.imports, *self._copied(main).imports}
        recipe = self.recipe
        where = recipe.span.source.name.replace("\\", "/").rpartition("/")[2]
        texts = {
            "net": quoted(self.program.name),
            "recipe": quoted(recipe.name),
            "file": quoted(where),
            "options": (" --data FOLDER" if self.data.folder and not self.data.place else "")
            + (" --weights FILE" if recipe.weights is not None else ""),
            "version": __version__,
        }
        long = max(map(len, filled(ABOUT, set(), texts))) > WIDTH
        yield from filled(ABOUT, {"long"} if long else set(), texts)
        yield ""
        yield from import_lines(imports, "\n".join([*self._constants(), *body]))
        yield ""
        yield from self._constants()
        yield from ("", "")
        yield from body

    def _definitions(self, main: Section) -> Iterator[str]:
        """The definitions copied from the runtime, and those that draw numbers."""
        for name, text in self._copied(main).definitions.items():
            yield text
            if name == mix.__name__ and self.draws:
                seed = str(derived_seed(self.recipe.seed, "augment"))
                yield "\n".join(filled(CHANCES, set(), {"seed": seed}))

    def _copied(self, main: Section) -> Copied:
        flags = set(self.decisions.flags())
        hashed = [mix] if self.draws or flags & {"orders", "inline"} else []
        return copied([*hashed, *main.functions])

    @cached_property
    def draws(self) -> bool:
        """Whether augmentation draws numbers."""
        way = self.train.ways[0]
        placed = [
            each
            for stage in (*way.front, *way.back)
            for each in (stage.steps if isinstance(stage, RegionCut) else (stage.placed,))
        ]
        return any(each.step.numbers for each in placed)

    def _constants(self) -> Iterator[str]:
        recipe = self.recipe
        yield f"BATCH = {recipe.batch}"
        if recipe.validation is not None:
            yield f"VALIDATION = {derived_seed(recipe.seed, 'validation')}  # seed"
        yield from self.normalized.constants
        if self.data.images:
            yield 'warnings.simplefilter("error", Image.DecompressionBombWarning)'
        if any("=FORMATS" in line for line in self.data.section.lines):
            yield f"FORMATS = {literal(FORMATS)}  # others may start programs"
        rank, size = (f'os.environ.get("{n}", "{v}")' for n, v in (("RANK", 0), ("WORLD_SIZE", 1)))
        yield f"RANK, SIZE = int({rank}), int({size})"
        gpu = "f\"cuda:{os.environ.get('LOCAL_RANK', '0')}\""
        yield f'DEVICE = {gpu} if torch.cuda.is_available() else "cpu"'

    @cached_property
    def train(self) -> AugmentationPath:
        return self._path(self.recipe.augment, exact=False)

    @cached_property
    def test(self) -> AugmentationPath:
        return self._path(self.recipe.test_path, exact=True)

    def _path(self, steps: tuple[Augmentation, ...], *, exact: bool) -> AugmentationPath:
        seed = derived_seed(self.recipe.seed, "augment")
        classes = mixed_classes(self.recipe, self.program)
        images = self.data.images
        return path_for(steps, seed, images=images, classes=classes, exact=exact)

    @cached_property
    def decisions(self) -> Decisions:
        """The decisions for the templates."""
        paths = self.train, self.test
        given = self.recipe, self.program, self.names, self.data, self.model.class_name
        return Decisions(*given, self.normalized.learned is not None, *paths)

    def _main(self) -> Section:
        """Everything after the model: the data, their processing, and the loop."""
        section, decisions = Section(), self.decisions
        augment = self._augment()
        plain = augment.lines[2:] == ["    return x"]
        parts = list(self._before_augment())
        parts += [] if plain or decisions.by_workers else [augment]
        if self.normalized.learned is not None and self._prepares:
            parts.append(self._prepared())
        for each in parts:
            section.take(each)
            section.add("", "")
        flags = {*decisions.flags(), *([] if plain else ["changes"])}
        texts = texts_of(decisions, self.normalized)
        texts |= self._blocks(section)
        drawn = not decisions.by_workers if self.data.images else flags & {"together", "changes"}
        by_epoch = bool(drawn) or bool(self.names.drawn)
        flags |= {"draws_by_epoch"} if by_epoch else set()
        texts["epoch"] = "epoch" if by_epoch else "step // epoch_steps"
        flags |= {"started"} if texts["start_weights"] or self.recipe.channels_last else set()
        for template, space in decisions.layout():
            for line in filled(template, flags, texts):
                section.lines += wrapped(f"{space}{line}" if line else line)
            section.lines += ["", ""] if template in (BATCHES, EVALUATE, PICTURE) else []
        section.add(calls=tuple(decisions.calls(flags)))
        return section

    def _before_augment(self) -> Iterator[Section]:
        """What reads examples and prepares each of them."""
        if self.data.section.lines:
            yield self._source()
        if self.data.images:
            channels, several = self.recipe.data.shape[0] or 3, bool(self.decisions.scales)
            given, flips = (self.train, self.test, channels), self.decisions.by_workers
            yield from worker_functions(*given, flips=flips, several=several)
        sized = sized_function(self.train, masks=self.decisions.masks)
        if sized:
            yield sized

    def _augment(self) -> Section:
        """What augments a batch."""
        names = BatchNames(targets=self.names.targets, masks=self.decisions.masks)
        start, learned = self.decisions.start("x"), self.normalized.learned is not None
        return augment_function(self.train, start, self.normalized.text, names, learned=learned)

    def _source(self) -> Section:
        """What reads examples; without their numbers where only workers draw for them."""
        if not self.decisions.by_workers:
            return self.data.section
        return data_section(self.recipe.data, self.recipe, numbered=False).section

    def _blocks(self, section: Section) -> dict[str, str]:
        """Multi-line texts by name; the script gets the functions that they call."""
        start = self.decisions.start("x.to(args.device)")
        drawn = start_section(self.recipe, self.program)
        drawn.take(trained_section(self.recipe, self.program))
        scales = sides_of(self.test) if self.test.scales > 1 and not self.data.images else ()
        tested, space = Section(), " " * (12 if self.decisions.scales else 8)
        if self.normalized.learned is None or self.decisions.test_masks:
            tested.add(*self._test_lines(tested, space, masks=self.decisions.test_masks))
        elif self._prepares:
            side = ", side" if scales else ""
            tested.add(f"{space}x = prepared(x{side})")
        if self.normalized.is_early:
            tested.add(f"{space}x = {self.normalized.text}")
        rates = self.decisions.rates
        shown = Section()
        if self.recipe.samples is not None:
            shown.add(*self._shown_lines(shown))
            section.imports.add("from PIL import Image")
        found = {
            "shown_prepared": shown,
            "prepared": tested,
            "parts": self.data.parts,
            "start_weights": drawn,
        }
        found |= {
            "rates": rates,
            "learned": self.normalized.section(
                self.data.images,
                start,
                scales if self.decisions.scales else None,
                prepared=self._prepares,
            ),
        }
        for each in (*found.values(), self.decisions.turns):
            section.add(calls=tuple(each.functions))
            section.imports |= each.imports
        return {name: "\n".join(each.lines) for name, each in found.items()}

    def _shown_lines(self, section: Section) -> Iterator[str]:
        """The lines that prepare the examples of a picture."""
        if self.normalized.learned is None:
            yield from self._test_lines(section, "    ")
        elif self._prepares:
            yield "    x = prepared(x)"
        if self.normalized.is_early:
            yield f"    x = {self.normalized.text}"

    def _test_lines(self, section: Section, space: str, *, masks: bool = False) -> Iterator[str]:
        start = self.decisions.start("x")
        scaled = self.decisions.scales and self.normalized.learned is None
        if start != "x" and not self.data.images and not scaled:
            yield f"{space}x = {start}"
        names = BatchNames(None, self.names.targets, masks)
        yield from prepared_lines(section, self.test, space, names)

    @cached_property
    def _prepares(self) -> bool:
        """Whether a test changes a batch before it is normalized."""
        return any(self._test_lines(Section(), ""))

    def _prepared(self) -> Section:
        """`prepared(x)`: a batch prepared as for a test, before normalization."""
        section = Section()
        side = ", side" if self.decisions.scales and not self.data.images else ""
        section.add(
            f"def prepared(x{side}):", '    """A batch as for a test, not yet normalized."""'
        )
        section.add(*self._test_lines(section, "    "))
        section.returns("x")
        return section
