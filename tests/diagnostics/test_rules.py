"""The explanations of the codes: each has one, its bad example shows it, its good one compiles."""

from __future__ import annotations

import pytest

from netlang.diagnostics.catalogue import codes, rule
from netlang.source import Source
from tests.errors_of_the_project import all_errors
from tests.support import check_source

# Specs can't show them: `rule` names a command instead, or says when it comes to it.
CODES = codes()


def test_every_code_is_explained() -> None:
    assert set(CODES) == {each.code for each in all_errors()}


@pytest.mark.parametrize("code", CODES)
def test_rule_is_whole(code: str) -> None:
    found = rule(code)
    assert found
    assert found.title
    assert found.text.endswith(".")
    assert bool(found.bad and found.good) != bool(found.command)
    for part in (found.title, found.bad, found.good, found.command):
        for line in part.splitlines():
            assert line in found.plain
            assert line in found.markdown


@pytest.mark.parametrize("code", [code for code in CODES if (found := rule(code)) and found.bad])
def test_examples(code: str) -> None:
    found = rule(code)
    assert found
    assert {each.code for each in check_source(Source("bad.net", found.bad))} == {code}
    assert [each.message for each in check_source(Source("good.net", found.good))] == []


def test_no_such_code() -> None:
    assert rule("E9999") is None
    assert rule("../rules/E0412") is None
