"""Where data lie: the command line, the environment, a file; and what is said where they don't."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.diagnostics.errors import NetlangError
from netlang.recipes import load_recipe
from netlang.recipes.places import Places, placed_names, settings_file
from tests.train.data.support import recipe_for


def code_of(error: pytest.ExceptionInfo[NetlangError]) -> str:
    (diagnostic,) = error.value.diagnostics
    return diagnostic.code


def test_the_command_line_stands_before_the_environment_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text(f'my-pets = "{tmp_path / "three"}"\n')
    assert Places().find("my-pets") == tmp_path / "three"
    monkeypatch.setenv("NETLANG_DATA_MY_PETS", str(tmp_path / "two"))
    assert Places().find("my-pets") == tmp_path / "two"
    assert Places({"my-pets": tmp_path / "one"}).find("my-pets") == tmp_path / "one"


def test_paths_of_the_file_begin_at_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sets/pets").mkdir(parents=True)
    (tmp_path / "sets/places.toml").write_text('pets = "pets"\nhome = "~"\n')
    monkeypatch.setenv("NETLANG_CONFIG", str(tmp_path / "sets/places.toml"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Places().find("pets") == tmp_path / "sets/pets"
    assert Places().find("home") == tmp_path


def test_nothing_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NetlangError) as caught:
        Places().find("my-pets", recipe_for('image_folder("my-pets")').places["data"])
    assert code_of(caught) == "E0780"
    text = str(caught.value)
    for way in ("--data my-pets=PATH", "NETLANG_DATA_MY_PETS", "netlang/data.toml"):
        assert way in text


def test_nothing_is_there(tmp_path: Path) -> None:
    with pytest.raises(NetlangError) as caught:
        Places({"pets": tmp_path / "gone"}).find("pets")
    assert code_of(caught) == "E0781"
    assert f"there is no `{tmp_path / 'gone'}`" in str(caught.value)


@pytest.mark.parametrize("text", ["pets = 3", "pets = [", "[sets]\npets = 'x'", "\udcff"])
def test_a_file_that_says_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "data.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    monkeypatch.setenv("NETLANG_CONFIG", str(tmp_path / "data.toml"))
    with pytest.raises(NetlangError) as caught:
        Places().find("pets")
    assert code_of(caught) == "E0787"


def test_a_file_that_isnt_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Places().known("pets") is None
    monkeypatch.setenv("NETLANG_CONFIG", str(tmp_path / "data.toml"))
    with pytest.raises(NetlangError) as caught:
        Places().known("pets")
    assert code_of(caught) == "E0787"


def test_a_recipe_says_what_it_needs() -> None:
    assert placed_names(load_recipe("mnist1d")[0]) == ()
    recipe = recipe_for('image_folder("pets")', 'weights: pretrained("imagenet-weights")')
    assert placed_names(recipe) == ("pets", "imagenet-weights")
    Places({"pets": Path("x"), "imagenet-weights": Path("y")}).require_used(recipe)
    with pytest.raises(NetlangError) as caught:
        Places({"pet": Path("x")}).require_used(recipe)
    assert code_of(caught) == "E0759"
    assert "it needs `pets`, `imagenet-weights`" in str(caught.value)
