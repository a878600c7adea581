"""What mypy says of emitted text, where it is strict: nothing, of all operators and nets."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import netlang
from netlang.backends.torch import emit
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.modules.files import bundled_definitions
from tests.campaigns.generator import generate
from tests.campaigns.subject import Spec, load
from tests.torch.programs import complaints_about, one_step
from tests.torch.test_list_arguments import CASES
from tests.torch.test_number_types import MIXED
from tests.torch.test_operators import NAMED

# Nets that hold modules in all ways: attributes, lists, mappings, classes of their own, tied ones.
FEW = (
    "alexnet", "bert", "densenet121", "fasterrcnn_box_head", "googlenet", "gpt2", "hrnet_w18",
    "maxvit_t", "mobilenet_v3_small", "resnet50", "segnet", "ssd300_vgg16", "swin_v2_t", "unet",
    "yolo_v1",
)  # fmt: skip
# A step in the class, in a list, and in containers whose labels are attributes, items or neither.
PATHS = ("step", "7", "a.b.train", "0.c.d")
RANDOM = 30
# What torch imports for itself, and emitted text doesn't: a third of the time.
_NOT_READ = ",".join(
    f"mypy-torch.{name}.*"
    for name in ("_dynamo", "_export", "_functorch", "_inductor", "ao", "fx.experimental")
)


def types_of(folder: Path) -> str:
    """What mypy finds in the files of a folder.

    Its knowledge of torch is kept, for this file alone, whose tests run in one process.
    """
    cache = Path(os.environ["XDG_CACHE_HOME"]) / "mypy"
    config = folder / "mypy.ini"
    config.write_text(f"[mypy]\n[{_NOT_READ}]\nfollow_imports = skip\n", encoding="utf-8")
    command = ["mypy", "--strict", "--config-file", str(config), "--cache-dir", str(cache)]
    command.append(str(folder))
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr if done.returncode else ""


def write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")


def of_operators(paths: tuple[str, ...]) -> dict[str, str]:
    return {
        f"{name}_{path}".replace("-", "_").replace(".", "_"): emit(
            one_step(case.op, case.inputs, path)
        )
        for name, case in NAMED.items()
        for path in paths
    }


def of_random(numbers: range) -> Iterator[tuple[str, str]]:
    for number in numbers:
        yield f"random_{number}", emit(load(Spec.of(generate(number))))


def bundled() -> Iterator[tuple[str, str]]:
    """All bundled nets that need no arguments."""
    for kind, name, _ in bundled_definitions():
        if kind == "net":
            try:
                program = load_program(name)
            except NetlangError as error:
                if {found.code for found in error.diagnostics} != {"E0302"}:
                    raise
                continue
            yield name, emit(program)


def test_types_of_arguments(tmp_path: Path) -> None:
    """Lists of lists, and numbers that are whole in some calls, have one type each."""
    texts = {"mixed": MIXED} | {name: text for name, (text, *_) in CASES.items()}
    write(tmp_path, {name: netlang.loads(text).source() for name, text in texts.items()})
    assert types_of(tmp_path) == ""


def test_types_of_some(tmp_path: Path) -> None:
    write(tmp_path, of_operators(("7",)))
    write(tmp_path, dict(of_random(range(RANDOM))))
    write(tmp_path, {name: emit(load_program(name), guard=True) for name in FEW})
    assert types_of(tmp_path) == ""


@pytest.mark.slow
def test_types_of_all(tmp_path: Path) -> None:
    write(tmp_path, of_operators(PATHS))
    write(tmp_path, dict(of_random(range(RANDOM, 300))))
    write(tmp_path, texts := dict(bundled()))
    assert len(texts) > 150
    assert types_of(tmp_path) == ""


@pytest.mark.parametrize(
    "few", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["few", "all"]
)
def test_bundled_nets_are_as_ruff_writes_them(few: bool, tmp_path: Path) -> None:
    texts = {name: emit(load_program(name)) for name in FEW} if few else dict(bundled())
    write(tmp_path, texts)
    assert complaints_about(tmp_path) == ""
    assert max(len(line) for text in texts.values() for line in text.splitlines()) <= 100
    assert not [name for name, text in texts.items() if "add_module" in text]
    assert not [name for name, text in texts.items() if "get_submodule" in text]


def test_mypy_has_something_to_say(tmp_path: Path) -> None:
    text = emit(load_program("resnet18")).replace("x: Tensor", "x")
    write(tmp_path, {"resnet18": text})
    assert "error:" in types_of(tmp_path)
