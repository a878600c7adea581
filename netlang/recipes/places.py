"""The location of data sets and trained weights on this machine, which no spec contains.

A name is looked up on the command line (`--data NAME=PATH`), then in the environment
(`NETLANG_DATA_NAME`), then in a file: `$NETLANG_CONFIG`, or `netlang/data.toml` in the folder for
settings (`~/.config`), whose lines are `name = "path"`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import final

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.data import BadSettings, DataNotPlaced, DataNotThere, UnusedPlace
from netlang.recipes.recipe import Recipe
from netlang.records import Record, field
from netlang.regular import read_bytes
from netlang.source import Span

__all__ = ["Places", "placed_names", "settings_file"]

_LARGEST = 2**20
"""The most bytes of the file with the locations of data."""


@final
class Places(Record):
    """Paths by name from the command line; others are looked up on demand."""

    given: Mapping[str, Path] = field(default_factory=dict)

    def known(self, name: str) -> Path | None:
        """The path of a name, or None if nothing gives it."""
        if name in self.given:
            return self.given[name].expanduser()
        variable = os.environ.get(_variable(name))
        if variable:
            return Path(variable).expanduser()
        return _settings().get(name)

    def find(self, name: str, span: Span | None = None) -> Path:
        """The path of a name, which must exist. Raises `NetlangError`."""
        path = self.known(name)
        if path is None:
            raise NetlangError(
                DataNotPlaced(
                    span=span, name=name, variable=_variable(name), settings=str(settings_file())
                )
            )
        if not path.exists():
            looked = f"`{name}` was looked for there"
            raise NetlangError(DataNotThere(span=span, what=f"`{path}`", where="", advice=looked))
        return path

    def paths(self, recipe: Recipe) -> dict[str, str | None]:
        """Where the data and weights of a recipe are, absolute; None for those found elsewhere."""
        paths = {name: self.known(name) for name in placed_names(recipe)}
        return {
            name: None if path is None else str(path.absolute()) for name, path in paths.items()
        }

    def require_used(self, recipe: Recipe) -> None:
        """Raises `NetlangError` for a path that isn't used, since its name may be misspelt."""
        names = placed_names(recipe)
        unused = [name for name in self.given if name not in names]
        if unused:
            raise NetlangError(
                *(
                    UnusedPlace(
                        span=None,
                        name=name,
                        recipe=recipe.name,
                        available=", ".join(f"`{each}`" for each in names) or "nothing",
                    )
                    for name in unused
                )
            )


def placed_names(recipe: Recipe) -> tuple[str, ...]:
    """The names that a recipe needs: its data, and the weights that it starts from."""
    weights = None if recipe.weights is None else recipe.weights.file
    return tuple(name for name in (recipe.data.place, weights) if name is not None)


def settings_file() -> Path:
    """The file with the locations of data; it may not exist."""
    named = os.environ.get("NETLANG_CONFIG")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "netlang" / "data.toml"


def _variable(name: str) -> str:
    return f"NETLANG_DATA_{name.upper().replace('-', '_')}"


def _settings() -> Mapping[str, Path]:
    """The paths in the file; relative ones are relative to its folder."""
    file = settings_file()
    try:
        lines = tomllib.loads(_text(file))
    except FileNotFoundError:
        if not os.environ.get("NETLANG_CONFIG"):
            return {}
        raise _bad(file, "there is no such file") from None
    except (OSError, ValueError) as error:
        raise _bad(file, str(error)) from None
    return {name: file.parent / Path(path).expanduser() for name, path in _checked(file, lines)}


def _text(file: Path) -> str:
    content = read_bytes(file, _LARGEST)
    if len(content) > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST // 2**20} MiB")
    return content.decode("utf-8")


def _checked(file: Path, lines: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    for name, path in lines.items():
        if not isinstance(path, str):
            raise _bad(file, f'`{name}` isn\'t a path in quotes: write `{name} = "/data/{name}"`')
        yield name, path


def _bad(file: Path, why: str) -> NetlangError:
    return NetlangError(BadSettings(span=None, path=str(file), why=why))
