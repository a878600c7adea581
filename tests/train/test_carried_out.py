"""What a recipe can say is carried out: every key is read, every word has a lowering."""

from __future__ import annotations

import re
from typing import Any

import pytest

from netlang.backends.torch.recipes.initialize import lower_rule
from netlang.backends.torch.recipes.losses import lower_loss
from netlang.backends.torch.recipes.normalize import lower_normalization
from netlang.backends.torch.recipes.optimizers import lower_optimizer
from netlang.recipes.keys import KEYS
from netlang.recipes.recipe import Recipe
from netlang.recipes.tables import table
from netlang.recipes.words.initializations import InitializationRule
from netlang.recipes.words.timing import Phase
from netlang.records import names_of
from tests.quality import ROOT

LOWERINGS: dict[str, Any] = {
    "optimizer": lower_optimizer,
    "loss": lower_loss,
    "normalization": lower_normalization,
}


@pytest.mark.parametrize("kind", LOWERINGS)
def test_every_word_has_a_lowering(kind: str) -> None:
    lower = LOWERINGS[kind]
    for cls in table(kind).values():
        assert lower.dispatch(cls) is not lower.dispatch(object), cls.name


def test_every_rule_has_a_lowering() -> None:
    for cls in table("initialization").values():
        ruled = lower_rule.dispatch(cls) is not lower_rule.dispatch(object)
        assert ruled is issubclass(cls, InitializationRule), cls.name


def test_every_schedule_has_a_formula() -> None:
    assert all(issubclass(cls, Phase) for cls in table("schedule").values())


# A run of one process has nothing to synchronise.
OF_SEVERAL_PROCESSES = {"sync_batch_norm"}


def test_every_key_is_read_by_training() -> None:
    """By name: that each does what it says is for other tests."""
    # The backend makes one run; what calls it makes one for each seed.
    folder, seeds = ROOT / "backends" / "torch", ROOT / "netlang" / "targets" / "seeds.py"
    files = (*folder.rglob("*.py"), seeds)
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    known = {*names_of(Recipe)}
    keys = ({*KEYS} - {"steps", "epochs"}) | {"length"}
    assert keys <= known
    # The net is elaborated from `model`; `test_path` is `test` or its counterpart.
    read = {key: {"test": "test_path"}.get(key, key) for key in keys}
    for key in keys - {"model"} - OF_SEVERAL_PROCESSES:
        assert re.search(rf"recipe\.{read[key]}\b", code), key
