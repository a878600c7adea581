"""Trials that are compared by a distance, or by the loss of a step."""

from __future__ import annotations

import json
import re
import shlex
from math import inf
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import netlang
from netlang.diagnostics.errors import NetlangError
from netlang.searching.aim import _last_loss, asked_aim
from netlang.searching.processes import Order
from netlang.searching.processes import main as process
from netlang.searching.shared.sharing import SearchPlace
from tests.cli.support import Runner
from tests.quality import ROOT
from tests.searching.test_search import facts_of, table
from tests.searching.test_search import search as searched

GAME = """\
net game(latent=5, width=8) {
    input image: [1, 8, 8]
    input z: [latent]
    z -> generator: { linear(width) -> relu -> linear(64) -> sigmoid -> reshape([1, 8, 8]) }
    output fake: generator
    auxiliary real_score: image -> critic: judge
    auxiliary fake_score: generator -> reuse critic
}

block judge { flatten -> linear(4) -> relu -> linear(1) }

train tiny(lr=log_uniform(1e-3, 1e-1), width=choice(8, 16), goal=1) {
    model: game(width=width)
    data:  digits
    draw { z: normal }
    step critic {
        train:     ["critic"]
        loss:      mse(real_score, goal) + mse(fake_score, 0)
        optimizer: adam(lr=lr)
    }
    step generator {
        train:     ["generator"]
        loss:      mse(fake_score, goal)
        optimizer: adam(lr=lr)
    }
    batch: 200
    steps: 4
    evaluate_every: 1
}
"""
JUDGE = """\
net digits {
    input image: [1, 8, 8]
    flatten -> linear(3) -> tanh
    output features: identity
    output logits: linear(10)
}
"""
# The options of the page's last command.
PAGE = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
DISTANCE = shlex.split(re.findall(r"^netlang search .* (--distance .*)$", PAGE, re.MULTILINE)[-1])
WEIGHTS = Path("judge/last.safetensors")


