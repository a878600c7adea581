"""What a source on the command line names: a module, with an example of its input.

``torchvision:NAME`` and ``timm:NAME`` are models of these packages; ``package.module:factory(...)``
is any function or class that gives a module, called with literals. Each runs code of the source.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager
from importlib import import_module
from math import prod
from typing import Any, final

import torch
from torch import Tensor, nn

from netlang.backends.torch.importing.diagnostics import BadSource
from netlang.backends.torch.importing.foreign import foreign_code
from netlang.backends.torch.importing.keras.kinds import is_keras
from netlang.diagnostics.errors import NetlangError
from netlang.extras import broken
from netlang.records import Record
from netlang.targets.importing import ImportOptions

__all__ = [
    "MOST_ELEMENTS", "TAKEN_TYPES", "FoundModule", "example_of", "find", "in_folder", "type_of",
]  # fmt: skip

_TYPE = re.compile(r"(float32|int64)?\[\s*([1-9]\d*(?:\s*,\s*[1-9]\d*)*)\s*\]", re.ASCII)
MOST_ELEMENTS = 1 << 26
"""Of an example."""
TAKEN_TYPES = frozenset((torch.float32, torch.int64, torch.int32, torch.uint8, torch.bool))
"""The types of inputs and weights that a spec can have."""
_FORMS = (
    "write `torchvision:resnet50`, `timm:resnet50d` or `package.module:factory(args)`, whose"
    " arguments are numbers, strings, lists and the like"
)
_FILES = (
    "a file is `FILE.onnx`, `FILE.pt2` or `FILE.keras`; else write `package.module:factory(args)`,"
    " `torchvision:resnet50` or `timm:resnet50d`"
)


@final
class FoundModule(Record, eq=False):
    """A module, an example of what it is given, and the name of what made it.

    It may be a model of Keras, which isn't a module under each of its backends.
    """

    module: nn.Module
    example: tuple[Tensor, ...]
    name: str


@final
class _Call(Record):
    """`package.module:factory(args)`, taken apart."""

    place: str
    names: tuple[str, ...]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def find(options: ImportOptions, say: Callable[[str], None]) -> FoundModule:
    """The module that a source names, made by the source's code: `say` is told before."""
    source = options.source
    for word, asked in (("--no-batch", not options.batch), ("--graph", not options.spec)):
        if asked:
            raise _bad(source, f"`{word}` is for files", "leave it out")
    call = _parsed(source)
    makers = {"torchvision": _torchvision, "timm": _timm}
    given = [type_of(source, text) for text in options.inputs]
    say(f"running the code of {source}")
    module, shapes = makers.get(call.place, _factory)(source, call)
    given = given or shapes
    if is_keras(module):
        if given:
            raise _bad(source, "a model of Keras says what it is given", "leave out `--input`")
    elif not given:
        advice = "give it: `--input '[3, 224, 224]'`, once for each input, without the batch"
        raise _bad(source, "nothing says what it is given", advice)
    return FoundModule(module, example_of(given), call.names[-1])


def example_of(types: Sequence[tuple[torch.dtype, tuple[int, ...]]]) -> tuple[Tensor, ...]:
    """Two examples of each input."""
    return tuple(torch.zeros((2, *shape), dtype=dtype) for dtype, shape in types)


@contextmanager
def in_folder() -> Iterator[None]:
    """Inside, modules are looked for in the current folder too; afterwards it is current again."""
    here = os.getcwd()
    sys.path.insert(0, here)
    try:
        with chdir(here):
            yield
    finally:
        if here in sys.path:
            sys.path.remove(here)


