"""Resolves what the user names: ``resnet50``, ``file.net:net(classes=10)``, ``file:block``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from os.path import isdir, isfile
from pathlib import Path

from netlang import diagnostics
from netlang.diagnostics import language
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.blocks.alone import input_line
from netlang.elaborate.blocks.from_python import from_python, with_python_values
from netlang.elaborate.program import elaborate
from netlang.evaluate.binding import bind
from netlang.ir.program import Program
from netlang.modules.choice import NOUNS, chosen
from netlang.modules.files import (
    bundled_definitions,
    bundled_files,
    bundled_name,
    not_a_spec,
    of_text,
)
from netlang.modules.library import Library, Module
from netlang.modules.nets import block_layer, net_layer
from netlang.records import Record
from netlang.source import Source, Span
from netlang.syntax import ast
from netlang.syntax.lalr import Stuck, parse_part
from netlang.syntax.limits import Mistake

__all__ = [
    "Target", "block_program", "elaborate_target", "from_python", "load_program", "means_recipe",
    "names_recipe", "net_or_block", "readable", "resolve", "resolve_text",
]  # fmt: skip

_SPEC = re.compile(r"(?P<where>[^()]+?)\s*(?P<arguments>\(.*\))?\s*", re.DOTALL)


class Target(Record):
    """What a spec text names: a file, something in it of a `kind`, and arguments as written."""

    text: str
    module: Module
    name: str
    kind: str
    arguments: tuple[ast.Argument, ...]
    span: Span


def load_program(spec: str | Path, **arguments: object) -> Program:
    """The program of a net.

    `spec` is ``file.net``, ``file.net:net``, a bundled name, or one of these called; `arguments`
    are those of the net, as plain Python values. Raises `NetlangError`.
    """
    target = resolve(spec, "net")
    return elaborate_target(target, arguments)


def elaborate_target(target: Target, arguments: dict[str, object] | None = None) -> Program:
    """The program of the net that was named."""
    layer = net_layer(target.module, target.name, target.span)
    layer = bind(layer, target.arguments, target.module.evaluator().value, target.span)
    layer = with_python_values(layer, arguments or {}, target.span)
    item = target.module.nets().get(target.name)
    return elaborate(layer, target.name, target.span, item.doc if item else None)


def net_or_block(spec: str | Path) -> Target:
    """The net that a spec text names, or the block of a file."""
    try:
        return resolve(spec, "net")
    except NetlangError as error:
        first = error.diagnostics[0]
        if not (isinstance(first, diagnostics.NetNotInFile) and first.is_block):
            raise
    return resolve(spec, "block")


def block_program(
    target: Target, inputs: Iterable[str], arguments: dict[str, object] | None = None
) -> Program:
    """The program of a block by itself, whose `inputs` have types like ``[64, H=56, W=56]``."""
    layer = block_layer(target.module, target.name, target.span)
    layer = bind(layer, target.arguments, target.module.evaluator().value, target.span)
    layer = with_python_values(layer, arguments or {}, target.span)
    lines = tuple(input_line(number, text) for number, text in enumerate(inputs))
    return elaborate(layer, target.name, target.span, inputs=lines)


def resolve(spec: str | Path, kind: str = "net", library: Library | None = None) -> Target:
    """The file and name for a spec text or path; `kind` is ``net``, ``train`` or ``block``."""
    spec = str(spec)
    match = _SPEC.fullmatch(spec.strip())
    if match is None:
        raise NetlangError(diagnostics.BadSpec(span=None, text=spec))
    source = Source("<spec>", spec)
    where, _, name = match["where"].partition(":")
    called = match["arguments"] is not None
    module, found = _locate(library, where.strip(), name.strip() or None, kind, called)
    return Target(spec, module, found, kind, _arguments_of(source), Span(source, 0, len(spec)))


def resolve_text(text: str, name: str | None = None, library: Library | None = None) -> Target:
    """The net of a spec that is given as its text, or else the recipe; no file is beside it.

    Without a `name`, it is the only possible one. A `library` has the files that were opened for
    other texts. Raises `NetlangError`.
    """
    source = of_text(text)
    module = readable((library or Library()).module(source, None))
    recipes = name in module.recipes if name else bool(module.recipes)
    nets = name in module.nets() if name else bool(module.nets())
    kind = "train" if recipes and not nets else "net"
    found = chosen(module, source.name, name, kind, called=False)
    return Target(found, module, found, kind, (), Span(Source("<spec>", found), 0, len(found)))


def names_recipe(spec: str | Path, library: Library | None = None) -> bool:
    """Whether a spec text means a recipe: one has that name, and no net does."""
    text = str(spec).strip()
    match = _SPEC.fullmatch(text)
    if match is None:
        return False
    where, _, name = (part.strip() for part in match["where"].partition(":"))
    if _is_file(where):
        library, path = _opened(where, library)
        module = library.open(path)
    elif name and where in bundled_files():
        module = (library or Library()).open(bundled_files()[where], bundled_name(where))
    else:
        kinds = {kind for kind, each, _ in bundled_definitions() if each == (name or where)}
        return kinds == {"train"}
    if name:
        return name in module.recipes and name not in module.nets()
    return bool(module.recipes) and not module.nets()


def means_recipe(spec: str, error: NetlangError) -> bool:
    """Whether `spec`, which names no net for the reason given, names a recipe instead.

    A recipe stands for the net that it trains wherever a net is wanted.
    """
    nameless = (diagnostics.NetNotInFile, diagnostics.NoNetInFile, diagnostics.UnknownBundled)
    return isinstance(error.diagnostics[0], nameless) and names_recipe(spec)


def _locate(
    library: Library | None, where: str, name: str | None, kind: str, called: bool
) -> tuple[Module, str]:
    if _is_file(where):
        library, path = _opened(where, library)
        module = readable(library.look_at(path))
        return module, chosen(module, where, name, kind, called)
    library = library or Library()
    if Path(where).suffix and isfile(where):
        raise not_a_spec(Path(where), where)
    if name is None:
        return _locate_bundled(library, where, kind)
    files = bundled_files()
    if where not in files:
        owners = [file for _, each, file in bundled_definitions() if each == where]
        if not owners:
            raise _unknown_name(where, kind)
        where = owners[0]
    module = library.open(files[where], bundled_name(where))
    return module, chosen(module, where, name, kind, called)


def _is_file(where: str) -> bool:
    """Whether a text names a file, on the disk or in a revision, and no bundled one."""
    marks = "/" in where, "\\" in where, ".net@" in where
    return where.endswith((".net", ".onnx")) or any(marks)


def _opened(where: str, library: Library | None) -> tuple[Library, Path]:
    """The library and path for the file that a text names: ``file.net``, ``file.net@HEAD~1``."""
    if ".net@" in where and not where.endswith(".net"):
        from netlang.modules.revisions import Revision, split_revision  # few specs have one

        named = split_revision(where)
        if named is not None:
            return Library(Revision(Path(named[0]), named[1])), Path(named[0])
    return library or Library(), Path(where)


def readable(module: Module) -> Module:
    """A file without mistakes in it. Raises `NetlangError` with every problem of its text."""
    if not module.mistakes:
        return module
    from netlang.elaborate.check import (  # only here: few files have mistakes
        check_definitions,
        in_order,
    )

    checked = check_definitions(module)
    for each in module.mistakes:
        checked.report(NetlangError(each))
    raise NetlangError(*in_order(checked.diagnostics, module.source))


def _locate_bundled(library: Library, name: str, kind: str) -> tuple[Module, str]:
    """A bundled net or recipe by its own name, or by its file if that has only one."""
    files = bundled_files()
    owners = _owners().get((kind, name), ())
    if len(owners) > 1:
        choices = ", ".join(f"`{owner}:{name}`" for owner in owners)
        raise NetlangError(language.BundledTwice(span=None, name=name, choices=choices))
    if owners:
        return library.open(files[owners[0]], bundled_name(owners[0])), name
    if name in files:
        module = library.open(files[name], bundled_name(name))
        return module, chosen(module, name, None, kind, called=True)
    raise _unknown_name(name, kind)


@cache
def _owners() -> dict[tuple[str, str], tuple[str, ...]]:
    """The bundled files that define a net or recipe, by its kind and name."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for kind, name, file in bundled_definitions():
        found[kind, name] = (*found.get((kind, name), ()), file)
    return found


