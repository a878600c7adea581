"""A slip of the pen, wherever it is made in a net: one message, and its fix is what was meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

import pytest

from netlang.diagnostics.edits import apply_edits, fits
from netlang.diagnostics.render.text import render_text
from netlang.modules.files import bundled_files
from netlang.source import Source
from tests.support import check_source

NETS = ("resnet", "unet", "googlenet", "densenet", "mobilenet_v2", "tcn")
MERGE = re.compile(r"\b(?:add|concat|mul)(?:\([^()\n]*\))? (?=\{)")
PLACES = 3
"""In how many places of a file each slip is made."""

Slips = Callable[[str], Iterator[str]]


def text_of(name: str) -> str:
    """A bundled file without its comments and recipes, in which these marks mean something else."""
    text = bundled_files()[name].read_text(encoding="utf-8")
    return re.sub(r"#[^\n]*", "", text.partition("\ntrain ")[0])


def instead(pattern: str, template: str) -> Slips:
    """Everything that matches, in turn, replaced."""

    def made(text: str) -> Iterator[str]:
        for found in re.finditer(pattern, text):
            yield text[: found.start()] + found.expand(template) + text[found.end() :]

    return made


def in_brackets(text: str) -> Iterator[str]:
    """The braces of a merge as brackets, as those of a list."""
    for found in MERGE.finditer(text):
        start, depth = found.end(), 0
        for place in range(start, len(text)):
            depth += (text[place] == "{") - (text[place] == "}")
            if not depth:
                inside = text[start + 1 : place]
                yield f"{text[:start]}[{inside}]{text[place + 1 :]}"
                break


SLIPS: dict[str, Slips] = {
    "fat arrow": instead("->", "=>"),
    "long arrow": instead("->", "-->"),
    "greater": instead("->", ">"),
    "pipe": instead(r"->", "|"),
    "tuple for a shape": instead(r"(input \w+: )\[([^\]\n]*)\]", r"\1(\2)"),
    "brackets for braces": in_brackets,
    "capital x": instead(r"(?<=[(,] \d)x(?=\d)", "X"),
}


def spread(made: list[str]) -> Iterator[str]:
    return islice(made, 0, None, max(1, len(made) // PLACES))


@pytest.mark.parametrize("slip", SLIPS)
def test_one_message_whose_fix_is_what_was_meant(slip: str) -> None:
    tried = 0
    for name in NETS:
        text = text_of(name)
        assert not check_source(Source("a.net", text))
        for wrong in spread(list(SLIPS[slip](text))):
            tried += 1
            source = Source("a.net", wrong)
            found = check_source(source)
            assert len(found) == 1, "\n".join(map(render_text, found))
            fix = found[0].fix
            assert fix is not None
            assert fits(fix, source)
            mended = apply_edits(wrong, fix.edits)
            assert mended.split() == text.split()
    assert tried > PLACES
