"""Finds the net of the bundled library that an imported net is.

A net of the library is the same if it has all weights of the source, under the same keys and in the
same shapes, drops as much in training, has norms of the same eps and momentum, and gives the same
values: that is proved as for any import.
The operators of both, and their arguments, need not be written alike for that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from netlang.analysis.facts import Facts
from netlang.backends.torch.importing.bundled.spec import BundledSpec, ComparedSource, proved
from netlang.backends.weights import slots
from netlang.backends.weights.slots import BATCH_COUNTER
from netlang.diagnostics.errors import NetlangError
from netlang.diff.steps import steps_of
from netlang.elaborate import load_program
from netlang.modules.files import bundled_definitions
from netlang.ops.dropout import Dropout
from netlang.ops.frozen_norm import FrozenBatchNorm
from netlang.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from netlang.ops.rms_norm import RmsNorm
from netlang.syntax.format import format_source

if TYPE_CHECKING:
    from netlang.ir.program import Program

__all__ = ["bundled_net"]

# The head of a net for other classes: a weight and a bias, of the net and of what is for training.
_MOST_OF_HEADS = 4


def bundled_net(
    imported: Program, title: tuple[str, str], source: ComparedSource
) -> BundledSpec | None:
    """The net of the library that a source is, which was imported as another program.

    `title` is the name of the net, and the docstring of its spec. None if the library has none.
    """
    name, origin = title
    shapes = {key: tuple(each.shape) for key, each in source.original.state().items()
              if not key.endswith(BATCH_COUNTER)}  # fmt: skip
    first = imported.net.output_types[0].shape[:1]
    classes = first[0] if first and isinstance(first[0], int) else None
    for net, file in _by_likeness(name):
        for arguments in ({}, {"classes": classes}):
            program = _loaded(net, arguments)
            if program is None:
                break
            there = {each.key: each.weight.shape for each in slots(program)
                     if not each.key.endswith(BATCH_COUNTER)}  # fmt: skip
            others = sum(there[key] != shapes.get(key) for key in there)
            if there.keys() != shapes.keys() or others > _MOST_OF_HEADS:
                break
            if others or _unproved(program) != _unproved(imported):
                continue
            proof = proved(program, source)
            if proof is not None:
                called = f"(classes={classes})" if arguments else ""
                text = _text(name, origin, (file, net), called)
                note = f"it is `{net}{called}` of the library"
                return BundledSpec(text, program, proof, note)
    return None


def _by_likeness(name: str) -> Iterator[tuple[str, str]]:
    """The nets of the library with their files, those whose names are like `name` first."""
    nets = [(net, file) for kind, net, file in bundled_definitions() if kind == "net"]
    like = {net: SequenceMatcher(None, net, name).ratio() for net, _ in nets}
    yield from sorted(nets, key=lambda each: -like[each[0]])


def _loaded(net: str, arguments: Mapping[str, object]) -> Program | None:
    """A net of the library, if it takes these arguments and needs no more."""
    try:
        return load_program(net, **arguments)
    except NetlangError:
        return None


def _unproved(program: Program) -> Counter[tuple[str, float]]:
    """Numbers that the comparison doesn't see, and how often each is there.

    Those are of training, or are so small that rounding explains what they change.
    """
    found = Counter[tuple[str, float]]()
    for step in steps_of(program, Facts(program), {}, fold=True).steps:
        match step.op:
            case Dropout(p=p) if p:
                found["dropout", p] += step.times
            case BatchNorm(eps=eps, momentum=momentum):
                found["momentum", momentum] += step.times
                found["eps", eps] += step.times
            case FrozenBatchNorm() | GroupNorm() | InstanceNorm() | LayerNorm() | RmsNorm():
                found["eps", step.op.eps] += step.times
    return found


def _text(name: str, origin: str, place: tuple[str, str], called: str) -> str:
    """A spec of one net, which is that of the library."""
    file, net = place
    alias = " as bundled" if net == name else ""
    used = "bundled" if alias else net
    text = f'"""{origin}"""\n\nfrom {file} import {net}{alias}\n\nnet {name} = {used}{called}\n'
    return format_source(text, f"{name}.net")