def _parsed(source: str) -> _Call:
    place, colon, text = source.partition(":")
    try:
        tree = ast.parse(text.strip() if colon else "", mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        if not colon:
            raise _bad(source, "it is no file that is read", _FILES) from None
        raise _bad(source, "it isn't a name or a call", _FORMS) from None
    call = tree if isinstance(tree, ast.Call) else ast.Call(tree, [], [])
    names = tuple(ast.unparse(call.func).split("."))
    words = [*place.split("."), *names]
    if not all(word.isidentifier() for word in words):
        raise _bad(source, "it isn't a name or a call", _FORMS)
    try:
        args = tuple(ast.literal_eval(each) for each in call.args)
        kwargs = {each.arg or "": ast.literal_eval(each.value) for each in call.keywords}
    except (ValueError, TypeError, MemoryError, RecursionError):
        raise _bad(source, "an argument isn't a literal", _FORMS) from None
    if "" in kwargs:
        raise _bad(source, "`**` stands for arguments that it doesn't show", _FORMS)
    return _Call(place, names, args, kwargs)


_Shapes = list[tuple[torch.dtype, tuple[int, ...]]]


def _torchvision(source: str, call: _Call) -> tuple[nn.Module, _Shapes]:
    try:
        models = import_module("torchvision.models")
    except RuntimeError as error:
        raise broken("torchvision", str(error)) from error
    name = call.names[-1]
    if name not in models.list_models():
        raise _bad(source, f"torchvision has no model `{name}`", _close(name, models.list_models()))
    module = _made(source, models.get_model, (name, *call.args), call.kwargs)
    size = 224
    weights = models.get_model_weights(name)
    if len(weights):
        size = getattr(weights.DEFAULT.transforms(), "crop_size", [224])[0]
    return module, [(torch.float32, (3, size, size))]


def _timm(source: str, call: _Call) -> tuple[nn.Module, _Shapes]:
    try:
        timm = import_module("timm")
    except RuntimeError as error:
        raise broken("torchvision", str(error)) from error
    name = call.names[-1]
    if not timm.is_model(name):
        raise _bad(source, f"timm has no model `{name}`", _close(name, timm.list_models()))
    module = _made(source, timm.create_model, (name, *call.args), call.kwargs)
    config = getattr(module, "pretrained_cfg", {})
    return module, [(torch.float32, tuple(config.get("input_size", (3, 224, 224))))]


def _factory(source: str, call: _Call) -> tuple[nn.Module, _Shapes]:
    advice = "the module is looked for as Python does, and in the current folder"
    with foreign_code(lambda reason: _bad(source, reason, advice)):
        try:
            found: Any = import_module(call.place)
            for name in call.names:
                found = getattr(found, name)
        except (ImportError, AttributeError) as error:
            raise _bad(source, str(error), advice) from error
    if isinstance(found, nn.Module) or is_keras(found):
        return found, []
    return _made(source, found, call.args, call.kwargs), []


def _made(source: str, factory: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> nn.Module:
    with foreign_code(lambda reason: _bad(source, reason, _FORMS)):
        module: nn.Module = factory(*args, **kwargs)
    if not isinstance(module, nn.Module) and not is_keras(module):
        raise _bad(source, f"it gives a {type(module).__name__}, not a module", _FORMS)
    return module


def type_of(source: str, text: str) -> tuple[torch.dtype, tuple[int, ...]]:
    """The type that a text says: `[3, 224, 224]`, `int64[16]`. Raises `NetlangError`."""
    found = _TYPE.fullmatch(text.strip())
    if found is None:
        raise _bad(
            source, f"`{text}` isn't a type of an input", "write `[3, 224, 224]`, `int64[16]`"
        )
    written = found[2].split(",")
    sizes = tuple(map(int, written)) if all(len(each) < 12 for each in written) else None
    if sizes is None or prod(sizes) > MOST_ELEMENTS:
        advice = f"an example has at most {MOST_ELEMENTS:,} elements"
        raise _bad(source, f"`{text}` is too large to compute with", advice)
    return (torch.int64 if found[1] == "int64" else torch.float32), sizes


def _close(name: str, names: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=1)
    return f"did you mean `{near[0]}`?" if near else "the package lists its models"


def _bad(source: str, reason: str, advice: str) -> NetlangError:
    return NetlangError(BadSource(span=None, source=source, reason=reason, advice=advice))
