"""Every form of step, statement and definition."""

from __future__ import annotations

import pytest

from netlang.syntax.ast import BlockDef, NetAlias, NetDef, TrainDef
from tests.syntax.shape import body, shape, step, tree

NAMED = 'Apply("a", None, None)'

STEPS = {
    "conv(64, 3x3)": (
        'Step(None, Apply("conv", [Argument(None, Number(64)), '
        "Argument(None, Dims([3, 3]))], None))"
    ),
    "relu": 'Step(None, Apply("relu", None, None))',
    "bn()": 'Step(None, Apply("bn", [], None))',
    "add { }": 'Step(None, Apply("add", None, Suite([])))',
    "r(3) { a }": (
        f'Step(None, Apply("r", [Argument(None, Number(3))], Suite([Path([Step(None, {NAMED})])])))'
    ),
    "{ a }": f"Step(None, Scope(Suite([Path([Step(None, {NAMED})])])))",
    "in": "Step(None, In())",
    "x: in": 'Step(Label([LabelPart(["x"], False)]), In())',
    "a.b": 'Step(None, Reference(Label([LabelPart(["a"], False), LabelPart(["b"], False)])))',
    "in.b": 'Step(None, Reference(Label([LabelPart(["in"], False), LabelPart(["b"], False)])))',
    "d{i}": 'Step(None, Reference(Label([LabelPart(["d", Name("i")], False)])))',
    '"q-1"': 'Step(None, Reference(Label([LabelPart(["q-1"], True)])))',
    "(a, in)": 'Step(None, Tuple([Reference(Label([LabelPart(["a"], False)])), In()]))',
    "(a, b{i}, c.0,)": (
        'Step(None, Tuple([Reference(Label([LabelPart(["a"], False)])), '
        'Reference(Label([LabelPart(["b", Name("i")], False)])), '
        'Reference(Label([LabelPart(["c"], False), LabelPart(["0"], False)]))]))'
    ),
    "reuse head": 'Step(None, Reuse(Label([LabelPart(["head"], False)])))',
    "h: reuse d{i}.0": (
        'Step(Label([LabelPart(["h"], False)]), '
        'Reuse(Label([LabelPart(["d", Name("i")], False), LabelPart(["0"], False)])))'
    ),
}

LABELS = {
    "x": '["x"], False',
    "output": '["output"], False',
    "in": '["in"], False',
    "if": '["if"], False',
    "for": '["for"], False',
    "reuse": '["reuse"], False',
    "layer{i + 1}": '["layer", Binary("+", Name("i"), Number(1))], False',
    "{i}": '[Name("i")], False',
    "a{i}_{j}2": '["a", Name("i"), "_", Name("j"), "2"], False',
    '"block1-{j}"': '["block1-", Name("j")], True',
    '"a b"': '["a b"], True',
    "else{i}": '["else", Name("i")], False',
}


@pytest.mark.parametrize("text", STEPS, ids=repr)
def test_step(text: str) -> None:
    assert step(text) == STEPS[text]


@pytest.mark.parametrize("text", LABELS, ids=repr)
def test_label(text: str) -> None:
    assert step(f"{text}: a") == f"Step(Label([LabelPart({LABELS[text]})]), {NAMED})"


def test_dotted_label() -> None:
    parts = [f"LabelPart({part}, False)" for part in ('["a"]', '[Name("i")]', '["0"]', '["1"]')]
    assert step("a.{i}.0.1: a") == f"Step(Label([{', '.join(parts)}]), {NAMED})"
    assert step("0.1: a").startswith('Step(Label([LabelPart(["0"], False), LabelPart(["1"]')


PATH = 'Path([Step(None, Apply("a", None, None)), Step(None, Apply("b", None, None))])'


@pytest.mark.parametrize(
    "text", ["a -> b", "a\n-> b", "a\n  # remark\n\n  -> b", "a ->\n b"], ids=repr
)
def test_one_path(text: str) -> None:
    assert body(text) == f"[{PATH}]"


@pytest.mark.parametrize("text", ["a; b", "a\nb", "a\n\n# remark\n\nb", ";a;;b;"], ids=repr)
def test_two_statements(text: str) -> None:
    assert body(text) == '[Path([Step(None, Apply("a", None, None))]), ' \
        'Path([Step(None, Apply("b", None, None))])]'  # fmt: skip


def port(name: str) -> str:
    return f'LabelPart(["{name}"], False)'


