"""What every operator must say about itself, and the table that finds it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing

import pytest

import netlang.ops
from netlang.ir.arguments import keywords_of, signature
from netlang.ir.op import Op
from netlang.ops import KEYWORDS, all_operators, operator, operator_names
from netlang.ops.hole import Hole
from netlang.records import names_of

OPERATORS = [pytest.param(op, id=op.name) for op in all_operators()]


def concrete_operators() -> set[type[Op]]:
    """Every operator class in the package, found by importing all of it: those not derived from."""
    found: set[type[Op]] = set()
    for module_info in pkgutil.iter_modules(netlang.ops.__path__):
        module = importlib.import_module(f"netlang.ops.{module_info.name}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if issubclass(cls, Op) and not cls.__subclasses__():
                found.add(cls)
    return found


def test_table_has_every_operator() -> None:
    assert {*all_operators(), Hole} == concrete_operators()
    assert tuple(op.name for op in all_operators()) == operator_names()


def test_unknown_name_is_none() -> None:
    assert operator("no_such_operator") is None


def test_keywords_are_those_of_the_arguments() -> None:
    assert {word for op in all_operators() for word in keywords_of(op)} == KEYWORDS


@pytest.mark.parametrize("op", OPERATORS)
def test_reference_page_says_what_it_must(op: type[Op]) -> None:
    text = inspect.getdoc(op) or ""
    for heading in ("Shape", "Other", "Source: "):
        assert heading in text, f"{op.name} doesn't say its {heading}"
    if any(case.op.weights(case.inputs) for case in op.cases()):
        assert "Parameters" in text
    if any(case.op.cost(case.inputs).macs != 0 for case in op.cases()):
        assert "MACs: " in text


@pytest.mark.parametrize("op", OPERATORS)
def test_every_field_is_an_argument_with_a_text(op: type[Op]) -> None:
    assert sorted([*(item.name for item in signature(op)), "given"]) == sorted(names_of(op))
    for item in signature(op):
        assert item.doc
        assert not item.doc.endswith(".")
    required = [item.required for item in signature(op)]
    assert required == sorted(required, reverse=True), "required arguments come first"


@pytest.mark.parametrize("op", OPERATORS)
def test_cases_use_every_argument(op: type[Op]) -> None:
    cases = list(op.cases())
    assert cases
    for item in signature(op):
        if not item.required:
            values = {repr(getattr(case.op, item.name)) for case in cases}
            assert values - {repr(item.default)}, f"no case sets {item.name}"


@pytest.mark.parametrize("op", OPERATORS)
def test_class_is_final(op: type[Op]) -> None:
    assert getattr(op, "__final__", False)
    assert typing.get_type_hints(op)
