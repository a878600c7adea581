"""Modules of diagnostics that say which codes they have, held against their classes."""

from __future__ import annotations

import ast
import re
from importlib import import_module

import pytest

from netlang.diagnostics.diagnostic import Diagnostic
from tests.test_architecture import MODULES, parsed

CODE = re.compile(r"([EW]\d{2,4})(x*)(?: to ([EW]\d{4}))?")


def codes_of(module: str) -> set[str]:
    """The codes of the classes that a module defines."""
    classes = [each for each in vars(import_module(module)).values() if isinstance(each, type)]
    return {
        each.code
        for each in classes
        if issubclass(each, Diagnostic) and each.__module__ == module and "code" in vars(each)
    }


def is_said(code: str, docstring: str) -> bool:
    """Whether `E0101 to E0129`, `E02xx` or the code itself is in a docstring."""
    for first, rest, last in CODE.findall(docstring):
        if first <= code <= last if last else code.startswith(first) if rest else code == first:
            return True
    return False


DEFINED = re.compile(r'^    code(?:: ClassVar\[str\])? = "[EW]\d{4}"$', re.M)
SAYING = [
    name
    for name, path in MODULES.items()
    if DEFINED.search(path.read_text(encoding="utf-8"))
    and CODE.search(ast.get_docstring(parsed(path)) or "")
]


@pytest.mark.parametrize("module", SAYING)
def test_a_module_says_the_codes_that_it_has(module: str) -> None:
    docstring, codes = import_module(module).__doc__ or "", codes_of(module)
    assert {code for code in codes if not is_said(code, docstring)} == set()
    single = {first for first, rest, last in CODE.findall(docstring) if not rest and not last}
    assert single <= codes, "the module says codes that it lacks"


def test_most_modules_say_it() -> None:
    assert len(SAYING) > 20
