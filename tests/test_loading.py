"""Nets that are kept between loads: the same is the same object, and what changed is made anew."""

from __future__ import annotations

import gc
import inspect
import linecache
from pathlib import Path

import pytest
import torch

import netlang
from netlang import loading
from netlang.modules.files import KEPT

NET = """\
from part import width

net a(classes=3, rate=1) {
    input x: [8]
    linear(width)
    dropout(rate / 2)
    linear(classes)
}
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    loading.forget_loaded()
    (tmp_path / "a.net").write_text(NET, encoding="utf-8")
    (tmp_path / "part.net").write_text("width = 4\n", encoding="utf-8")
    return str(tmp_path / "a.net")


def test_what_is_unchanged_is_the_same_program(spec: str) -> None:
    first = netlang.load(spec, classes=5)
    assert netlang.load(spec, classes=5).program is first.program
    assert netlang.load(spec, classes=6).program is not first.program
    assert netlang.load(f"{spec}:a", classes=5).program is not first.program
    loading.forget_loaded()
    assert netlang.load(spec, classes=5).program is not first.program


def test_a_file_or_import_that_changes_is_noticed(spec: str) -> None:
    assert netlang.load(spec).params == 8 * 4 + 4 + 4 * 3 + 3
    Path(spec).with_name("part.net").write_text("width = 5\n", encoding="utf-8")
    assert netlang.load(spec).params == 8 * 5 + 5 + 5 * 3 + 3
    Path(spec).write_text(NET.replace("classes=3", "classes=2"), encoding="utf-8")
    assert netlang.load(spec).params == 8 * 5 + 5 + 5 * 2 + 2


def test_a_file_that_comes_before_a_bundled_one_is_noticed(spec: str) -> None:
    Path(spec).write_text(
        "from blocks.dense import dense_layer\n\n"
        "net a {\n    input image: [3, 8, 8]\n    dense_layer(4)\n}\n",
        encoding="utf-8",
    )
    before = netlang.load(spec)
    folder = Path(spec).parent / "blocks"
    folder.mkdir()
    (folder / "dense.net").write_text(
        "block dense_layer(growth) {\n    conv(growth, 1x1)\n}\n", encoding="utf-8"
    )
    assert netlang.load(spec).params == 3 * 4 + 4 != before.params


def test_a_relative_path_is_one_of_the_working_directory(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = netlang.load("a.net")
    other = tmp_path / "other"
    other.mkdir()
    for name in ("a.net", "part.net"):
        (other / name).write_bytes((tmp_path / name).read_bytes())
    monkeypatch.chdir(other)
    after = netlang.load("a.net")
    assert after.program is not before.program
    assert netlang.load("a.net").program is after.program


def test_numbers_that_are_equal_and_not_alike_are_told_apart(spec: str) -> None:
    whole = netlang.load(spec, rate=1)
    fraction = netlang.load(spec, rate=1.0)
    assert fraction.program is not whole.program
    with pytest.raises(netlang.NetlangError):
        netlang.load(spec, rate=True)


def test_warnings_come_again_and_a_broken_import_that_nothing_uses_is_no_error(spec: str) -> None:
    Path(spec).write_text("from nowhere import nothing\n" + NET, encoding="utf-8")
    for _ in range(2):
        with pytest.warns(netlang.NetlangWarning, match="W0101") as told:
            netlang.load(spec)
        assert len(told) == 1


def test_warnings_of_a_net_that_is_kept_come_again(spec: str) -> None:
    Path(spec).write_text(NET.replace("linear(width)", "linear(4)"), encoding="utf-8")
    programs = []
    for _ in range(2):
        with pytest.warns(netlang.NetlangWarning, match="W0101") as told:
            programs.append(netlang.load(spec).program)
        assert len(told) == 1
    assert programs[0] is programs[1]


def test_a_large_program_is_not_kept(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "MOST_STEPS", 2)
    assert netlang.load(spec).program is not netlang.load(spec).program
    monkeypatch.setattr(loading, "MOST_STEPS", 3)
    assert netlang.load(spec).program is netlang.load(spec).program


def test_a_net_of_a_large_file_is_not_kept(spec: str) -> None:
    Path(spec).write_text(NET + "# " + "x" * KEPT + "\n", encoding="utf-8")
    assert netlang.load(spec).program is not netlang.load(spec).program


def test_the_order_of_arguments_does_not_matter(spec: str) -> None:
    first = netlang.load(spec, classes=5, rate=1)
    assert netlang.load(spec, rate=1, classes=5).program is first.program


def test_lists_without_an_end_and_numbers_without_a_spelling_are_refused(spec: str) -> None:
    endless: list[object] = []
    endless.append(endless)
    for value in (endless, 10**5000):
        with pytest.raises(TypeError, match="has no counterpart"):
            netlang.load(spec, classes=value)


def test_modules_of_one_net_share_a_class_and_draw_their_own_weights(spec: str) -> None:
    net = netlang.load(spec)
    torch.manual_seed(0)
    one, two = net.torch(), netlang.load(spec).torch()
    torch.manual_seed(0)
    loading.forget_loaded()
    again = netlang.load(spec).torch()
    assert type(one) is type(two)
    assert type(again) is not type(one)
    first, second, third = (dict(each.named_parameters()) for each in (one, two, again))
    assert all(torch.equal(first[key], third[key]) for key in first)
    assert not any(torch.equal(first[key], second[key]) for key in first)
    assert type(net.torch(guard=True)) is not type(one)
    assert inspect.getsource(type(one).__init__) in net.source()


def test_the_class_of_a_net_that_nobody_has_is_let_go(spec: str) -> None:
    loading.forget_loaded()
    gc.collect()
    before = set(linecache.cache)
    module = netlang.load(spec).torch()
    (file,) = [name for name in set(linecache.cache) - before if name.startswith("<netlang A ")]
    loading.forget_loaded()
    gc.collect()
    assert file in linecache.cache
    del module
    gc.collect()
    assert file not in linecache.cache


RECIPE = """\
from part import width
from a import a

