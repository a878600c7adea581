"""Files as namespaces: what each name of a file stands for, across imports.

Names are evaluated on first use, so their order in the file doesn't matter; a name that depends on
itself is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path

from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.builtins import is_word
from netlang.evaluate.environment import Environment
from netlang.evaluate.expressions import Evaluator, Figure
from netlang.evaluate.functions import ScopedFunction
from netlang.evaluate.nesting import room_for_nesting
from netlang.evaluate.values import BlockTarget, Broken, Layer, Namespace, Value
from netlang.evaluate.work import Work
from netlang.modules.chains import Chains
from netlang.modules.files import parsed, read
from netlang.modules.mentions import check_definition, check_function, refuse_again
from netlang.modules.storage import DISK, Storage
from netlang.ops import KEYWORDS
from netlang.source import Source, Span
from netlang.syntax import ast
from netlang.syntax.broken_text import BrokenText

__all__ = ["Library", "Module"]

_MOST_WORDS = 50  # unknown words of a block that may mean an unused name
_WITH_BODY = (ast.BlockDef, ast.NetDef)
Named = ast.Constant | ast.FunctionDef | ast.BlockDef | ast.NetDef | ast.NetAlias


class Library:
    """All files of one compilation, each read and parsed once."""

    def __init__(self, storage: Storage = DISK) -> None:
        self.storage = storage
        self._modules: dict[Path, Module] = {}
        self._refused: dict[Path, NetlangError] = {}
        self._opening: dict[Path, None] = {}
        self.chains = Chains()

    def open(self, path: Path, shown: str | None = None) -> Module:
        """The file at `path`, called `shown` in messages.

        Raises `NetlangError`, also if its text has errors: see `look_at`.
        """
        module = self.look_at(path, shown)
        if module.mistakes:
            raise NetlangError(*module.mistakes)
        return module

    def look_at(self, path: Path, shown: str | None = None) -> Module:
        """The file at `path` as far as it can be read. Raises `NetlangError` if there is none."""
        try:
            resolved = path.resolve()
        except (OSError, RuntimeError, ValueError):  # a link to itself, or no name: reading says
            return self.module(self.storage.read(path, shown), path.parent)
        if resolved in self._refused:
            raise self._refused[resolved]
        if resolved not in self._modules:
            try:
                self._modules[resolved] = self.module(self.storage.read(path, shown), path.parent)
            except NetlangError as error:
                self._refused[resolved] = error
                raise
        return self._modules[resolved]

    @property
    def files(self) -> tuple[tuple[Path, Source], ...]:
        """Every file opened so far, in order."""
        return tuple((path, module.source) for path, module in self._modules.items())

    @property
    def modules(self) -> tuple[Module, ...]:
        """Every module opened so far, in order."""
        return tuple(self._modules.values())

    @contextmanager
    def importing(self, path: Path, span: Span) -> Iterator[None]:
        """Inside, an import at `span` is followed to `path`. Raises if it leads back to itself."""
        resolved = path.resolve()
        if resolved in self._opening:
            cycle = " imports ".join(f"`{each.name}`" for each in (*self._opening, resolved))
            raise NetlangError(language.CircularImport(span=span, cycle=cycle))
        self._opening[resolved] = None
        try:
            yield
        finally:
            del self._opening[resolved]

    def module(self, source: Source, folder: Path | None) -> Module:
        """A text as a file in `folder`, as far as it can be read: see `Module.mistakes`."""
        return Module(self, source, folder, _prelude())


@cache
def _prelude() -> dict[str, Value]:
    """The names that every file knows, read once in a process, as netlang's own modules are."""
    source = read(Path(__file__).with_name("prelude.net"))
    return Module(Library(), source, None, {}).layers()


