"""What a run's weights need goes into an ONNX file, and it says what is predicted."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
from ast import literal_eval
from pathlib import Path

import onnx
import pytest
import torch
from onnxruntime import InferenceSession
from PIL import Image
from safetensors.torch import load_file

from netlang.backends.onnx import export
from netlang.backends.torch.train.files.encoding import encode_signed
from netlang.recipes import load_recipe
from tests.quality import ROOT
from tests.train.predict.support import CLASSES, metadata, predicted, prepared


def test_classes_go_into_the_onnx_file(run: Path, tmp_path: Path) -> None:
    _, program = load_recipe(str(run / "pets.net"))
    export(program, tmp_path / "pets.onnx", weights=run / "run" / "last.safetensors")
    kept = {each.key: each.value for each in onnx.load(tmp_path / "pets.onnx").metadata_props}
    assert json.loads(kept["netlang.classes"]) == sorted(CLASSES)


def test_what_weights_need_goes_into_the_onnx_file(run: Path, tmp_path: Path) -> None:
    """Enough to prepare an input without the run: the numbers are those by hand."""
    _, program = load_recipe(str(run / "pets.net"))
    weights = run / "run" / "last.safetensors"
    export(program, tmp_path / "pets.onnx", weights=weights)
    kept = {each.key: each.value for each in onnx.load(tmp_path / "pets.onnx").metadata_props}
    first, second = json.loads(metadata(weights))["normalization"]["numbers"]
    told = json.loads(kept["netlang.normalization"])
    assert told["recipe"].startswith("standardize")
    assert told["subtract"] == pytest.approx(first["values"])
    assert told["divide"] == pytest.approx(second["values"])
    assert kept["netlang.weights"] == "last.safetensors (recipe pets, step 4)"
    assert kept["netlang.test"].startswith("resize_shorter(size=14) -> center_crop(size=12")
    assert kept["netlang.sizes"] == "H = 12\nW = 12"
    torch.save(load_file(weights), tmp_path / "plain.pth")
    export(program, tmp_path / "plain.onnx", weights=tmp_path / "plain.pth")
    kept = {each.key: each.value for each in onnx.load(tmp_path / "plain.onnx").metadata_props}
    assert kept["netlang.weights"] == "plain.pth"
    assert "netlang.normalization" not in kept
    export(program, tmp_path / "random.onnx", seed=7)
    kept = {each.key: each.value for each in onnx.load(tmp_path / "random.onnx").metadata_props}
    assert kept["netlang.weights"] == "random, drawn from seed 7: not trained"


def test_a_deployed_file_says_what_is_predicted(run: Path, tmp_path: Path) -> None:
    """From a folder of images to a file that ONNX Runtime runs, by the commands alone."""
    weights, target = run / "run" / "last.safetensors", tmp_path / "pets.onnx"
    command = [sys.executable, "-m", "netlang", "compile", str(run / "pets.net")]
    subprocess.run([*command, "-o", str(target), "--weights", str(weights)], check=True)
    session = InferenceSession(target, providers=["CPUExecutionProvider"])
    classes = json.loads(session.get_modelmeta().custom_metadata_map["netlang.classes"])
    for path in sorted((run / "pets" / "train").rglob("*.png")):
        x = prepared(run, Image.open(path)).numpy()
        (logits,) = session.run(["logits"], {"image": x})
        shares = torch.from_numpy(logits)[0].softmax(0).tolist()
        (found,) = predicted(run, path)
        assert dict(zip(classes, shares, strict=True)) == pytest.approx(found, abs=1e-5)


def test_the_program_of_the_manual_says_what_is_predicted(run: Path, tmp_path: Path) -> None:
    """It is told nothing but the file and an image."""
    _, program = load_recipe(str(run / "pets.net"))
    export(program, tmp_path / "pets.onnx", weights=run / "run" / "last.safetensors")
    page = (ROOT / "docs" / "weights.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```python\n(import json.+?)```", page, re.DOTALL)
    image = next((run / "pets" / "train").rglob("*.png"))
    shutil.copy(image, tmp_path / "tom.jpg")
    command = [sys.executable, "-c", text]
    done = subprocess.run(command, check=True, cwd=tmp_path, capture_output=True, text=True)
    told = literal_eval(done.stdout)
    (found,) = predicted(run, image)
    assert told == pytest.approx(found, abs=0.002)  # pixels are rounded once more


def affine(*numbers: object) -> dict[str, object]:
    return {"function": "affine", "numbers": numbers}


HOSTILE: dict[str, dict[str, object]] = {
    "numbers that aren't a table": {"normalization": affine(1, {"values": [0.5]})},
    "numbers without end": {"normalization": affine({"values": [math.inf]}, {"values": [1.0]})},
    "numbers in depth": {"normalization": affine({"values": [[0.5]]}, {"values": [1.0]})},
    "a text of halves": {"classes": ["\ud800"], "test": ["\ud800"], "recipe": "\ud800", "step": 1},
    "a step that no run has": {"recipe": "pets", "step": -1},
    "long texts": {"classes": ["a" * 70_000], "test": ["a" * 70_000], "recipe": "a" * 70_000},
    "other types": {"classes": [1], "test": [[]], "recipe": [], "keys": {"normalize": {}}},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_facts_of_a_stranger_are_left_out(run: Path, tmp_path: Path, name: str) -> None:
    """A file of weights may have any facts, under its right digest."""
    weights, target = tmp_path / "w.safetensors", tmp_path / "a.onnx"
    state = load_file(run / "run" / "last.safetensors")
    facts = {"netlang": json.dumps(HOSTILE[name])}
    weights.write_bytes(b"".join(encode_signed(state, facts)))
    export(load_recipe(str(run / "pets.net"))[1], target, weights=weights)
    kept = {each.key: each.value for each in onnx.load(target).metadata_props}
    assert kept["netlang.weights"] == "w.safetensors"
    assert kept.get("netlang.normalization", '{"recipe": null}') == '{"recipe": null}'
    assert not kept.keys() & {"netlang.classes", "netlang.test"}