train r(classes=3) {
    model:     a(classes=classes)
    data:      arrays("signals", sizes=[8])
    loss:      cross_entropy
    optimizer: sgd(lr=0.1)
    batch:     width
    steps:     5
}
"""


@pytest.fixture
def recipe(spec: str) -> str:
    path = Path(spec).with_name("r.net")
    path.write_text(RECIPE, encoding="utf-8")
    return str(path)


def test_a_recipe_stands_for_the_net_that_it_trains(recipe: str) -> None:
    """Also where the net is in another file; changes are those of `netlang.train`."""
    for name in (recipe, f"{recipe}:r"):
        assert netlang.load(name).params == 8 * 4 + 4 + 4 * 3 + 3
        assert netlang.load(name).program is netlang.load(name).program
        assert netlang.load(name, classes=5).params == 8 * 4 + 4 + 4 * 5 + 5
        assert netlang.load(name, model="a(2)").params == 8 * 4 + 4 + 4 * 2 + 2
    small = netlang.load("resnet:imagenet", arch="resnet18")
    assert small.params == netlang.load("resnet18").params
    with pytest.raises(netlang.NetlangError, match="E0720"):
        netlang.load(recipe, width=5)
    with pytest.raises(netlang.NetlangError, match="E0007"):
        netlang.load(f"{recipe}:s")


def test_a_file_that_a_recipe_imports_is_noticed(recipe: str) -> None:
    before = netlang.load(recipe).params
    Path(recipe).with_name("part.net").write_text("width = 5\n", encoding="utf-8")
    assert netlang.load(recipe).params == 8 * 5 + 5 + 5 * 3 + 3 != before


def test_mistakes_and_warnings_of_a_recipe_are_told(recipe: str) -> None:
    path = Path(recipe)
    path.write_text(RECIPE.replace("lr=0.1", "lr=-1"), encoding="utf-8")
    with pytest.raises(netlang.NetlangError, match="must be"):
        netlang.load(recipe)
    path.write_text(f"unused = 3\n{RECIPE}", encoding="utf-8")
    with pytest.warns(netlang.NetlangWarning, match="W0102"):
        netlang.load(recipe)
