"""A short run of the campaign, the cases that long ones left, and whether it would notice."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from netlang.backends.torch.runtime import losses
from netlang.recipes.tables import KINDS, table
from tests.campaigns.files import CASES
from tests.campaigns.recipes.campaign import CAMPAIGN, judged
from tests.campaigns.recipes.sets import SETS, Set
from tests.campaigns.recipes.texts import Written, written
from tests.campaigns.recipes.values import Around, described
from tests.campaigns.running import run_here

KEPT = sorted((CASES / "recipes").glob("*.net"))


def test_a_short_run_finds_nothing() -> None:
    state = run_here(CAMPAIGN, 12, 3)
    assert state.failures == []
    assert state.counts["trained"]
    assert state.counts["as a script"]


def _set_of(text: str) -> Set:
    return next(each for each in SETS if f'"{each.name}"' in text or f"data: {each.text}\n" in text)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_kept_recipes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert judged(Written(text, _set_of(text)), scripted=True)[0] is None


# Data and answers stand in other places; a recipe with a space is searched, not trained. A picture
# of samples needs an output that is an image, which the nets drawn here don't have.
LEFT_OUT = {
    "data source", "source of weights", "preparation", "answer", "space", "picture of samples",
}  # fmt: skip


def test_every_word_can_be_drawn() -> None:
    """Each has values for each of its arguments, or the campaign leaves it out."""
    words = set(KINDS) - LEFT_OUT
    for kind in words:
        for cls in table(kind).values():
            for seed in range(8):
                assert described(Random(seed), cls, Around()).startswith(cls.name)


def test_recipes_use_every_word() -> None:
    text = "\n".join(written(number).text for number in range(1500))
    words = set(KINDS) - LEFT_OUT
    for kind in words:
        missing = [word for word in table(kind) if word not in text]
        assert not missing, kind


def test_a_loss_that_fails_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise TypeError("planted")

    monkeypatch.setattr(losses, "kl_normal", broken)
    text = (CASES / "recipes" / "views_beside_another_input.net").read_text(encoding="utf-8")
    wrong, _ = judged(Written(text, _set_of(text)), scripted=False)
    assert wrong is not None
    assert "train ended with 70: TypeError: planted" in wrong[0]