STATEMENTS = {
    "output m": f"Output({port('m')}, None)",
    "output m: a": f"Output({port('m')}, Path([Step(None, {NAMED})]))",
    "output m{i}b: a": (
        f'Output(LabelPart(["m", Name("i"), "b"], False), Path([Step(None, {NAMED})]))'
    ),
    "output l: x: a": f"Output({port('l')}, Path([Step(Label([{port('x')}]), {NAMED})]))",
    "auxiliary m: a": f"Auxiliary({port('m')}, Path([Step(None, {NAMED})]))",
    "auxiliary m{i}": 'Auxiliary(LabelPart(["m", Name("i")], False), None)',
    "input x": f"Input({port('x')}, None)",
    "input x{i}": 'Input(LabelPart(["x", Name("i")], False), None)',
    "input x: [3, H=224, W]": (
        f"Input({port('x')}, TypeSpec(None, [SizeDecl(None, Number(3)), "
        'SizeDecl("H", Number(224)), '
        'SizeDecl("W", None)]))'
    ),
    "input x: int64[128]": (
        f'Input({port("x")}, TypeSpec("int64", [SizeDecl(None, Number(128))]))'
    ),
    "k = conv(3)": 'Constant("k", Call(Name("conv"), [Argument(None, Number(3))]))',
    "if c { }": 'If(Name("c"), Suite([]), None)',
    "if c { } else { }": 'If(Name("c"), Suite([]), Suite([]))',
    "if c { }\nelse { }": 'If(Name("c"), Suite([]), Suite([]))',
    "if c { } else if d { } else { }": (
        'If(Name("c"), Suite([]), Suite([If(Name("d"), Suite([]), Suite([]))]))'
    ),
    "for i in x { }": 'For([Name("i")], Name("x"), Suite([]))',
    "for i, j in x { }": 'For([Name("i"), Name("j")], Name("x"), Suite([]))',
    "repeat n - 1 { }": 'Repeat(Binary("-", Name("n"), Number(1)), Suite([]))',
    "assert a == 1": 'Assert(Compare(["=="], [Name("a"), Number(1)]), None)',
    'assert a, "why"': 'Assert(Name("a"), String("why"))',
}


@pytest.mark.parametrize("text", STATEMENTS, ids=repr)
def test_statement(text: str) -> None:
    assert body(text) == f"[{STATEMENTS[text]}]"


def test_definitions() -> None:
    file = tree(
        '"""The file."""\n'
        "from a.b import c, d as e\n"
        'block b(x, y=2) { """Of b."""\n x }\n'
        'net n { """Of n."""\n input x: [1] }\n'
        'net m = n(3)\n"""Of m."""\n'
        'train t(arch=n) {\n """Of t."""\n model: arch()\n augment: a\n   -> b\n}\n'
    )
    imported, block, net, alias, train = file.items
    assert file.doc == "The file."
    assert shape(imported) == 'FromImport(["a", "b"], [Import("c", None), Import("d", "e")])'
    assert isinstance(block, BlockDef)
    assert (block.name, block.doc) == ("b", "Of b.")
    assert shape(block.parameters) == '[Parameter("x", None), Parameter("y", Number(2))]'
    assert isinstance(net, NetDef)
    assert (net.name, net.doc, net.parameters) == ("n", "Of n.", ())
    assert isinstance(alias, NetAlias)
    assert (alias.name, alias.doc) == ("m", "Of m.")
    assert isinstance(train, TrainDef)
    assert train.doc == "Of t."
    assert shape(train.entries[1]) == 'Entry("augment", Pipeline([Name("a"), Name("b")]))'


def test_a_docstring_loses_its_indentation() -> None:
    file = tree('"""First.\n\n      a\n        b\n    """\n')
    assert file.doc == "First.\n\na\n  b"


def test_spans_are_exact() -> None:
    file = tree("net n {\n    x: conv(64,\n        3x3) -> relu\n}\n")
    (net,) = file.items
    assert isinstance(net, NetDef)
    (path,) = net.body.statements
    first, second = path.steps  # type: ignore[union-attr]  # a path was written
    assert first.span.text == "x: conv(64,\n        3x3)"
    assert second.action.span.text == "relu"
    assert str(second.span) == "test.net:3:17"
    assert net.span.text == "net n {\n    x: conv(64,\n        3x3) -> relu\n}"
