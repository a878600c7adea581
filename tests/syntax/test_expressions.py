"""Every form of value, and how operators bind."""

from __future__ import annotations

import pytest

from tests.syntax.shape import value

VALUES = {
    "64": "Number(64)",
    "600_000": "Number(600000)",
    "14M": "Number(14000000)",
    "1.5G": "Number(1500000000)",
    "0.5k": "Number(500)",
    "1.2345k": "Number(1234.5)",
    "2T": "Number(2000000000000)",
    "1e-3": "Number(0.001)",
    "1.0": "Number(1.0)",
    "true": "Boolean(True)",
    "false": "Boolean(False)",
    '"a\\"b\\n"': 'String("a"b\n")',
    "3x3": "Dims([3, 3])",
    "2x2x2": "Dims([2, 2, 2])",
    "256..480": "RangeExpr(Number(256), Number(480))",
    "0.08..1.0": "RangeExpr(Number(0.08), Number(1.0))",
    "[]": "ListExpr([])",
    "[1, 2,]": "ListExpr([Number(1), Number(2)])",
    "(1,)": "TupleExpr([Number(1)])",
    "(1, 2)": "TupleExpr([Number(1), Number(2)])",
    "(1)": "Number(1)",
    "[*a, b]": 'ListExpr([Spread(Name("a")), Name("b")])',
    "(*a,)": 'TupleExpr([Spread(Name("a"))])',
    "f(*a, b=1)": (
        'Call(Name("f"), [Argument(None, Spread(Name("a"))), Argument("b", Number(1))])'
    ),
    "[k for k in a]": ('Comprehension(Name("k"), [ForClause([Name("k")], Name("a"), [])])'),
    "[k for i, (k, j) in a if b if c for l in k]": (
        'Comprehension(Name("k"), [ForClause([Name("i"), Targets([Name("k"), Name("j")])], '
        'Name("a"), [Name("b"), Name("c")]), ForClause([Name("l")], Name("k"), [])])'
    ),
    "in.channels": 'Attribute(In(), "channels")',
    "a.in": 'Attribute(Name("a"), "in")',
    "a[0]": 'Index(Name("a"), Number(0))',
    "a[1:]": 'Slice(Name("a"), Number(1), None, None)',
    "a[:2]": 'Slice(Name("a"), None, Number(2), None)',
    "a[::2]": 'Slice(Name("a"), None, None, Number(2))',
    "a[1:2:3]": 'Slice(Name("a"), Number(1), Number(2), Number(3))',
    "a[b if c else d:]": (
        'Slice(Name("a"), Conditional(Name("c"), Name("b"), Name("d")), None, None)'
    ),
    "f()": 'Call(Name("f"), [])',
    "f(1, train=2,)": (
        'Call(Name("f"), [Argument(None, Number(1)), Argument("train", Number(2))])'
    ),
    "2 ** i ** j": 'Binary("**", Number(2), Binary("**", Name("i"), Name("j")))',
    "-2 ** 2": 'Unary("-", Binary("**", Number(2), Number(2)))',
    "2 ** -1": 'Binary("**", Number(2), Unary("-", Number(1)))',
    "1 - 2 - 3": 'Binary("-", Binary("-", Number(1), Number(2)), Number(3))',
    "1 + 2 * 3": 'Binary("+", Number(1), Binary("*", Number(2), Number(3)))',
    "(1 + 2) * 3": 'Binary("*", Binary("+", Number(1), Number(2)), Number(3))',
    "a // b % c / d": (
        'Binary("/", Binary("%", Binary("//", Name("a"), Name("b")), Name("c")), Name("d"))'
    ),
    "a < b <= c": 'Compare(["<", "<="], [Name("a"), Name("b"), Name("c")])',
    "a in in.shape": 'Compare(["in"], [Name("a"), Attribute(In(), "shape")])',
    "a.0.shape": 'Attribute(Attribute(Name("a"), "0"), "shape")',
    "a.0.1.shape": 'Attribute(Attribute(Attribute(Name("a"), "0"), "1"), "shape")',
    "a.b.0 + 0.5": 'Binary("+", Attribute(Attribute(Name("a"), "b"), "0"), Number(0.5))',
    "a.0.b..2": 'RangeExpr(Attribute(Attribute(Name("a"), "0"), "b"), Number(2))',
    "a.0..2": 'RangeExpr(Attribute(Name("a"), "0"), Number(2))',
    "a.0[1.5]": 'Index(Attribute(Name("a"), "0"), Number(1.5))',
    "not a == b and c or d": (
        'Logical("or", Logical("and", Unary("not", Compare(["=="], [Name("a"), Name("b")])), '
        'Name("c")), Name("d"))'
    ),
    "a if b else c if d else e": (
        'Conditional(Name("b"), Name("a"), Conditional(Name("d"), Name("c"), Name("e")))'
    ),
    "(1 +\n  2)": 'Binary("+", Number(1), Number(2))',
    "[\n  1, # one\n\n  2,\n]": "ListExpr([Number(1), Number(2)])",
}


@pytest.mark.parametrize("text", VALUES, ids=repr)
def test_value(text: str) -> None:
    assert value(text) == VALUES[text]


@pytest.mark.parametrize("text", ["14M", "1.5G", "0.5k", "2T", "1_000"])
def test_whole_suffixed_numbers_are_ints(text: str) -> None:
    assert "." not in value(text)


def test_words_of_definitions_are_names_in_values() -> None:
    assert value("block + net + train + output + input + reuse + from").count("Name") == 7
