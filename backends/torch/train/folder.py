"""The folder of a run: what was asked for, how far it came, and what came out.

`run.json` is written first and never changes: the recipe with every choice resolved, the spec and a
fingerprint of the net. A folder is resumed only with the same recipe and net.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import final

import torch

from netlang import __version__
from netlang.atomic import discard_unfinished
from netlang.backends.torch.train.storage import Json, write_text
from netlang.diagnostics.core import NetlangError
from netlang.diagnostics.files import WriteFailed
from netlang.diagnostics.training import OtherRecipe, RunExists, UnreadableRun
from netlang.ir.op import Op
from netlang.ir.program import Function, Program
from netlang.recipes.recipe import Recipe

__all__ = ["RunFolder", "fingerprint", "open_folder"]


@final
@dataclass(frozen=True)
class RunFolder:
    """The files of a run by their purpose."""

    path: Path

    @property
    def record(self) -> Path:
        return self.path / "run.json"

    @property
    def checkpoint(self) -> Path:
        """Everything that is needed to go on."""
        return self.path / "checkpoint.safetensors"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def curves(self) -> Path:
        return self.path / "curves.svg"

    @property
    def best(self) -> Path:
        """Weights of the best evaluation."""
        return self.path / "best.safetensors"

    @property
    def last(self) -> Path:
        """Weights at the end of the run, or where it was interrupted."""
        return self.path / "last.safetensors"


def open_folder(path: Path, recipe: Recipe, program: Program, *, resume: bool) -> RunFolder:
    """The folder of a run, made or found; raises `NetlangError` where it holds another run."""
    folder = RunFolder(path)
    wanted = _record(recipe, program)
    if folder.record.exists():
        if not resume:
            raise NetlangError(RunExists(span=None, folder=str(path)))
        _compare(folder, wanted)
        discard_unfinished(path)
        return folder
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise NetlangError(WriteFailed(span=None, path=str(path), reason=reason)) from error
    write_text(folder.record, json.dumps(wanted, indent=2) + "\n")
    return folder


def _record(recipe: Recipe, program: Program) -> dict[str, Json]:
    text = recipe.span.source.text
    keys: dict[str, Json] = dict(recipe.describe())
    return {
        "recipe": recipe.name,
        "net": program.name,
        "keys": keys,
        "fingerprint": fingerprint(program),
        "versions": {"netlang": __version__, "torch": torch.__version__},
        "threads": torch.get_num_threads(),
        "spec_sha256": sha256(text.encode()).hexdigest(),
        "spec": text,
    }


def _compare(folder: RunFolder, wanted: Mapping[str, Json]) -> None:
    """Refuse a folder whose recipe or net differs."""
    try:
        found = json.loads(folder.record.read_text(encoding="utf-8"))
        keys, asked = dict(found["keys"]), wanted["keys"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NetlangError(
            UnreadableRun(span=None, path=str(folder.record), why=str(error))
        ) from None
    assert isinstance(asked, dict)
    differences = [
        f"`{key}` is {keys.get(key, 'unknown')} there, {asked[key]} here"
        for key in asked
        if keys.get(key) != asked[key]
    ]
    if not differences and found.get("fingerprint") != wanted["fingerprint"]:
        differences = [f"net `{wanted['net']}` has changed since"]
    if differences:
        raise NetlangError(
            OtherRecipe(span=None, folder=str(folder.path), differences="; ".join(differences))
        )


def fingerprint(program: Program) -> str:
    """A digest of the net: every operator with its arguments, every path and connection."""
    digest = sha256()
    numbers: dict[Function, int] = {}

    def number(function: Function) -> int:
        if function not in numbers:
            lines = [f"{port.name} {port.type}" for port in function.inputs]
            for node in function.nodes:
                called = repr(node.callee) if isinstance(node.callee, Op) else number(node.callee)
                refs = [(ref.producer, ref.output) for ref in node.inputs]
                lines.append(f"{node.path} {node.module} {called} {refs} {node.auxiliary}")
            lines += [f"{item.name} {item.ref} {item.auxiliary}" for item in function.outputs]
            numbers[function] = len(numbers)
            digest.update("\n".join(lines).encode())
        return numbers[function]

    number(program.net)
    return digest.hexdigest()