class Module(Namespace):
    """One file: its syntax tree and the values of its names.

    `mistakes` are what is wrong with its text. What they stand in is unknown: nothing that depends
    on it is an error again.
    """

    def __init__(
        self, library: Library, source: Source, folder: Path | None, prelude: dict[str, Value]
    ) -> None:
        self.library = library
        self.source = source
        self.folder = folder
        self.mistakes: list[Diagnostic] = []
        self.work = Work.for_text(source.text)
        try:
            self.file = parsed(source)
        except BrokenText as broken:
            self.file = broken.file
            self.mistakes += broken.diagnostics
        self._unread = frozenset(word for each in self.file.unread for word in each.words)
        self._prelude = prelude
        self._values: dict[str, Value | None] = {}
        self._lengths: dict[str, int] = {}
        self._named: dict[str, Named] = {}
        self._imported: dict[str, tuple[ast.FromImport, ast.Import]] = {}
        self._unknown: dict[str, list[str]] = {}
        self._opened: dict[int, Module] = {}
        self.recipes: dict[str, ast.TrainDef] = {}
        self._followed = False
        self._collect()

    @property
    def name(self) -> str:
        return self.source.name

    def _collect(self) -> None:
        """File the definitions by name; names defined twice and names unused are mistakes."""
        found: list[Diagnostic] = []
        for item in self.file.items:
            try:
                self._file(item)
            except NetlangError as error:
                found += error.diagnostics
        self.mistakes += [each for each in found if not self._misspelt(each)]

    def _misspelt(self, diagnostic: Diagnostic) -> bool:
        """Whether a name is unused because it is misspelt elsewhere, where that is reported."""
        from netlang.advice.similar import nearest  # only here: an error

        if not isinstance(diagnostic, (language.UnusedConstant, language.UnusedParameter)):
            return False
        item = self._named.get(diagnostic.block)
        words: list[str] = []
        if isinstance(item, _WITH_BODY) and diagnostic.span and diagnostic.span.advisable:
            words = self._unknown_words(item)
        return any(nearest(word, [diagnostic.name]) for word in words)

    def _unknown_words(self, item: ast.BlockDef | ast.NetDef) -> list[str]:
        """Some of the names in a block's expressions that nothing has."""
        if item.name not in self._unknown:
            from netlang.modules.unknown_names import unknown_words  # few files have mistakes

            words = dict.fromkeys(unknown_words(self, item))
            self._unknown[item.name] = list(words)[:_MOST_WORDS]
        return self._unknown[item.name]

    def _file(self, item: ast.Item) -> None:
        if isinstance(item, ast.FromImport):
            for name in item.names:
                self._imported[name.alias or name.name] = (item, name)
        elif isinstance(item, ast.TrainDef):
            refuse_again(item, self.recipes, iter(self.recipes))
            self.recipes[item.name] = item
        elif not isinstance(item, ast.Assert):
            refuse_again(item, self._named, self.names())
            self._named[item.name] = item
            if isinstance(item, _WITH_BODY) and ast.is_known(item):
                check_definition(self.file, item)
            elif isinstance(item, ast.FunctionDef):
                self._values[item.name] = Broken()  # if this fails, calls are no second error
                check_function(self.file, item)
                del self._values[item.name]

    def names(self) -> Iterator[str]:
        """Every name that the file defines or imports."""
        yield from self._named
        yield from self._imported

    @cached_property
    def known(self) -> dict[str, None]:
        """All names, in order."""
        return dict.fromkeys(sorted(self.names()))

    def nets(self) -> dict[str, ast.NetDef | ast.NetAlias]:
        """The nets that the file defines, by name."""
        return {
            name: item
            for name, item in self._named.items()
            if isinstance(item, (ast.NetDef, ast.NetAlias))
        }

    def definitions(self) -> Iterator[Named]:
        yield from self._named.values()

    def layers(self) -> dict[str, Value]:
        """All names with their values (for the prelude)."""
        return {name: value for name in self._named if (value := self.find(name)) is not None}

    def find(self, name: str) -> Value | None:
        """What `name` stands for in this file, or None. Raises for a definition with an error."""
        value = self._values.get(name)
        if value is not None:
            self.library.chains.needs(self._lengths.get(name, 0))
            return value
        if name in self._values:
            raise NetlangError(language.CircularConstant(span=self._span_of(name), name=name))
        if name in self._named or name in self._imported:
            self._values[name] = None
            try:
                link = self.library.chains.link(name, self._span_of(name), self._lengths)
                with link, room_for_nesting():
                    self._values[name] = self._evaluate(name)
            except NetlangError:
                self._values[name] = Broken()
                raise
            return self._values[name]
        known = self._prelude.get(name)
        if known is None and name in self._unread and not is_word(name):
            return Broken()
        return known

    def _span_of(self, name: str) -> Span:
        """Where a name of the file is defined or imported."""
        item = self._named.get(name)
        return item.name_span if item else self._imported[name][1].span

    def _evaluate(self, name: str) -> Value:
        if name in self._imported:
            return self._import(*self._imported[name])
        item = self._named[name]
        if isinstance(item, (ast.BlockDef, ast.NetDef)):
            return Layer(BlockTarget(item, self)) if ast.is_known(item) else Broken()
        if isinstance(item, ast.FunctionDef):
            return ScopedFunction(item, self.evaluator().names)
        return self.evaluator().value(item.value)

    def evaluator(
        self, keywords: frozenset[str] = KEYWORDS, figure: Figure | None = None
    ) -> Evaluator:
        """An evaluator for file level; `figure` returns the facts of nets."""
        names = Environment(self.find, work=self.work)
        return Evaluator(names, keywords=keywords, figure=figure)

    def _import(self, statement: ast.FromImport, name: ast.Import) -> Value:
        module = self.imported(statement)
        from netlang.modules.imports import imported_at, not_in_file

        with imported_at(statement):
            value = module.find(name.name)
        if value is not None and name.name in module.known:
            return value
        raise not_in_file(self.file, statement, name, module.known)

    def imported(self, statement: ast.FromImport) -> Module:
        """The imported module: beside this one, or bundled."""
        place = statement.span.start
        if place not in self._opened:
            from netlang.modules.imports import file_of, imported_at

            path, shown = file_of(statement, self.folder, self.name, self.library.storage)
            with self.library.importing(path, statement.module_span), imported_at(statement):
                module = self.library.open(path, shown)
                module.follow_imports()
            self._opened[place] = module
        return self._opened[place]

    def follow_imports(self) -> None:
        """Open every file that this one imports, once. Raises if one leads back to this one."""
        if self._followed:
            return
        for item in self.file.items:
            if isinstance(item, ast.FromImport):
                self.imported(item)
        self._followed = True
