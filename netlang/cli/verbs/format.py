"""`netlang fmt`: one layout for every file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, final

import click

if TYPE_CHECKING:
    from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["command"]

STDIN = "-"


def command() -> click.Command:
    return click.Command(
        "fmt",
        callback=_format,
        params=[
            click.Argument(["files"], nargs=-1, required=True, metavar="FILE..."),
            click.Option(
                ["--check"],
                is_flag=True,
                help="Write nothing; list the files that would change, with exit status 1.",
            ),
            click.Option(
                ["--diff"],
                is_flag=True,
                help="Write nothing; show what would change, line by line.",
            ),
        ],
        help="Lay out .net files in the one way; comments stay, and the meaning does. FILE `-` is"
        " standard input, written to standard output; a folder is all .net files under it.",
        short_help="Lay out files in the one way.",
    )


@final
class _Text(NamedTuple):
    """A file before and after formatting; `path` is None for standard input."""

    name: str
    path: Path | None
    before: bytes
    after: bytes

    @property
    def changes(self) -> bool:
        return self.before != self.after


def _format(files: tuple[str, ...], check: bool, diff: bool) -> int:
    from netlang.cli.arguments.folders import files_in, is_folder
    from netlang.cli.failures import REFUSED, show
    from netlang.diagnostics.errors import NetlangError

    errors: list[Diagnostic] = []
    refused = False
    looked, changed = 0, 0
    try:
        names = list(files_in(files))
    except NetlangError as error:
        names = []
        errors.extend(error.diagnostics)
    for name in names:
        looked += 1
        try:
            text = _read(name)
            changed += text.changes
            if check or diff:
                refused |= check and text.changes
                _report(text, diff)
            else:
                _write(text)
        except NetlangError as error:
            errors.extend(error.diagnostics)
    if errors:
        show(tuple(errors))
    if names and not diff and any(map(is_folder, files)):
        would = "would change" if check else "changed"
        click.echo(f"looked at {looked} file{'s' * (looked != 1)}: {changed} {would}", err=True)
    return REFUSED if errors or refused else 0


def _read(name: str) -> _Text:
    from netlang.modules.files import read
    from netlang.syntax.format import format_source

    if name == STDIN:
        shown, path = "<stdin>", None
        before = _piped(shown)
        text = _decoded(before, shown)
    else:
        path, shown = Path(name), name
        text = read(path).text
        before = path.read_bytes()
    return _Text(shown, path, before, format_source(text, shown).encode())


def _piped(shown: str) -> bytes:
    """What standard input has; a pipe may have no end."""
    from netlang.diagnostics.errors import NetlangError
    from netlang.diagnostics.files import FileTooLarge
    from netlang.syntax.limits import MAX_CHARACTERS

    content = sys.stdin.buffer.read(MAX_CHARACTERS + 1)
    if len(content) > MAX_CHARACTERS:
        most = f"{MAX_CHARACTERS // 2**20} MiB"
        raise NetlangError(
            FileTooLarge(span=None, path=shown, size=f"more than {most}", limit=f"at most {most}")
        )
    return content


def _decoded(content: bytes, name: str) -> str:
    from netlang.diagnostics.errors import NetlangError
    from netlang.diagnostics.files import FileNotUtf8

    try:
        return content.decode()
    except UnicodeDecodeError as error:
        byte = f"0x{content[error.start]:02x}"
        where = FileNotUtf8(span=None, path=name, offset=error.start, byte=byte)
        raise NetlangError(where) from None


def _report(text: _Text, diff: bool) -> None:
    """What would change: the file's name, or its lines as a patch."""
    from netlang.diagnostics.texts import visible

    if not text.changes:
        return
    if not diff:
        click.echo(visible(text.name))
        return
    from difflib import unified_diff
    from io import StringIO

    before, after = (
        StringIO(content.decode(), newline="\n").readlines()
        for content in (text.before, text.after)
    )
    name = visible(text.name)
    for line in unified_diff(before, after, name, name):
        click.echo(line.encode(), nl=False)
        if not line.endswith("\n"):
            click.echo("\n\\ No newline at end of file")


def _write(text: _Text) -> None:
    from netlang.atomic import replace_file
    from netlang.diagnostics.errors import NetlangError
    from netlang.diagnostics.files import WriteFailed
    from netlang.diagnostics.texts import visible

    if text.path is None:
        click.echo(text.after, nl=False)
    elif text.changes:
        target = text.path.resolve()
        try:
            replace_file(target, text.after, target.stat().st_mode & 0o7777)
        except OSError as error:
            raise NetlangError(WriteFailed.of(text.name, error)) from error
        click.echo(f"formatted {visible(text.name)}")
