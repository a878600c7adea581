"""Nothing wrong is found in sound recipes."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.backends.torch.doctor.examine import examine_recipe
from netlang.examine import warnings_of
from netlang.recipes.load import open_recipe
from netlang.targets.doctor import CheckReport, CheckupOptions, warned
from tests.train.doctor.sound import SOUND
from tests.train.doctor.support import examined, mistakes, write


def reports_on(name: str, folder: Path) -> list[CheckReport]:
    sound = SOUND[name]
    if not sound.spec:
        write(folder, sound.data())
        return examined(folder, sound.text)
    module, recipe, program = open_recipe(sound.spec, sound.changes)
    options = CheckupOptions(device="cpu")
    told = warned(warnings_of(module, program, recipe))
    return [told, *examine_recipe(recipe, program, options)]


@pytest.mark.parametrize("name", [name for name, sound in SOUND.items() if sound.quick])
def test_nothing_is_wrong(name: str, tmp_path: Path) -> None:
    assert mistakes(reports_on(name, tmp_path)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, sound in SOUND.items() if not sound.quick])
def test_nothing_is_wrong_with_others(name: str, tmp_path: Path) -> None:
    assert mistakes(reports_on(name, tmp_path)) == []
