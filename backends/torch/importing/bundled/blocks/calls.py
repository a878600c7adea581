"""Parts of a net that are blocks of the bundled library become calls of those.

A part is one only if both have the same normal form (`forms`): the same steps, arguments and keys.
Its name, that of a class in the source, only decides which blocks are tried first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import final

from netlang.analysis.render.literal import braces_defined
from netlang.backends.torch.importing.bundled.blocks.arguments import BlockSearch, Part
from netlang.backends.torch.importing.bundled.blocks.catalogue import BundledBlock, bundled_blocks
from netlang.backends.torch.importing.bundled.blocks.compiling import BlockCall, CallCompiler
from netlang.backends.torch.importing.bundled.blocks.forms import NormalForm
from netlang.backends.torch.importing.bundled.blocks.literals import known_values
from netlang.backends.torch.importing.steps import Maker, Value
from netlang.backends.torch.importing.text.closed import (
    body_alone,
    containers_within,
    is_closed,
    read_elsewhere,
    regions_in,
)
from netlang.backends.torch.importing.text.names import snake
from netlang.backends.torch.importing.text.pieces import AppliedText, Literal, rendered
from netlang.backends.torch.importing.tree.items import Item, Merge, ModuleRegion, steps_of
from netlang.records import Draft, Record, field, replace

__all__ = ["LibraryCalls", "library_calls"]

# Steps of a part. Fewer are no block, and a larger one is the trunk of a net.
_LEAST, _MOST = 3, 120
# Steps that are compiled to find the parts of a net, of which a file may have very many.
# EfficientNetV2-S takes 21,000.
_COMPILED = 300_000


@final
class LibraryCalls(Record, eq=False):
    """The call that stands for each region by its path, and what the blocks are called."""

    calls: dict[str, AppliedText]
    names: dict[BundledBlock, str]

    def imports(self) -> list[str]:
        """The lines that import the blocks."""
        files: dict[str, list[str]] = {}
        for block, name in self.names.items():
            alias = "" if name == block.name else f" as {name}"
            files.setdefault(block.file, []).append(f"{block.name}{alias}")
        return [f"from {file} import {', '.join(sorted(files[file]))}" for file in sorted(files)]

    def told(self) -> str:
        """Which blocks are the library's, and how often each is there."""
        counts = Counter(call.name for call in self.calls.values())
        shown = [f"{_times(counts[name])} `{block.name}` of `{block.file}`"
                 for block, name in self.names.items()]  # fmt: skip
        return f"blocks of the library: {', '.join(shown)}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def library_calls(
    root: ModuleRegion,
    ends: Mapping[Maker, Sequence[ModuleRegion]],
    values: Mapping[Maker, Value],
    net: str,
) -> LibraryCalls:
    """The parts of a net that are blocks of the library, the outer ones rather than their parts.

    No block is called `net`.
    """
    kinds = Counter(region.kind for region in regions_in(root.items))
    left_out = read_elsewhere(root) | containers_within(root, kinds)
    known = _Known()
    found = LibraryCalls({}, {})

    def visit(items: Sequence[Item]) -> None:
        for region in _regions(items):
            if region.path not in left_out and is_closed(region):
                value = values.get(region.inputs[0])
                called = known.call_of(region, ends, value)
                if called is not None:
                    _note(found, region, *called, net)
                    continue
            visit(region.items)

    visit(root.items)
    return found


def _note(
    found: LibraryCalls, region: ModuleRegion, block: BundledBlock, call: AppliedText, net: str
) -> None:
    taken = {net, *found.names.values()}
    name, number = block.name, 1
    while block not in found.names and name in taken:
        number += 1
        name = f"{block.name}{number}"
    name = found.names.setdefault(block, name)
    found.calls[region.path] = replace(call, name=name)


def _regions(items: Sequence[Item]) -> Iterator[ModuleRegion]:
    """The regions of a body that stand in no other one of it."""
    for item in items:
        if isinstance(item, ModuleRegion):
            yield item
        elif isinstance(item, Merge):
            for branch in item.branches:
                yield from _regions(branch)


@final
class _Known(Draft, eq=False):
    """What is known of the parts so far, by their text and the type that they are given."""

    compiler: CallCompiler = field(default_factory=lambda: CallCompiler(_COMPILED))
    arguments: dict[BundledBlock, Mapping[str, Literal]] = field(default_factory=dict)
    found: dict[tuple[str, str], tuple[BundledBlock, AppliedText] | None] = field(
        default_factory=dict
    )

    def call_of(
        self,
        region: ModuleRegion,
        ends: Mapping[Maker, Sequence[ModuleRegion]],
        value: Value | None,
    ) -> tuple[BundledBlock, AppliedText] | None:
        """The block of the library that a region is, which is given a value, and its arguments."""
        count = sum(1 for _ in islice(steps_of([region]), _MOST + 1))
        self.compiler.take(count)
        if value is None or not _LEAST <= count <= _MOST or self.compiler.is_spent:
            return None
        given = f"{value.source.dtype}[{', '.join(map(str, value.sizes))}]"
        text = rendered(body_alone(region, {}, ends), lambda _: None)
        if (text, given) not in self.found:
            self.found[text, given] = self._search(region, text, given, value)
        return self.found[text, given]

    def _search(
        self, region: ModuleRegion, text: str, given: str, value: Value
    ) -> tuple[BundledBlock, AppliedText] | None:
        form = self._form(text, given)
        if form is None:
            return None
        words = {word for _, owner, _, _ in form.steps for word in owner.split(".")[1:]
                 if not word.isdecimal()}  # fmt: skip
        channels = value.sizes[0] if value.sizes else 1
        part = Part(form, given, known_values(form, channels), form.facts())
        for block in bundled_blocks(words, snake(region.kind)):
            before = self.arguments.get(block)
            call = BlockSearch(block, part, self.compiler, before).arguments()
            if call is not None:
                self.arguments[block] = {each.name: each.value for each in call.args}
                return block, call
        return None

    def _form(self, text: str, given: str) -> NormalForm | None:
        """The normal form of a body; None for one without weights, and for one of no block."""
        lines = "\n".join([*braces_defined([text]), f"block part {{\n{text}\n}}"])
        form = self.compiler.form(BlockCall(lines, "part", given), _MOST)
        has_weights = form is not None and any(owner for _, owner, _, _ in form.steps)
        return form if has_weights else None
