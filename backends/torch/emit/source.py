"""The whole of ``model.py``: docstring, imports, helpers, classes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

from netlang.backends.torch.emit.arguments.alone import called_with
from netlang.backends.torch.emit.arguments.chooser import constructors_of
from netlang.backends.torch.emit.arguments.constructors import Constructor
from netlang.backends.torch.emit.arguments.formulas import Given
from netlang.backends.torch.emit.class_names import class_names
from netlang.backends.torch.emit.classes import ClassWriter
from netlang.backends.torch.emit.helpers import HELPERS, needed
from netlang.backends.torch.emit.holders import Holders, file_name
from netlang.backends.torch.guard import GUARD, guard_lines
from netlang.backends.torch.python.printer import columns
from netlang.backends.torch.python.statements import docstring, statement_lines
from netlang.backends.torch.python.traverse import walk
from netlang.backends.torch.python.tree import ClassDef, Name
from netlang.backends.torch.rewrite.passes import rewritten
from netlang.ir.length import require_writable
from netlang.ir.program import Program
from netlang.records import no_collection

__all__ = ["Emitted", "class_name", "emit", "emitted"]

Change: TypeAlias = Callable[[Sequence[ClassDef]], Sequence[ClassDef]]

_IMPORTS = {
    "math": "import math",
    "OrderedDict": "from collections import OrderedDict",
    "Callable": "from collections.abc import Callable",
    "torch": "import torch",
    "F": "import torch.nn.functional as F",
}
_AFTER = ".,)]( :["
_STANDARD = ("math", "OrderedDict", "Callable")
_OF_TYPING = ("Any", "NamedTuple", "cast")


@final
@dataclass(frozen=True, slots=True)
class Emitted:
    """The source of a module, what it calls the class of the net, and what builds that.

    Only the class of a block by itself has arguments without defaults.
    """

    class_name: str
    source: str
    arguments: Mapping[str, Given]


def class_name(program: Program) -> str:
    """The name of the net's class in the output of `emit`."""
    return emitted(program).class_name


def emit(program: Program, *, guard: bool = False) -> str:
    """The source of a module that defines the net using nothing but PyTorch.

    With `guard`, the net refuses inputs of unsuitable sizes.
    """
    return emitted(program, guard=guard).source


def emitted(
    program: Program,
    change: Change = list,
    width: int = 88,
    *,
    guard: bool = False,
    taken: Collection[str] = (),
) -> Emitted:
    """The source and the class name; computing the name takes most of the work anyway.

    `change` is applied to the classes before they are written, in lines of up to `width` columns.
    No class gets a name in `taken`.
    """
    # Its temporary objects are freed before collections resume, which would visit them in vain.
    with no_collection(), columns(width):
        return _emitted(program, change, guard, taken)


def _emitted(program: Program, change: Change, guard: bool, taken: Collection[str]) -> Emitted:
    require_writable(program)
    variants = rewritten(program)
    names = class_names(variants, {*HELPERS, GUARD, *taken})
    constructors = constructors_of(variants, names, program.alone)
    definitions = change(list(_definitions(program, constructors, guard)))
    guards = [guard_lines(program)] if guard else []
    given = {} if program.alone is None else dict(called_with(constructors[-1]))
    arguments = {argument.name: value for argument, value in given.items()}
    return Emitted(names[variants.net], _text(program, definitions, guards), arguments)


def _text(
    program: Program, definitions: Sequence[ClassDef], guards: Sequence[Sequence[str]]
) -> str:
    used = {part.id for item in definitions for part in walk(item) if isinstance(part, Name)}
    helpers = [*guards, *(HELPERS[name].strip().split("\n") for name in needed(used))]
    names = used | {word for lines in helpers for line in lines for word in _words(line)}
    blocks = [*helpers, *(statement_lines(item) for item in definitions)]
    lines = [*docstring(_about(program)), "", *_imports(names)]
    for block in blocks:
        lines += ["", "", *block]
    return "\n".join(lines) + "\n"


def _definitions(
    program: Program, constructors: Sequence[Constructor], guard: bool
) -> Iterator[ClassDef]:
    names = {constructor.class_name for constructor in constructors}
    holders = Holders({*names, *HELPERS, *([GUARD] if guard else [])})
    for constructor in constructors:
        is_whole = constructor is constructors[-1]
        yield from ClassWriter(
            constructor,
            is_net=is_whole and program.alone is None,
            is_alone=is_whole and program.alone is not None,
            guarded=guard and is_whole,
            holders=holders,
        ).definitions()


def _about(program: Program) -> str:
    """The docstring of the file: the spec's own text and origin."""
    net = program.net
    name = f"`{net.name}`" if program.alone is None else f"block `{net.name}`"
    origin = f"Written by netlang from {name} in {file_name(net.span)}."
    doc = None if program.alone is not None else program.doc or net.doc
    return f"{doc.strip()}\n\n{origin}" if doc else origin


def _words(line: str) -> Iterator[str]:
    for word in ("torch", "F", "nn", "Tensor", *_STANDARD, *_OF_TYPING):
        if any(f"{before}{word}{after}" in f" {line} " for before in " ([=" for after in _AFTER):
            yield word


def _imports(names: set[str]) -> Iterator[str]:
    """The imports for these names, in the usual order."""
    standard = [_IMPORTS[name] for name in _STANDARD if name in names]
    if typing := [name for name in _OF_TYPING if name in names]:
        standard.append(f"from typing import {', '.join(typing)}")
    yield from (*standard, "") if standard else ()
    if "torch" in names:
        yield _IMPORTS["torch"]
    if "F" in names:
        yield _IMPORTS["F"]
    if "Tensor" in names:
        yield "from torch import Tensor, nn"
    else:
        yield "from torch import nn"
