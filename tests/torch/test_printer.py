"""Trees of every kind, printed as ruff would print them, and quoted so that nothing gets out."""

from __future__ import annotations

import ast

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from netlang.backends.torch.python.printer import flat
from netlang.backends.torch.python.statements import docstring, statement_lines
from netlang.backends.torch.python.tree import (
    Assign,
    Attribute,
    Binary,
    Call,
    Constant,
    Expression,
    Keyword,
    ListDisplay,
    Name,
    Star,
    TupleDisplay,
)
from tests.torch.programs import complaints

names = st.sampled_from(["x", "width", "in_channels", "inception_channels"]).map(Name)
constants = st.one_of(
    st.integers(0, 10**6), st.floats(allow_nan=False, min_value=0), st.booleans(), st.none(),
    st.text(st.characters(max_codepoint=126), max_size=12),
).map(Constant)  # fmt: skip
numbers = st.one_of(names, st.integers(0, 4096).map(Constant))
sums: st.SearchStrategy[Expression] = st.recursive(
    numbers,
    lambda inner: st.builds(Binary, st.sampled_from(["+", "-", "*", "//", "%"]), inner, inner),
    max_leaves=3,
)


def compound(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    items = st.lists(inner, min_size=1, max_size=4).map(tuple)
    keywords = st.lists(st.builds(Keyword, st.sampled_from(["stride", "padding"]), inner),
                        max_size=1).map(tuple)  # fmt: skip
    called = st.sampled_from(["Conv2d", "Sequential"]).map(lambda name: Attribute(Name("nn"), name))
    return st.one_of(
        st.builds(Call, called, items, keywords),
        st.builds(ListDisplay, items),
        st.builds(TupleDisplay, items),
    )


expressions = st.recursive(st.one_of(constants, sums), compound, max_leaves=14)


# Every look at ruff is a process: no shrinking.
@settings(max_examples=10, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(expressions, min_size=20, max_size=40))
def test_layout_is_ruffs(values: list[Expression]) -> None:
    lines: list[str] = []
    for value in values:
        lines += statement_lines(Assign(Name("result"), value))
    assert complaints("\n".join(lines) + "\n", layout_only=True) == ""


@settings(max_examples=200)
@given(st.text())
def test_strings_come_back_as_they_were(text: str) -> None:
    assert ast.literal_eval(flat(Constant(text))) == text


@settings(max_examples=200)
@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from('"\\\n\r{}#')), min_size=1))
def test_docstrings_end_where_they_should(text: str) -> None:
    if not text.strip():
        return
    source = "\n".join(docstring(text)) + "\n"
    tree = ast.parse(source)
    assert len(tree.body) == 1
    assert isinstance(tree.body[0], ast.Expr)
    assert isinstance(tree.body[0].value, ast.Constant)


def test_precedence_is_kept() -> None:
    x, y = Name("x"), Name("y")
    product = Binary("*", Constant(2), Binary("+", x, y))
    assert flat(product) == "2 * (x + y)"
    assert flat(Binary("-", x, Binary("-", x, y))) == "x - (x - y)"
    assert flat(Attribute(Binary("+", x, y), "shape")) == "(x + y).shape"
    assert flat(Call(Name("f"), (Star(TupleDisplay((x,))),))) == "f(*(x,))"


def test_long_sums_stand_in_parentheses() -> None:
    long = Name("a_rather_long_name_of_a_value")
    sums = [Binary("-", Binary("-", long, long), long), Binary("+", Binary("*", long, long), long)]
    sums += [Binary("+", value, long) for value in sums]
    lines = [line for value in sums for line in statement_lines(Assign(Name("x"), value))]
    assert complaints("\n".join(lines) + "\n", layout_only=True) == ""
    assert max(map(len, lines)) <= 88


def test_prose_is_filled_again_and_lists_are_not() -> None:
    """A long line by itself would leave a word or two on the next."""
    long = "word " * 20
    text = f"The first line.\n\n{long}\nends here\n\nIn order:\n- {long}\n- two"
    lines = docstring(text)
    assert lines[2:4] == [("word " * 17).strip(), "word word word ends here"]
    assert lines[5:] == [
        "In order:",
        "- " + ("word " * 17).strip(),
        "word word word",
        "- two",
        '"""',
    ]
    names = docstring(f"alpha: {long}\nbeta: two")
    assert names[-2] == "beta: two"
    assert docstring("short\nlines stay\nas they are") == [
        '"""short',
        "lines stay",
        "as they are",
        '"""',
    ]
