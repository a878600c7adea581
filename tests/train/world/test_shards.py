"""Checkpoints of which each process writes a part: what is in them, and what becomes of"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader
from torch.distributed.checkpoint.state_dict_loader import load

from netlang.backends.torch.train.files.checkpoints import Checkpoints, digits_of, opened_checkpoint
from netlang.backends.torch.train.files.pieces import Piece
from netlang.backends.torch.train.files.reader import TensorSource
from netlang.backends.torch.train.files.shards import ShardFolder
from netlang.backends.torch.train.processes.copying import _send
from netlang.backends.torch.train.world import World
from netlang.diagnostics.errors import NetlangError
from tests.cli.support import Runner
from tests.train.world.damage import a_file, cut, flips, gone, linked, of_another, outside
from tests.train.world.subject import APART, SHARD, carry_out
from tests.train.world.support import compare, notes_of, same_run, together

REMEMBERING = "stopped_remembering"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    together(2, folder, SHARD, "resumed", "stopped", "dropout", "remembering", REMEMBERING)
    return folder


@pytest.fixture
def checkpoints(two: Path, tmp_path: Path) -> Checkpoints:
    copytree(two / "resumed" / "checkpoints", tmp_path / "checkpoints")
    return Checkpoints(tmp_path / "checkpoints")


def test_each_process_writes_its_part(checkpoints: Checkpoints) -> None:
    """Names, digests and nothing but safetensors and JSON."""
    found = checkpoints.found()
    assert [int(path.name.partition("-")[0]) for path in found] == [12, 8]
    for path in found:
        names = [f"shard-0000{rank}-of-00002.safetensors" for rank in (1, 2)]
        assert sorted(each.name for each in path.iterdir()) == ["manifest.json", *names]
        manifest = (path / "manifest.json").read_bytes()
        assert path.name[10:] == sha256(manifest).hexdigest()[:32]
        for shard in json.loads(manifest)["shards"]:
            content = (path / shard["file"]).read_bytes()
            assert (len(content), sha256(content).hexdigest()) == (shard["bytes"], shard["sha256"])
        sizes = [
            sum(each.numel() for name, each in load_file(path / shard).items() if "model/" in name)
            for shard in names
        ]
        assert max(sizes) < 0.6 * sum(sizes)


@pytest.mark.filterwarnings("ignore:torch.distributed is disabled")
def test_torch_reads_them(two: Path, checkpoints: Checkpoints) -> None:
    """Its own reader puts the same tensors together as ours; the weights are those at the end."""
    path = checkpoints.found()[0]
    with opened_checkpoint(path) as source:
        ours = {name: source.read(name) for name in source.entries}
    theirs = {name: torch.zeros_like(each) for name, each in ours.items() if each.numel()}
    load(theirs, storage_reader=HuggingFaceStorageReader(str(path)), no_dist=True)
    for name, value in theirs.items():
        assert torch.equal(value, ours[name]), name
    last = load_file(two / "resumed" / "last.safetensors")
    assert last
    for name, value in last.items():
        assert torch.equal(value, ours[f"averaged/{name}"]), name


def _taken(checkpoints: Checkpoints) -> tuple[list[int], list[str]]:
    """The step that is gone on from, by the facts, and what was said."""
    steps: list[int] = []

    def take(source: TensorSource) -> None:
        steps.append(json.loads(source.metadata["netlang"])["step"])

    said = checkpoints.restore(take)
    return steps, said


def test_any_flipped_bit_is_noticed(checkpoints: Checkpoints) -> None:
    newest = checkpoints.found()[0]
    for path, bit in flips(newest):
        whole = path.read_bytes()
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        steps, said = _taken(checkpoints)
        assert steps == [8], (path.name, bit)
        assert len(said) == 1
        assert newest.name in said[0]
        path.write_bytes(whole)
    assert _taken(checkpoints) == ([12], [])


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (cut, "bytes, its header wants"),
        (gone, "it lacks shard-00001-of-00002.safetensors"),
        (linked, "isn't a plain file"),
        (outside, "its manifest names the file '../shard-00001"),
        (of_another, "shard-00002-of-00002.safetensors"),
        (a_file, "Not a directory"),
        (lambda path: (path / "manifest.json").unlink(), "No such file"),
        (lambda path: (path / "manifest.json").write_text("[" * 10**5), "nested too deeply"),
        (lambda path: (path / "manifest.json").write_text("{}"), "its manifest isn't valid"),
    ],
)
def test_damage(checkpoints: Checkpoints, happens: Callable[[Path], object], why: str) -> None:
    newest = checkpoints.found()[0]
    happens(newest)
    steps, said = _taken(checkpoints)
    assert steps == [8]
    assert why in said[0]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(errno.EIO, "Input/output error"), "Input/output"),
        (ValueError("it is cut off"), "cut"),
    ],
)
def test_an_older_one_is_taken_where_reading_fails(
    checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch, error: Exception, why: str
) -> None:
    """A disk may fail after all bytes were compared."""
    newest, older = checkpoints.found()
    rows, taken = ShardFolder._rows, []

    def failing(self: ShardFolder, piece: Piece, start: int, count: int) -> Tensor:
        if self._path == newest:
            raise error
        return rows(self, piece, start, count)

    def take(source: TensorSource) -> None:
        assert isinstance(source, ShardFolder)
        for name in source.entries:
            source.read(name)
        taken.append(source._path)

    monkeypatch.setattr(ShardFolder, "_rows", failing)
    (said,) = checkpoints.restore(take)
    assert newest.name in said
    assert why in said
    assert taken == [older]


def test_nothing_is_begun_anew(checkpoints: Checkpoints) -> None:
    for path in checkpoints.found():
        gone(path)
    with pytest.raises(NetlangError) as caught:
        _taken(checkpoints)
    assert caught.value.diagnostics[0].code == "E0796"


def test_what_was_left_unfinished_is_removed(checkpoints: Checkpoints) -> None:
    left = checkpoints.folder / ".checkpoint.0123abcd.tmp"
    copytree(checkpoints.found()[0], left)
    (left / ".shard-00001-of-00002.safetensors.89abcdef.tmp").write_bytes(b"half")
    checkpoints.prepare()
    assert not left.exists()
    assert len(checkpoints.found()) == 2


def test_the_same_state_is_saved_twice(checkpoints: Checkpoints, tmp_path: Path) -> None:
    """What is whole stays as it is, and what isn't makes room."""
    newest, older = checkpoints.found()
    copytree(older, tmp_path / "copy")
    digest = sha256((older / "manifest.json").read_bytes()).hexdigest()
    for damage in ("", "manifest.json", "shard-00001-of-00002.safetensors"):
        if damage:
            (older / damage).write_text("damaged")
        with checkpoints.gathering() as folder:
            copytree(tmp_path / "copy", folder, dirs_exist_ok=True)
            assert checkpoints.place(8, folder, digest) == older
        with opened_checkpoint(older) as source:
            source.check(digits_of(older))
        assert sorted(checkpoints.folder.iterdir()) == [older, newest]


