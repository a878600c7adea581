"""The text of a spec for a traced module."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import final

from netlang.analysis.render.literal import braces_defined
from netlang.backends.torch.importing.bundled.blocks.calls import LibraryCalls, library_calls
from netlang.backends.torch.importing.steps import Maker, Value
from netlang.backends.torch.importing.text.blocks import BlockTexts, blocks_of
from netlang.backends.torch.importing.text.closed import regions_in
from netlang.backends.torch.importing.text.labels import TakenLabels
from netlang.backends.torch.importing.text.names import net_name, output_words
from netlang.backends.torch.importing.text.pieces import rendered
from netlang.backends.torch.importing.text.values import ValueNames
from netlang.backends.torch.importing.text.writer import BodyWriter, written
from netlang.backends.torch.importing.tree.forks import with_merges
from netlang.backends.torch.importing.tree.items import ModuleRegion
from netlang.backends.torch.importing.tree.places import homes_of, keys_of
from netlang.backends.torch.importing.tree.regions import live, regions
from netlang.backends.torch.importing.tree.tidy import tidied, unshaped
from netlang.backends.torch.importing.walk import Walk
from netlang.diagnostics.texts import visible
from netlang.records import Record
from netlang.syntax.format import format_source
from netlang.targets.importing import ImportOptions

__all__ = ["Asked", "docstring_of", "spec_text", "spec_with_blocks"]


@final
class Asked(Record):
    """How the text is to be: the net's name, where it comes from, whether sizes are symbols.

    With `stub` it has holes where the language can't say something. With `library`, a net that the
    bundled library has is imported from there.
    """

    name: str
    origin: str
    symbolic: bool = False
    blocks: bool = True
    outputs: tuple[str, ...] = ("output",)
    stub: bool = False
    library: bool = False

    @classmethod
    def of(
        cls, options: ImportOptions, name: str, source: str, outputs: Sequence[str] = ("output",)
    ) -> Asked:
        """What options ask for: `name` is the source's own, `source` the words for it."""
        return cls(
            net_name(options.name or name),
            f"Imported from {source}.",
            blocks=options.blocks,
            outputs=tuple(outputs),
            stub=options.stub,
            library=options.library,
        )


def spec_text(walk: Walk, asked: Asked) -> str:
    """The spec, in the layout of `netlang fmt`."""
    return _spec(walk, asked, with_library=False)[0]


def spec_with_blocks(walk: Walk, asked: Asked) -> tuple[str, LibraryCalls]:
    """The spec with blocks of the library where it has them, and what it has of those."""
    return _spec(walk, asked, with_library=True)


def _spec(walk: Walk, asked: Asked, *, with_library: bool) -> tuple[str, LibraryCalls]:
    steps = tidied(walk.state.steps)
    ends = [unshaped(value).source for value in walk.outputs]
    steps = live(steps, ends)
    root = regions(steps, ends)
    root.items = with_merges(root.items, ends)
    whose: dict[Maker, list[ModuleRegion]] = defaultdict(list)
    for region in regions_in(root.items):
        if len(region.outputs) == 1:
            whose[region.outputs[0]].append(region)
    values = {value.source: value for step in walk.state.steps for value in step.read}
    shared = LibraryCalls({}, {})
    if with_library:
        shared = library_calls(root, whose, values, asked.name)
    blocks = BlockTexts([], {})
    if asked.blocks:
        taken = {asked.name, *shared.names.values()}
        blocks = blocks_of(root, whose, _channels(values), taken, shared.calls)
    known = {value.source: value.source.name for value in walk.inputs}
    labels, homes = TakenLabels(keys_of(root.items)), homes_of(root.items, "")
    writer = BodyWriter(ValueNames("", known, labels, whose, homes), blocks.calls)
    net = _net(walk, asked, root, ends, writer)
    braces = braces_defined([*blocks.texts, net])
    title = f'"""{docstring_of(asked.origin)}"""\n'
    imports = [f"{line}\n" for line in shared.imports()]
    text = "\n".join([title, *imports, *braces, *blocks.texts, net])
    return format_source(text, f"{asked.name}.net"), shared


def _net(
    walk: Walk,
    asked: Asked,
    root: ModuleRegion,
    ends: Sequence[Maker],
    writer: BodyWriter,
) -> str:
    """The text of the net itself."""
    start = walk.inputs[0].source if len(walk.inputs) == 1 else None
    body = written(writer, root.items, start, ends)
    lines = [_input(value, symbolic=asked.symbolic, first=not n) for n, value in
             enumerate(walk.inputs)]  # fmt: skip
    lines += ["", rendered(body, lambda _: None)]
    if len(ends) > 1:
        lines += _outputs(writer.names, asked.outputs, ends)
    return "\n".join([f"net {asked.name} {{", *lines, "}", ""])


def docstring_of(text: str) -> str:
    """A text that can stand in a docstring."""
    return visible(text.replace('"', "'").replace("\\", "/"))


def _outputs(names: ValueNames, words: Sequence[str], ends: Sequence[Maker]) -> list[str]:
    found = []
    for name, source in zip(output_words(words), ends, strict=True):
        found.append(f"output {name}: {names.read(source, '')}")
    return found


def _input(value: Value, *, symbolic: bool, first: bool) -> str:
    sizes = [str(size) for size in value.sizes]
    if symbolic and first and len(sizes) > 1:
        letters = {2: "L", 3: "HW", 4: "DHW"}.get(len(sizes), "")
        for place, letter in enumerate(letters, start=1):
            sizes[place] = f"{letter}={sizes[place]}"
    return f"input {value.source.name}: {value.source.dtype}[{', '.join(sizes)}]"


def _channels(values: Mapping[Maker, Value]) -> Mapping[Maker, int]:
    """The first size of each value, by which numbers of a block may be expressed."""
    return {source: value.sizes[0] for source, value in values.items() if value.sizes}