def _unknown_name(name: str, kind: str) -> NetlangError:
    from netlang.advice.similar import nearest  # only here: an error

    if isdir(name):
        inside = sorted(path.as_posix() for path in Path(name).glob("*.net"))
        advice = f"name a file in it: `{inside[0]}`" if inside else "no `.net` file is in it"
        return NetlangError(diagnostics.IsADirectory(span=None, path=name, advice=advice))
    known = [each for defined, each, _ in bundled_definitions() if defined == kind]
    match = f"{name}.net" if isfile(f"{name}.net") else nearest(name, known)
    advice = f"did you mean `{match}`?" if match else "`netlang list` shows what is bundled"
    return NetlangError(
        diagnostics.UnknownBundled(span=None, name=name, kind=NOUNS[kind], advice=advice)
    )


def _arguments_of(source: Source) -> tuple[ast.Argument, ...]:
    """The arguments of a called spec, parsed like the language's own."""
    text = source.text.rstrip()
    callee = re.search(r"\w+\s*(?=\()", text)
    if callee is None or not text.endswith(")"):
        return ()
    try:
        call = parse_part(source, "conditional", callee.start(), len(text))
    except (Stuck, Mistake):
        call = None
    if isinstance(call, ast.Call):
        return call.arguments
    raise NetlangError(diagnostics.BadSpec(span=None, text=source.text))
