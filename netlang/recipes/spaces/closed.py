"""The text of a file with other values in one of its recipes: what a search has chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netlang.diagnostics.diagnostic import Edit
from netlang.diagnostics.edits import apply_edits
from netlang.recipes.keys import LENGTHS
from netlang.source import Source, Span
from netlang.syntax import ast
from netlang.syntax.format import format_source

__all__ = ["closed_text"]


def closed_text(source: Source, definition: ast.TrainDef, given: Mapping[str, str]) -> str:
    """The formatted text of `source` with texts for parameters and keys of one of its recipes."""
    text = apply_edits(source.text, _edits(source, definition, given))
    return format_source(text, source.name)


def _edits(source: Source, definition: ast.TrainDef, given: Mapping[str, str]) -> Iterator[Edit]:
    parameters = {each.name: each for each in definition.parameters}
    entries = {each.key: each for each in definition.entries}
    lines = []
    for key, text in given.items():
        other = entries.get(LENGTHS.get(key, ""))
        if key in parameters:
            yield _default(source, parameters[key], text)
        elif key in entries:
            yield Edit(entries[key].value.span, text)
        elif other is not None:
            yield Edit(other.span, f"{key}: {text}")
        else:
            lines.append(f"{key}: {text}")
    if lines:
        end = definition.entries[-1].span.end
        yield Edit(Span(source, end, end), "".join(f"\n{line}" for line in lines))


def _default(source: Source, parameter: ast.Parameter, text: str) -> Edit:
    if parameter.default is not None:
        return Edit(parameter.default.span, text)
    end = parameter.name_span.end
    return Edit(Span(source, end, end), f"={text}")
