"""Whatever a spec calls its net, blocks, inputs, targets and outputs, a script stays the same."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator
from functools import cache
from itertools import zip_longest

import pytest

from netlang.backends.torch.eject import script
from netlang.backends.torch.eject.reserved import names_at_the_top
from netlang.backends.torch.emit.class_names import pascal
from netlang.backends.torch.emit.helpers import HELPERS
from netlang.diagnostics.errors import NetlangError
from netlang.modules.library import Library
from netlang.recipes.load import program_of
from netlang.recipes.read import read_recipe
from netlang.source import Source

SPEC = """block {block}(out) {{
    fc: linear(out) -> relu
}}
net {net} {{
    input first: [6]
    input {input}: [6]
    (first, {input}) -> joint: concat
    body: {block}(8) -> dropout(0.1)
    output {output}: head: linear(3)
}}
train t {{
    model: {net}
    data: arrays("mine", inputs=["first", "{input}"], targets=["{target}"], sizes=[6])
    loss: smooth_l1({output}, {target}) + 0.1 * l2_penalty
    optimizer: muon(lr=0.1)
    schedule: warmup(2, unit=steps) -> cosine
    {lines}
    batch: 10
    epochs: 2
}}
"""
LINES = (
    "accumulate: 2", "validation: 0.2", "ema: 0.9", "augment: noise(0.1) -> mixup(0.2)",
    'freeze: ["body"]', "normalize: standardize", "early_stopping: 2", "clip_norm: 1.0",
)  # fmt: skip
PICTURES = """block {block}(out) {{
    conv: conv(out, 3x3) -> relu
}}
net {net} {{
    input image: [3, H=24, W=24]
    body: {block}(8) -> gap -> flatten
    output {output}: head: linear(3)
}}
train t {{
    model: {net}
    data: image_folder("mine")
    loss: cross_entropy({output}, label)
    optimizer: sgd(lr=0.1)
    {lines}
    batch: 10
    epochs: 2
}}
"""
IMAGE_LINES = (
    "augment: random_resized_crop(24) -> hflip -> color_jitter(0.1, 0.1, 0.1, 0.1) -> rand_augment",
    "validation: 0.2", "ema: 0.9", "test: multi_scale([24, 32]) -> ten_crop(24)",
    "normalize: standardize",
)  # fmt: skip
PLAIN = {"block": "qqq", "net": "zzz", "input": "www", "output": "yyy", "target": "vvv"}


@cache
def written(spec: str, **names: str) -> ast.Module:
    """The script of a spec in which things go by these names; raises `NetlangError`."""
    lines = LINES if spec is SPEC else IMAGE_LINES
    text = spec.format(**{**PLAIN, **names}, lines="\n    ".join(lines))
    recipe = read_recipe(Library().module(Source("a.net", text), None), "t")
    return ast.parse(script(recipe, program_of(recipe)))


def names_in(tree: ast.AST) -> Iterator[str]:
    """All that a script names: what it imports, defines, calls, and its arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name


def parts(node: object) -> Iterator[object]:
    """A tree as a row of kinds and identifiers, each in a tuple of its own; texts left out."""
    if isinstance(node, ast.AST):
        yield type(node).__name__
        for field, value in ast.iter_fields(node):
            named = field in ("id", "arg", "name", "asname") and not isinstance(node, ast.keyword)
            if named and isinstance(value, str):
                yield (value,)
            elif not isinstance(node, ast.Constant):
                yield from parts(value)
    elif isinstance(node, list):
        for each in node:
            yield from parts(each)


def renamed(one: ast.Module, other: ast.Module) -> dict[str, str]:
    """What is called otherwise in another script; an error if that isn't all that they differ in.

    In a function each identifier has one name in the other script, and that name stands for nothing
    else there; as many names have a meaning in all of it.
    """
    assert defined(one) == defined(other)
    found = dict[str, str]()
    for mine, theirs in zip_longest(one.body, other.body):
        there, back = dict[str, str](), dict[str, str]()
        for part, same in zip_longest(parts(mine), parts(theirs)):
            if isinstance(part, tuple) and isinstance(same, tuple):
                (name,), (new,) = part, same
                assert there.setdefault(name, new) == new, (name, new)
                assert back.setdefault(new, name) == name, (name, new)
                found |= {name: new} if name != new else {}
            else:
                assert part == same
    return found


@cache
def defined(tree: ast.Module) -> int:
    """How much a script imports and defines for all of its functions."""
    return len(names_at_the_top(ast.unparse(tree)))


def clashes(spec: str, kind: str, names: Collection[str]) -> int:
    """Call something by each of these names, and compare scripts; how many names are allowed."""
    tried = 0
    for name in names:
        try:
            found = written(spec, **{kind: name})
        except NetlangError:
            continue  # a word of the language
        tried += 1
        changed = renamed(alike(spec, kind, found), found)
        assert len(changed) <= 1, (name, changed)
    return tried


def alike(spec: str, kind: str, found: ast.Module) -> ast.Module:
    """The script with a plain name that is as long: how lines are broken depends on that."""
    plain = written(spec)
    given = Counter(names_in(found)) - Counter(names_in(plain))
    length = max(map(len, given), default=0)
    return written(spec, **{kind: PLAIN[kind][0] * length}) if given else plain


def names_of(spec: str) -> list[str]:
    """All names that a script has, and those that the emitted source may have."""
    found = {*names_in(written(spec)), *HELPERS}
    return sorted(
        found - {*PLAIN.values(), *map(pascal, PLAIN.values()), "first", "image", "label"}
    )


USUAL = (
    "images", "loader", "main", "torch", "F", "np", "train", "evaluate", "augment", "loss", "model",
    "net", "step", "numbers", "epoch", "whole", "sums", "mixup", "slices", "chances", "args", "u",
    "uniform",
)  # fmt: skip


@pytest.mark.parametrize(("kind", "first"), [("input", 0), ("output", 1), ("target", 2)])
def test_usual_names(kind: str, first: int) -> None:
    assert clashes(SPEC, kind, USUAL[first::3]) > 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "kind"),
    [(spec, kind) for spec in (SPEC, PICTURES) for kind in PLAIN if f"{{{kind}}}" in spec],
)
def test_every_name(spec: str, kind: str) -> None:
    names = names_of(spec)
    if kind == "input":
        names.remove("x")  # of that name a net makes its own `x`
    assert clashes(spec, kind, names) > 100


def capitals() -> list[str]:
    """Classes begin with a capital, as the constants of a script do."""
    return [name for name in names_of(PICTURES) if name[0].isupper() and name not in HELPERS]


@pytest.mark.parametrize(("kind", "first"), [("block", 0), ("net", 3)])
def test_some_classes(kind: str, first: int) -> None:
    assert clashes(PICTURES, kind, capitals()[first::6]) > 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["block", "net"])
def test_every_class(kind: str) -> None:
    assert clashes(PICTURES, kind, capitals()) > 12


@pytest.mark.parametrize("name", ["images", "loader", "dataset", "data_loader", "image_ops"])
@pytest.mark.parametrize("kind", ["net", "block"])
def test_classes(kind: str, name: str) -> None:
    """A class of the model isn't called as one that reads data."""
    tree = written(PICTURES, **{kind: name})
    classes = [each.name for each in tree.body if isinstance(each, ast.ClassDef)]
    assert len(classes) == len(set(classes)) == 3
    assert any(each.startswith(pascal(name)) for each in classes)
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert not imported.intersection(classes)
