"""Trees of source without their numbers, and trees in which something is replaced."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netlang.backends.torch.python.traverse import blanked, map_expression, walk
from netlang.backends.torch.python.tree import (
    Attribute,
    Binary,
    Call,
    Constant,
    Expression,
    Generator,
    Keyword,
    Name,
    Number,
    PerAxis,
    TupleDisplay,
)

words = st.sampled_from(["x", "stride"])
leaves = st.one_of(
    words.map(Name),
    st.one_of(words, st.none(), st.integers(0, 2)).map(Constant),
    st.builds(Number, st.integers(0, 2), words),
)


def compound(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    items = st.lists(inner, max_size=2).map(tuple)
    keywords = st.lists(
        st.builds(Keyword, words, inner, st.one_of(st.none(), st.just(Constant(1)))), max_size=2
    ).map(tuple)
    loops = st.lists(st.tuples(words, inner), max_size=2).map(tuple)
    return st.one_of(
        st.builds(Call, inner, items, keywords),
        st.builds(Attribute, inner, words),
        st.builds(Binary, st.sampled_from("+-"), inner, inner),
        st.builds(Generator, inner, loops),
        st.builds(PerAxis, items),
        st.builds(TupleDisplay, items),
    )


trees: st.SearchStrategy[Expression] = st.recursive(leaves, compound, max_leaves=6)


def zeroed(part: Expression) -> Expression:
    return Number(0, part.role) if isinstance(part, Number) else part


@given(trees, trees)
def test_trees_look_alike_if_they_differ_in_numbers_only(one: Expression, two: Expression) -> None:
    alike = map_expression(one, zeroed) == map_expression(two, zeroed)
    assert (blanked(one)[0] == blanked(two)[0]) == alike
    assert blanked(map_expression(one, zeroed))[0] == blanked(one)[0]


@given(trees)
def test_numbers_stand_in_textual_order(tree: Expression) -> None:
    numbers = blanked(tree)[1]
    assert numbers == tuple(part for part in walk(tree) if isinstance(part, Number))
    given_again = iter([Number(place, "again") for place in range(len(numbers))])
    changed = map_expression(
        tree, lambda part: next(given_again) if isinstance(part, Number) else part
    )
    assert [number.value for number in blanked(changed)[1]] == list(range(len(numbers)))


@given(trees)
def test_a_tree_in_which_nothing_changes_is_itself(tree: Expression) -> None:
    assert map_expression(tree, lambda part: part) is tree
