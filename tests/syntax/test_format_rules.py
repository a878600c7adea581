"""The rules of the layout one by one, as pairs of a text and its layout."""

from __future__ import annotations

import pytest

from netlang.syntax.format import format_source
from tests.syntax.shape import shape, tree

LONG = "a_name_of_thirty_one_characters"

FILES = {
    "spaces": ("k=-a**2+f( x ,y = - 1 )[ 0 ]", "k = -a ** 2 + f(x, y=-1)[0]\n"),
    "words": ("k=a  if not(b)else c in in", "k = a if not (b) else c in in\n"),
    "function": ("f( a,b = 2 )=a+b", "f(a, b=2) = a + b\n"),
    "spread": ("k=[* a,2*b,*(c)]+f(*a)", "k = [*a, 2 * b, *(c)] + f(*a)\n"),
    "comprehension": (
        "k=[ a+b for a,( b,c ) in  in.shape\n if c>1 for d in c]",
        "k = [a + b for a, (b, c) in in.shape if c > 1 for d in c]\n",
    ),
    "long comprehension": (
        f"k=[{LONG}(a if b else c) for a,b,c in {LONG} if {LONG}]",
        f"k = [\n    {LONG}(a if b else c)\n    for a, b, c in {LONG}\n    if {LONG}\n]\n",
    ),
    "comments in a comprehension": (
        "k=[a#a\n#b\nfor a in#c\nb#d\n]",
        "k = [\n    a  #a\n    #b\n    #c\n    for a in b  #d\n]\n",
    ),
    "range and slice": ("k=[1 .. 2,a[1 : -1]]", "k = [1..2, a[1:-1]]\n"),
    "separators": ("k=1;;j=2 ;", "k = 1\nj = 2\n"),
    "spelling": ("k=600_000*1.0e-4+(14M)", "k = 600_000 * 1.0e-4 + (14M)\n"),
    "brackets on one line": ("k=[1,\n 2\n]", "k = [1, 2]\n"),
    "comma at the end": ("k=[1,2,]", "k = [\n    1,\n    2,\n]\n"),
    "one-tuple": ("k=(1 ,)", "k = (1,)\n"),
    "comment in brackets": ("k=[1,#a\n2]", "k = [\n    1,  #a\n    2,\n]\n"),
    "comment in parentheses": ("k=(1+#a\n2)", "k = (1 + 2)  #a\n"),
    "table as argument": ("k=f([1,],x=2)", "k = f([\n    1,\n], x=2)\n"),
    "import": ("from a import(b as c,\nd)", "from a import b as c, d\n"),
    "open import": ("from a import(b as c,)", "from a import (\n    b as c,\n)\n"),
    "docstring": ('\n"""A\n\n    b"""\nk=1', '"""A\n\nb"""\n\nk = 1\n'),
    "docstring of a net": ('net a=b(1) """C."""', 'net a = b(1)\n    """C."""\n'),
    "blank lines": ("\n\nk=1\n\n\n\nj=2\ni=3\n\n", "k = 1\n\nj = 2\ni = 3\n"),
    "definitions": ("block a {\nb\n}\nblock c {d}", "block a {\n    b\n}\n\nblock c { d }\n"),
    "comments above": ("k=1\n#a\n\n\n#b\nj=2\n#c", "k = 1\n#a\n\n#b\nj = 2\n#c\n"),
    "comment far away": ("k=1;   # a", "k = 1   # a\n"),
    "recipe": (
        "train t { model:a();steps :1\n augment:b->c\n->d }",
        "train t {\n    model:   a()\n    steps:   1\n    augment: b -> c\n             -> d\n}\n",
    ),
    "nothing": ("\n\n", ""),
    "only comments": ("# a\n\n\n  # b", "# a\n\n# b\n"),
    "byte order mark": ("\ufeff# a\r\nk=1\r\n", "# a\nk = 1\n"),
}

BODIES = {
    "label": ("x :conv (1)", "x: conv(1)"),
    "one line": ("add { ;a;b; }", "add { a; b }"),
    "open": ("add { a;b\n}", "add {\n    a\n    b\n}"),
    "empty": ("add {\n}", "add {}"),
    "else": ("if a {b}\nelse {\nc}", "if a {\n    b\n} else {\n    c\n}"),
    "comment before else": (
        "if a {b}\n#d\nelse {c}",
        "if a {\n    b\n} else {\n    #d\n    c\n}",
    ),
    "path": ("a->\nb->c", "a\n    -> b -> c"),
    "comment behind an arrow": ("a-> #c\nb", "a  #c\n    -> b"),
    "computed": ("(a{ i } , in)->x{i}_y.{j}. 0:b", "(a{i}, in) -> x{i}_y.{j}.0: b"),
    "long path": (
        f"{LONG}(1) -> {LONG}(2) -> {LONG}(3) -> a",
        f"{LONG}(1) -> {LONG}(2)\n    -> {LONG}(3) -> a",
    ),
    "long suite": (
        f"{LONG} {{ {LONG}; {LONG}; b }}",
        f"{LONG} {{\n    {LONG}\n    {LONG}\n    b\n}}",
    ),
    "long call": (
        f"a({LONG}, {LONG}(2), {LONG}=3)",
        f"a(\n    {LONG},\n    {LONG}(2),\n    {LONG}=3,\n)",
    ),
    "long operators": (
        f"assert a({LONG}) + b({LONG}) == {LONG}(1)",
        f"assert a({LONG}) + b({LONG}) == {LONG}(1)",
    ),
    "long list of operands": (
        f"assert {LONG} == [{LONG}, {LONG}]",
        f"assert {LONG} == [\n    {LONG},\n    {LONG},\n]",
    ),
}


@pytest.mark.parametrize(("text", "layout"), FILES.values(), ids=FILES)
def test_file(text: str, layout: str) -> None:
    assert format_source(text, "test.net") == layout
    assert format_source(layout, "test.net") == layout


@pytest.mark.parametrize(("text", "layout"), BODIES.values(), ids=BODIES)
def test_statement(text: str, layout: str) -> None:
    lines = (f"    {line}" for line in layout.split("\n"))
    expected = "block z {\n" + "\n".join(lines) + "\n}\n"
    assert format_source(f"block z {{\n{text}\n}}", "test.net") == expected


@pytest.mark.parametrize("count", [94, 95])
def test_the_limit_is_100_characters_behind_the_indentation(count: int) -> None:
    name = "x" * count
    layout = f"a({name}, b)" if count == 94 else f"a(\n        {name},\n        b,\n    )"
    expected = f"block z {{\n    {layout}\n}}\n"
    assert format_source(f"block z {{\na({name},b)\n}}", "test.net") == expected


def test_an_import_in_brackets_may_rename_on_every_line() -> None:
    text = "from a import (\n    b as c,\n    d as e,\n)\n"
    assert shape(tree(text)) == shape(tree("from a import b as c, d as e\n"))
