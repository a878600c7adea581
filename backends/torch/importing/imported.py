"""Imports a module or another graph: writes its spec, and proves that both are the same net."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from math import prod
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor, nn

from netlang.analysis.constraints import checked_sizes
from netlang.backends.torch.importing.bundled.parts import net_of_blocks
from netlang.backends.torch.importing.bundled.recognition import bundled_net
from netlang.backends.torch.importing.bundled.spec import ComparedSource
from netlang.backends.torch.importing.composites import Composite, composites
from netlang.backends.torch.importing.diagnostics import NothingProved, SpecRefused
from netlang.backends.torch.importing.holes.holes import Holes
from netlang.backends.torch.importing.holes.stub import Stub, stub_of
from netlang.backends.torch.importing.holes.table import NO_HOLE, missing_table, not_said
from netlang.backends.torch.importing.limits.peak import sizes_at
from netlang.backends.torch.importing.limits.room import Needed, Room, needed_by
from netlang.backends.torch.importing.operators import HANDLERS
from netlang.backends.torch.importing.original import (
    ModuleOriginal,
    Original,
    evaluating,
    lent_or_copied,
)
from netlang.backends.torch.importing.proof.prove import Proof, module_for, prove
from netlang.backends.torch.importing.proof.rounding import FAILURES, MOST_RUNS
from netlang.backends.torch.importing.sources import MOST_ELEMENTS, TAKEN_TYPES
from netlang.backends.torch.importing.spec import Asked, docstring_of, spec_text
from netlang.backends.torch.importing.steps import WalkState
from netlang.backends.torch.importing.trace import TracedModule, not_taken, trace
from netlang.backends.torch.importing.walk import Walk
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import elaborate_target, resolve_text
from netlang.records import Record, replace

if TYPE_CHECKING:
    from torch.fx import Node

    from netlang.ir.program import Program

__all__ = ["Imported", "import_graph", "import_module"]

_TINY = 4
"""Elements of inputs for which many examples cost nothing."""


@final
class Imported(Record, eq=False):
    """A spec with the program that it compiles to, its weights, and how it was proved.

    `notes` say what else there is to know.
    """

    text: str
    program: Program
    weights: Mapping[str, Tensor]
    proof: Proof
    notes: tuple[str, ...] = ()


def import_module(
    module: nn.Module,
    example: Sequence[Tensor],
    asked: Asked,
    original: Original | None = None,
) -> Imported | Stub:
    """The spec of a module in evaluation, for inputs like those of `example`.

    It is compared with the module, or with the `original` that the module stands for.
    The sizes of an image become symbols if the module and the spec agree on another size too.
    Raises `NetlangError` for what can't be said, unless a stub is asked for, and for a spec that
    isn't the module.
    """
    _refuse_types(module, example)
    with evaluating(module):
        traced = trace(module, example)
        walk = _walk(WalkState(tied=traced.tied), asked)
        walk.composites = composites(traced.graph, module.get_submodule)
        walk.run(traced, HANDLERS)
    asked = replace(asked, outputs=traced.outputs)
    return _import_walked(original or ModuleOriginal(module), walk, asked, example)


def import_graph(
    original: Original,
    traced: TracedModule,
    asked: Asked,
    example: Sequence[Tensor],
    attention: Mapping[Node, Composite] | None = None,
) -> Imported | Stub:
    """The spec of a graph of ATen's operators, which is compared with what it stands for.

    `attention` are nodes that are parts of one. Errors are those of `import_module`.
    """
    walk = _walk(WalkState(batched=traced.batched, tied=traced.tied), asked)
    walk.composites = attention or {}
    walk.run(traced, HANDLERS)
    return _import_walked(original, walk, asked, example)


def _walk(state: WalkState, asked: Asked) -> Walk:
    return Walk(state, holes=Holes(state) if asked.stub else None)


def _import_walked(
    original: Original, walk: Walk, asked: Asked, example: Sequence[Tensor]
) -> Imported | Stub:
    """The spec of a graph that was walked, with symbols for sizes if it holds at another one."""
    if walk.missing:
        missing = sorted(walk.missing.values())
        if walk.holes is None or not all(each.known for each in walk.outputs):
            raise not_said(missing, walk.nodes, NO_HOLE if asked.stub else "")
        stub = stub_of(original, walk, asked, missing_table(missing))
        if stub is not None:
            return stub
    other = _another_size(example)
    if other is not None:
        # Otherwise the source, or its spec, is for one size alone.
        with suppress(NetlangError, *FAILURES):
            return _proved(original, walk, replace(asked, symbolic=True), example, other)
    return _proved(original, walk, asked, example)


def _in_library(walk: Walk, asked: Asked, made: Imported, source: ComparedSource) -> Imported:
    """The spec that uses a net of the library, if the source is one, or else its blocks."""
    title = asked.name, docstring_of(asked.origin)
    found = bundled_net(made.program, title, source)
    found = found or net_of_blocks(walk, asked, made.program, source)
    if found is None:
        return replace(made, notes=("the library has neither this net nor a block of it",))
    weights = lent_or_copied(source.original, found.proof.kept)
    return Imported(found.text, found.program, weights, found.proof, (found.note,))


def _refuse_types(module: nn.Module, example: Sequence[Tensor]) -> None:
    """Refuse weights and inputs of types in which a spec has none."""
    held = [*example, *module.parameters()]
    for kind in {each.dtype for each in held}:
        if kind not in TAKEN_TYPES:
            name = str(kind).removeprefix("torch.")
            advice = "`.float()` makes float32 of them"
            raise not_taken(f"it has inputs or weights of {name}", advice)


def _proved(
    original: Original,
    walk: Walk,
    asked: Asked,
    example: Sequence[Tensor],
    other: Sequence[int] | None = None,
) -> Imported:
    """The spec as it was asked for, if it is the source, for inputs of an `other` shape too."""
    try:
        text = spec_text(walk, asked)
        program = elaborate_target(resolve_text(text, None))
        with torch.random.fork_rng(devices=[]):
            copy = module_for(original, program)
    except NetlangError as error:
        rows = tuple(str(error).splitlines())
        raise NetlangError(SpecRefused(span=None, rows=rows)) from error
    examples, runs = _batches(example, original, program, other)
    proof = prove(original, copy, examples, runs)
    made = Imported(text, program, lent_or_copied(original, proof.kept), proof)
    if not asked.library:
        return made
    return _in_library(walk, asked, made, ComparedSource(original, examples, runs))


def _batches(
    example: Sequence[Tensor],
    original: Original,
    program: Program,
    other: Sequence[int] | None,
) -> tuple[list[tuple[Tensor, ...]], int]:
    """Random inputs of two batches, a larger one of tiny inputs: a gate gives 0 for most of two.

    There are fewer examples in them where all of their values, or what is to be computed, are too
    much. After them comes one of an `other` shape. And how often the spec may be computed again for
    each of them. Raises `NetlangError`.
    """
    tiny = sum(each[:1].numel() for each in example) <= _TINY
    for batches in ((64, 3), (2, 3), (1, 2)) if tiny else ((2, 3), (1, 2)):
        shapes = [[(batch, *each.shape[1:]) for each in example] for batch in batches]
        if other is not None:
            shapes.append([tuple(other)])
        needed = _needed(original, program, example, shapes)
        refusal = _refusal(original.room, needed)
        if refusal is None:
            rows = [zip(example, each, strict=True) for each in shapes]
            examples = [tuple(_like(each, shape) for each, shape in row) for row in rows]
            return examples, _runs_besides(original.room, needed)
    assert refusal is not None
    raise refusal


def _needed(
    original: Original,
    program: Program,
    example: Sequence[Tensor],
    shapes: Sequence[Sequence[Sequence[int]]],
) -> list[Needed]:
    """What the spec and the source take for inputs of these shapes; nothing of one that is trusted.

    Raises `NetlangError` if the spec or the source doesn't take them.
    """
    room = original.room
    if room is None:
        return []
    runs = [sizes_at(program, each) for each in shapes]
    for sizes in runs:
        own = {name: size for name, size in sizes.items() if name != "N"}
        checked_sizes(program, own, sizes["N"])
    if room.large:
        return []
    needed = [needed_by(program, sizes) for sizes in runs]
    for sizes, each in zip(runs, shapes, strict=True):
        given = [x.new_empty(shape, device="meta") for x, shape in zip(example, each, strict=True)]
        needed.append(original.needed(given, partial(_needed_for, program, sizes)))
    return needed


def _refusal(room: Room | None, needed: Sequence[Needed]) -> NetlangError | None:
    """The error of values that there is no room for, or of too much work."""
    if room is None or not needed:
        return None
    reason = f"its steps come to more than {room.work:,} operations"
    if max(each.memory for each in needed) > room.memory:
        reason = f"its values take more than {room.memory:,} bytes at once"
    elif room.allows(sum(each.work for each in needed)):
        return None
    advice = "make it for a smaller input, or trust it: `--large`"
    return NetlangError(NothingProved(span=None, reason=reason, advice=advice))


def _runs_besides(room: Room | None, needed: Sequence[Needed]) -> int:
    """How often the spec may be computed again for each example."""
    work = sum(each.work for each in needed)
    return MOST_RUNS if room is None else room.runs_besides(work, MOST_RUNS)


def _needed_for(program: Program, sizes: Mapping[str, int], count: int) -> Needed:
    """What a program takes for so many examples."""
    return needed_by(program, {**sizes, "N": count})


def _another_size(example: Sequence[Tensor]) -> tuple[int, ...] | None:
    """The shape of an image or signal of another size, unless the module takes something else.

    None if it's too much, too.

    A long and narrow one has far more elements when both of its sides grow.
    """
    first = example[0]
    if len(example) > 1 or first.dim() < 3 or not first.is_floating_point():
        return None
    sizes = [_other(size, axis) for axis, size in enumerate(first.shape[2:])]
    shape = (1, first.shape[1], *sizes)
    return shape if prod(shape) <= MOST_ELEMENTS else None


def _other(size: int, axis: int) -> int:
    return size - 32 * (axis + 1) if size >= 192 else size + 32 * (axis + 1)


def _like(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    if tensor.is_floating_point():
        return torch.randn(shape, generator=generator)
    high = max(int(tensor.max()) + 1, 2) if tensor.numel() else 2
    return torch.randint(0, high, shape, generator=generator, dtype=tensor.dtype)
