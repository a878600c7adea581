"""Runs that are refused, for what stands in their folder or comes out of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.backends.torch.train import evaluate, train
from netlang.backends.torch.train.folder import fingerprint
from netlang.diagnostics.errors import NetlangError
from netlang.recipes import load_recipe
from netlang.targets.options import RunOptions, ScoreOptions
from tests.train.support import run, sketch


def codes(error: pytest.ExceptionInfo[NetlangError]) -> list[str]:
    return [each.code for each in error.value.diagnostics]


def test_another_recipe_is_not_resumed(tmp_path: Path) -> None:
    run(tmp_path / "run")
    with pytest.raises(NetlangError) as caught:
        run(tmp_path / "run", "seed=5", resume=True)
    assert codes(caught) == ["E0734"]
    assert "`seed` is 42 there, 5 here" in caught.value.diagnostics[0].message


def test_a_changed_net_is_not_resumed(tmp_path: Path) -> None:
    body = "    input x: [40]\n    linear({width}) -> {act} -> linear(10)"
    recipe, program = sketch(body.format(width=8, act="relu"))
    train(recipe, program, RunOptions(tmp_path / "run", device="cpu"))
    for other in ({"width": 9, "act": "relu"}, {"width": 8, "act": "tanh"}):
        changed = sketch(body.format(**other))
        with pytest.raises(NetlangError) as caught:
            train(*changed, RunOptions(tmp_path / "run", resume=True, device="cpu"))
        assert codes(caught) == ["E0734"]
    assert fingerprint(program) == fingerprint(sketch(body.format(width=8, act="relu"))[1])


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    run(tmp_path / "run")
    with pytest.raises(NetlangError) as caught:
        run(tmp_path / "run")
    assert codes(caught) == ["E0733"]


def test_a_run_that_was_refused_before_its_first_step_leaves_its_folder_free(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    run(folder)
    kept = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    began = [*(folder / "checkpoints").iterdir(), folder / "best.safetensors",
             folder / "last.safetensors", folder / "metrics.jsonl"]  # fmt: skip
    for path in began:
        path.unlink(missing_ok=True)
    (folder / "run.json").write_bytes(b"of another recipe")
    run(folder)
    assert (folder / "run.json").read_bytes() == kept["run.json"]
    assert (folder / "last.safetensors").read_bytes() == kept["last.safetensors"]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[" * 100_000, b'{"keys": 1}'])
def test_a_damaged_record_is_named(tmp_path: Path, content: bytes) -> None:
    run(tmp_path / "run")
    (tmp_path / "run" / "run.json").write_bytes(content)
    with pytest.raises(NetlangError) as caught:
        run(tmp_path / "run", resume=True)
    assert codes(caught) == ["E0735"]


def test_a_folder_that_cant_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NetlangError) as caught:
        run(tmp_path / "file" / "run")
    assert codes(caught) == ["E0795"]


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(NetlangError) as caught:
        run(tmp_path / "run", "optimizer=sgd(lr=1e30)")
    assert codes(caught) == ["E0736"]


def test_weights_of_another_net_are_refused(tmp_path: Path) -> None:
    result = run(tmp_path / "run")
    recipe, program = load_recipe("mnist1d", ["arch=mlp"])
    with pytest.raises(NetlangError) as caught:
        evaluate(recipe, program, result.folder.best, ScoreOptions(device="cpu"))
    assert codes(caught) == ["E0921"]
