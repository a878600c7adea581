"""Which net, recipe or block of a file is meant, if its name is given or only one is possible."""

from __future__ import annotations

from collections.abc import Iterable

from netlang import diagnostics
from netlang.diagnostics.errors import NetlangError
from netlang.modules.library import Module
from netlang.modules.nets import named
from netlang.syntax import ast

__all__ = ["NOUNS", "chosen"]

NOUNS = {"net": "net", "train": "recipe", "block": "block"}
"""What each kind of definition is called in messages."""
_BY_ITSELF = (
    "`{}` is a block: `compile`, `summary` and `draw` take it with the shape of its input, "
    "`--input '[64, H=56, W=56]'`"
)


def chosen(module: Module, shown: str, name: str | None, kind: str, called: bool) -> str:
    """The net or recipe of a file that was named, or the only possible one."""
    known = named(module, kind)
    noun = NOUNS[kind]
    available = _listed(known)
    if name is not None:
        if name in known:
            return name
        is_block = kind == "net" and name in named(module, "block")
        available = available or _nothing(module, kind)
        if is_block:
            available += f"; {_BY_ITSELF.format(name)}"
        raise NetlangError(
            diagnostics.NetNotInFile(
                span=None, path=shown, name=name, kind=noun, available=available, is_block=is_block
            )
        )
    if not known:
        raise _nothing_to_choose(module, shown, kind)
    if len(known) > 1 and kind == "net" and not called:
        known = _complete(module, known) or known
    if len(known) > 1:
        example = f"{shown}:{known[-1]}"
        raise NetlangError(
            diagnostics.SeveralNets(
                span=None, path=shown, available=available, example=example, kind=noun
            )
        )
    return known[0]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)


def _nothing(module: Module, kind: str) -> str:
    """What a file has in place of the nets or recipes that it lacks."""
    if kind == "net" and module.recipes:
        return f"no net, and the recipe{'s' * (len(module.recipes) > 1)} {_listed(module.recipes)}"
    return f"no {NOUNS[kind]}"


def _nothing_to_choose(module: Module, shown: str, kind: str) -> NetlangError:
    """The error for a file without the requested kind."""
    if kind == "net":
        return NetlangError(diagnostics.NoNetInFile(span=None, path=shown))
    net = next(iter(module.nets()), "name")
    advice = f"training needs one: `train recipe {{ model: {net}() ... }}`"
    return NetlangError(diagnostics.NoRecipeInFile(span=None, path=shown, advice=advice))


def _complete(module: Module, names: list[str]) -> list[str]:
    """The nets that need no more arguments, which are also those that `check` builds."""
    nets = module.nets()
    open_ones = [
        name
        for name in names
        if isinstance(item := nets[name], ast.NetDef)
        and any(parameter.default is None for parameter in item.parameters)
    ]
    complete = [name for name in names if name not in open_ones]
    return complete if len(complete) == 1 else []