def test_all_that_has_a_memory_goes_on_with_it(two: Path, tmp_path: Path) -> None:
    """As many processes end with the same bytes; one has the same counts and scores."""
    facts = _facts(_newest(two / REMEMBERING))
    assert facts["step"] % 5
    assert facts["scaler"]["_growth_tracker"] > 0
    assert facts["averages"] == facts["step"]
    copytree(two / REMEMBERING, tmp_path / "one" / REMEMBERING)
    copytree(two / REMEMBERING, tmp_path / "two" / REMEMBERING)
    together(2, tmp_path / "two", SHARD, f"{REMEMBERING}+")
    same_run(two / "remembering", tmp_path / "two" / REMEMBERING)
    carry_out(REMEMBERING, tmp_path / "one", resume=True)
    whole, found = (
        _facts(_newest(run)) for run in (two / "remembering", tmp_path / "one" / REMEMBERING)
    )
    for name in ("step", "averages", "scaler", "loss_steps", "settled"):
        assert found[name] == whole[name], name


def _facts(checkpoint: Path) -> Any:
    with opened_checkpoint(checkpoint) as source:
        return json.loads(source.metadata["netlang"])


@pytest.mark.parametrize("options", [(), (SHARD,), (SHARD, APART)])
def test_others_go_on(two: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    """Three processes, each with all of the net or a part; also where one sees no common folder."""
    copytree(two / "stopped", tmp_path / "stopped")
    together(3, tmp_path, *options, "stopped+")
    kinds = {path.is_dir() for path in (tmp_path / "stopped" / "checkpoints").iterdir()}
    assert kinds == {options == (SHARD,)}
    (tmp_path / "one").mkdir()
    compare(notes_of(tmp_path, "stopped"), carry_out("stopped", tmp_path / "one"))


def test_what_another_host_has_is_compared(two: Path, tmp_path: Path) -> None:
    """Process 1 has files of the right lengths with other bytes: it gets those of process 0."""
    for name in ("stopped", "stopped.of.1"):
        copytree(two / "stopped", tmp_path / name)
    for shard in (tmp_path / "stopped.of.1").rglob("shard-*.safetensors"):
        content = shard.read_bytes()
        shard.write_bytes(content[: len(content) // 2] + bytes(-(-len(content) // 2)))
    together(2, tmp_path, SHARD, APART, "stopped+")
    (tmp_path / "one").mkdir()
    compare(notes_of(tmp_path, "stopped"), carry_out("stopped", tmp_path / "one"))


def test_files_that_are_read_are_compared(checkpoints: Checkpoints) -> None:
    newest = checkpoints.found()[0]
    shard = newest / "shard-00002-of-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:-1] + b"?")
    with opened_checkpoint(newest) as source:
        (shared,) = (name for name in source.entries if name == "model/a.weight")
        with pytest.raises(ValueError, match="the bytes of shard-00002"):
            source.read(shared)
        # It lies in the other file.
        assert source.read("records").dtype == torch.uint8


def test_a_copy_that_has_no_room(checkpoints: Checkpoints, tmp_path: Path) -> None:
    newest = checkpoints.found()[0]
    (tmp_path / "copy").mkdir()
    _send(newest, World(), tmp_path / "copy")
    for path in newest.iterdir():
        assert (tmp_path / "copy" / newest.name / path.name).read_bytes() == path.read_bytes()
    with pytest.raises(NetlangError) as caught:
        _send(newest, World(), tmp_path / "nowhere")
    assert caught.value.diagnostics[0].code == "E0795"


def test_without_a_common_folder(two: Path, tmp_path: Path) -> None:
    """The first process writes files of the whole, with the same weights."""
    together(2, tmp_path, SHARD, APART, "dropout")
    assert not (tmp_path / "dropout.of.1").exists()
    for name in ("last.safetensors", "metrics.jsonl"):
        assert (tmp_path / "dropout" / name).read_bytes() == (two / "dropout" / name).read_bytes()
    (path,) = (tmp_path / "dropout" / "checkpoints").iterdir()
    with opened_checkpoint(path) as one, opened_checkpoint(_newest(two / "dropout")) as other:
        assert one.metadata == other.metadata
        assert one.entries.keys() == other.entries.keys()
        for name in one.entries:
            assert torch.equal(one.read(name), other.read(name)), name


def _newest(run: Path) -> Path:
    return max((run / "checkpoints").iterdir())


def test_a_part_is_no_weights(two: Path, run: Runner) -> None:
    part = _newest(two / "resumed") / "shard-00002-of-00002.safetensors"
    said = run.refused("eval", "mnist1d", "--weights", str(part))
    assert "E0772" in said
    assert str(two / "resumed" / "last.safetensors") in said
