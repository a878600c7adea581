"""The emitted source as a PyTorch module, which runs exactly the text from `emit`."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Mapping
from contextlib import nullcontext
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakKeyDictionary, finalize

from netlang.backends.torch.emit.arguments.formulas import Given
from netlang.backends.torch.emit.source import emitted
from netlang.backends.torch.run.freeing import freeing
from netlang.diagnostics.errors import InternalError
from netlang.ir.program import Program

if TYPE_CHECKING:
    from torch import nn

__all__ = ["instance"]


def instance(
    program: Program, device: str | None = None, *, guard: bool = False, frees: bool = False
) -> nn.Module:
    """An instance of the net's class, freshly initialized, on `device` or PyTorch's default.

    One that `frees` lets go of named values after their last use. A program has a class for each
    of these ways.
    """
    import torch

    way = guard, frees
    with _LOCK:
        classes = _CLASSES.setdefault(program, {})
        if way not in classes:
            classes[way] = _class(program, guard, frees)
    # Inside a device's context, every call of torch is slower.
    with nullcontext() if device is None else torch.device(device):
        made, arguments = classes[way]
        return made(**arguments)


_Made: TypeAlias = "tuple[type[nn.Module], Mapping[str, Given]]"

_CLASSES: WeakKeyDictionary[Program, dict[tuple[bool, bool], _Made]] = WeakKeyDictionary()
"""The classes of programs that are still in use, with arguments, by whether they have a guard and
free what they have read."""

_LOCK = Lock()
_numbers = count()


def _class(program: Program, guard: bool, frees: bool) -> _Made:
    """The class that a program's text defines, and its arguments; tracebacks show that text."""
    from torch import nn

    text = emitted(program, guard=guard)
    name, source = text.class_name, text.source
    file = f"<netlang {name} {next(_numbers)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, object] = {"__name__": f"netlang_{name}"}
    # The text is built from trees of our own: nothing from a spec is in it but names and literals.
    code = freeing(ast.parse(source)) if frees else source
    exec(compile(code, file, "exec"), namespace)
    made = namespace[name]
    if not isinstance(made, type) or not issubclass(made, nn.Module):
        raise InternalError(f"the emitted source doesn't define the class {name}")
    finalize(made, linecache.cache.pop, file, None).atexit = False
    return made, text.arguments