@pytest.fixture
def written(run: Runner, monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.chdir(run.folder)
    Path("tiny.net").write_text(GAME, encoding="utf-8")
    Path("classifier.net").write_text(JUDGE, encoding="utf-8")
    WEIGHTS.parent.mkdir()
    torch.manual_seed(0)
    save_file(netlang.load("classifier.net").torch(seed=0).state_dict(), WEIGHTS)
    return run


def test_the_least_distance_is_the_best(written: Runner) -> None:
    """It is what `eval` measures on the training part, and the search goes on by it alone."""
    words = ("--trials", "2", "--method", "halving", "--eta", "2", "--quiet")
    done = searched(written, "s", *DISTANCE, *words)
    assert "its curves and samples: the same command" in done.out
    first, *others = facts_of(written, "s")
    assert set(first["scores"]) == {"Fréchet distance"}
    assert first["stage"] == 1
    weights = f"s/{first['folder']}/last.safetensors"
    asked = ("eval", "tiny.net:tiny", *first["overrides"], "--weights", weights, "--split", "train")
    (said,) = written(*asked, *DISTANCE, "--device", "cpu").out.splitlines()
    assert float(said.split(": ")[1]) == pytest.approx(first["scores"]["Fréchet distance"], 1e-4)
    before = table(written, "s")
    (written.folder / "s/trials" / f"{first['trial']}-1.json").unlink()
    searched(written, "s", *DISTANCE, *words, "--resume")
    assert table(written, "s") == before
    assert len(others) == 1


def test_a_process_compares_by_it_too(written: Runner) -> None:
    searched(written, "s", *DISTANCE, "--trials", "1", "--quiet")
    expected = table(written, "s")
    result = written.folder / "s/trials/0-0.json"
    result.unlink()
    aim = asked_aim("fake", "classifier.net:digits", str(WEIGHTS), "features", None)
    order = Order("tiny.net:tiny", (), SearchPlace("s"), {}, "cpu", None, aim)
    (written.folder / "order").write_bytes(msgspec.json.encode(order))
    with (written.folder / "order").open("rb", buffering=0) as told:
        assert process(told) == 0
    assert "Fréchet distance" in json.loads(result.read_bytes())["scores"]
    searched(written, "s", *DISTANCE, "--trials", "1", "--quiet", "--resume")
    assert table(written, "s") == expected


def test_the_loss_of_a_step_is_its_last_record(written: Runner) -> None:
    found = netlang.search(
        "tiny.net", objective="generator", trials=2, out="s", device="cpu", quiet=True
    )
    for each in found.trials:
        lines = (each.folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        assert each.scores == {"generator loss": json.loads(lines[-1])["generator_loss"]}
    losses = [each.scores["generator loss"] for each in found.trials]
    assert losses == sorted(losses)


def test_losses_of_the_last_tenth_have_a_mean(tmp_path: Path) -> None:
    """Of those that were recorded, up to the step's own last turn."""
    lines = [json.dumps({"step": step, "judge_loss": step**2}) for step in range(1, 21)]
    lines.append(json.dumps({"step": 21, "other_loss": 1.0}))
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert _last_loss(tmp_path / "metrics.jsonl", "judge") == (19**2 + 20**2) / 2
    assert _last_loss(tmp_path / "metrics.jsonl", "nobody") == inf


def test_a_net_that_nothing_is_held_out_for(written: Runner) -> None:
    """With a distance, a recipe without steps needs no validation part."""
    text = GAME[: GAME.index("    step critic")].replace(", goal=1", "")
    rest = (
        "    loss: mse(fake, image)\n    optimizer: adam(lr=lr)\n    batch: 200\n    steps: 2\n}\n"
    )
    Path("tiny.net").write_text(text + rest, encoding="utf-8")
    searched(written, "s", *DISTANCE, "--trials", "1", "--quiet")
    assert set(facts_of(written, "s")[0]["scores"]) == {"Fréchet distance"}


def test_the_distance_is_from_the_part_that_is_held_out(written: Runner) -> None:
    """Also from one that the data have of their own."""
    random = np.random.default_rng(0)
    Path("set").mkdir()
    for name, most in (("train", 0.2), ("val", 1.0)):
        images = random.uniform(0, most, (40, 1, 8, 8)).astype(np.float32)
        np.savez(f"set/{name}.npz", x=images, label=np.zeros(40, np.int64))
    data = 'arrays("set", sizes=[1, 8, 8], validation="val")'
    Path("tiny.net").write_text(GAME.replace("data:  digits", f"data: {data}"), encoding="utf-8")
    here = ("--data", "set=set", "--device", "cpu")
    searched(written, "s", *DISTANCE, "--trials", "1", "--quiet", *here[:2])
    (first,) = facts_of(written, "s")
    weights = f"s/{first['folder']}/last.safetensors"
    asked = ("eval", "tiny.net:tiny", *first["overrides"], "--weights", weights, "--split", "val")
    (said,) = written(*asked, *DISTANCE, *here).out.splitlines()
    assert float(said.split(": ")[1]) == pytest.approx(first["scores"]["Fréchet distance"], 1e-4)


def test_what_cannot_be_compared(written: Runner) -> None:
    """Nothing is trained before it is known to be right."""
    asked = ("search", "tiny.net:tiny", "--out", "s", "--device", "cpu", "--trials", "1")
    said = written.refused(*asked)
    assert said.startswith("error[E0819]: ")
    assert "--objective generator" in said
    said = written.refused(*asked, "--objective", "judge")
    assert "E0819" in said
    assert "its steps are `critic`, `generator`" in said
    said = written.refused(*asked, *DISTANCE[:-1], "logit")
    assert "E0834" in said
    lost = [each.replace("last", "nowhere") for each in DISTANCE]
    assert "E0004" in written.refused(*asked, *lost)
    assert not (written.folder / "s").exists()
    assert written("search", "tiny.net:tiny", "--distance", "fake").status == 2
    assert written("search", "tiny.net:tiny", *DISTANCE, "--objective", "critic").status == 2


def test_another_aim_is_another_search(written: Runner) -> None:
    searched(written, "s", *DISTANCE, "--trials", "1", "--quiet")
    again = ("search", "tiny.net:tiny", "--out", "s", "--trials", "1", "--resume", "--quiet")
    said = written.refused(*again, "--objective", "critic")
    assert "E0734" in said
    assert "what is compared" in said
    save_file(netlang.load("classifier.net").torch(seed=1).state_dict(), WEIGHTS)
    assert "E0734" in written.refused(*again, *DISTANCE)


def test_a_loss_that_is_searched_does_not_compare(written: Runner) -> None:
    with pytest.raises(NetlangError) as caught:
        netlang.search(
            "tiny.net", "goal=choice(1, 2)", "lr=0.1", objective="generator", trials=3, out="s",
            device="cpu", quiet=True,
        )  # fmt: skip
    assert [each.code for each in caught.value.diagnostics] == ["E0814"]
