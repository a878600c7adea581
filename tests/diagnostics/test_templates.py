"""Texts of diagnostics: numbers with their nouns, and whether all messages say them right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netlang.diagnostics.templates import fields_of, filled

TESTS = Path(__file__).parents[1]
PARTS = "{batch:example/examples} in {parts:part/parts} of {size:,} bytes"
# Verbs end in "s" too.
SEVERAL = re.compile(r"(?<![\w.,:/*+-])1 (?!is\b|has\b|as\b|was\b)[a-z]+s\b")


@pytest.mark.parametrize(
    ("batch", "parts", "text"),
    [
        (1, 1, "1 example in 1 part of 4,096 bytes"),
        (8, 2, "8 examples in 2 parts of 4,096 bytes"),
        ("1", "H//2", "1 example in H//2 parts of 4,096 bytes"),
    ],
)
def test_nouns_go_with_their_numbers(batch: object, parts: object, text: str) -> None:
    assert filled(PARTS, {"batch": batch, "parts": parts, "size": 4096}) == text


def test_fields_are_those_that_a_template_shows() -> None:
    assert sorted(fields_of(PARTS)) == ["batch", "parts", "size"]
    assert fields_of("{{not one}}") == ()


def test_no_message_speaks_of_one_in_the_plural() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in TESTS.rglob("*.err")}
    assert len(texts) > 500
    found = {path.name: match.group() for path, t in texts.items() if (match := SEVERAL.search(t))}
    assert not found
