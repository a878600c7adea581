"""The bundled files: what each claims of its nets holds, and each says which paper it is of."""

from __future__ import annotations

import re

import pytest

from netlang.analysis.asserts import check_asserts
from netlang.elaborate.check import check_definitions
from netlang.modules.files import bundled_definitions, bundled_files
from netlang.modules.library import Library
from netlang.source import Source

FILES = sorted(bundled_files())
# The perceptrons of logic are older than papers that one would cite.
WITHOUT_PAPER = {"perceptron"}
# Where a paper that is not on arXiv appeared, behind its year.
ELSEWHERE = re.compile(r"\. (19|20)\d\d\. [A-Z][A-Za-z. ]+")


@pytest.mark.parametrize("name", FILES)
def test_claims_hold(name: str) -> None:
    path = bundled_files()[name]
    module = Library().module(Source(path.name, path.read_text(encoding="utf-8")), path.parent)
    checked = check_definitions(module)
    assert [error.message for error in checked.diagnostics] == []
    assert [error.message for error in check_asserts(module, checked.programs)] == []
    doc = module.file.doc
    assert doc is not None
    assert "arXiv:" in doc or ELSEWHERE.search(doc) or name in WITHOUT_PAPER


def test_names_of_nets_are_unique() -> None:
    names = [name for kind, name, _ in bundled_definitions() if kind == "net"]
    assert len(names) == len(set(names))
