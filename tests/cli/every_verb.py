"""A command of each verb that succeeds, in a folder whose files all have one name."""

from __future__ import annotations

import math
import shlex
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from netlang.cli import main
from tests.searching.support import without_search_pictures
from tests.train.pictures import without_pictures

__all__ = ["COMMANDS", "fill", "status_of", "words_of"]

SPEC = """\
net tiny(width=16, classes=10) {
    input image: [1, 8, 8]
    flatten -> linear(width) -> relu -> fc: linear(classes)
}

train one {
    model:     tiny()
    data:      digits
    loss:      cross_entropy
    optimizer: sgd(lr=0.1)
    batch:     10
    steps:     1
}

net maker {
    input image: [1, 8, 8]
    conv(1, 1x1, pad=0)
    output fake: sigmoid
}

train maker(lr=choice(0.1, 0.2)) {
    model:     maker()
    data:      digits
    loss:      mse(fake, image)
    optimizer: sgd(lr=lr)
    batch:     10
    steps:     1
}

train folder {
    model:     tiny(classes=2)
    data:      image_folder("pictures", channels=1)
    augment:   resize(8)
    test:      resize(8)
    loss:      cross_entropy
    optimizer: sgd(lr=0.1)
    batch:     2
    steps:     1
}

train several(lr=choice(0.1, 0.2)) {
    model:      tiny()
    data:       digits
    validation: 0.2
    loss:       cross_entropy
    optimizer:  sgd(lr=lr)
    batch:      10
    steps:      1
}
"""

OTHER = "net other {input image: [1, 8, 8]; flatten -> relu -> fc: linear(10)}\n"

# `@` is the name of every file and folder; the first word is the verb.
COMMANDS = (
    "check @.net",
    "check @-0 @.net",
    "check --format json @.net",
    "check --fix @-0/@.net",
    "fmt --diff @-1",
    "fmt --check @-0 @-1",
    "fmt @.net @-0",
    "summary @.net:tiny",
    "summary --format json @.net:tiny",
    "explain @.net:tiny fc",
    "expand @.net:tiny",
    "expand @.net:tiny --format json",
    "compile @.net:tiny -o @.py -o @-1.onnx --weights @.safetensors --manifest @.json",
    "compile @.net:tiny -o @-1.onnx --weights @.pth --partial",
    "compile @.net:one -o @.py",
    "verify @.net:tiny --onnx @.onnx --weights @.safetensors",
    "bench @.onnx --seconds 0 --threads 1",
    "import @.onnx -o @-2.net --weights-out @-2.safetensors",
    "draw @.net:tiny -o @.dot",
    "diff @.net:tiny @.onnx -o @-2.dot",
    "diff @.net:tiny @-0/@.net --steps",
    "diff @.net:tiny @-0/@.net --markdown",
    "diff @.net:tiny @-0/@.net --json",
    "migrate @.net:tiny @.onnx --weights @.safetensors -o @-3.safetensors",
    "train @.net:one --out @ --resume",
    "train @.net:one --out @-3 --resume",
    "train @.net:folder --out @-7 --data pictures=@-2",
    "search @.net:several --trials 2 --out @-4 --resume",
    "eval @.net:one --weights @.safetensors",
    "soup @.net:one --weights @.safetensors --weights @/last.safetensors -o @-4.safetensors",
    "predict @.net:one @.png --weights @.safetensors",
    "predict @.net:one @.png --weights @.safetensors --format json",
    "look @.net:one @.png --weights @.safetensors --only kernels,saliency -o @-5",
    "runs @",
    "runs @ --json",
    "doctor --runtime",
    "doctor @.net:one --out @-6",
    "list",
    "list resnet",
    "rule E0201",
    "rule",
)


def words_of(command: str, name: str) -> list[str]:
    """The words of a command, in a folder that `fill` has filled."""
    return [word.replace("@", name) for word in shlex.split(command)]


def fill(folder: Path, name: str) -> None:
    """Write what the commands read: two specs, weights, an image, a model and a run."""
    for place in (f"{name}-0", f"{name}-1"):
        (folder / place).mkdir()
        (folder / place / f"{name}.net").write_text(OTHER, encoding="utf-8")
    (folder / f"{name}.net").write_text(SPEC, encoding="utf-8")
    image = Image.new("L", (8, 8), 255)
    image.save(folder / f"{name}.png")
    for place in (f"train/{name}", "train/b", f"test/{name}", "test/b"):
        (folder / f"{name}-2" / place).mkdir(parents=True)
        image.save(folder / f"{name}-2" / place / f"{name}.png")
    with without_pictures():
        assert status_of("train", f"{folder / name}.net:one", "--out", str(folder / name)) == 0
    last = folder / name / "last.safetensors"
    (folder / f"{name}.safetensors").write_bytes(last.read_bytes())
    tensors = {name: torch.tensor([math.nan]), **load_file(last)}
    tensors["fc.bias"] = torch.zeros(3)
    torch.save({"state_dict": tensors, name: {name: torch.zeros(1)}}, folder / f"{name}.pth")
    spec = f"{folder / name}.net:maker"
    assert status_of("train", spec, "--out", str(folder / "maker"), "lr=0.1") == 0
    spec, out = f"{folder / name}.net:tiny", f"{folder / name}.onnx"
    assert status_of("compile", spec, "-o", out, "--weights", str(last)) == 0


def status_of(*words: str) -> int:
    """The exit status of a command, run in this process without drawing pictures."""
    with without_pictures(), without_search_pictures(), pytest.raises(SystemExit) as end:
        main(words)
    assert isinstance(end.value.code, int)
    return end.value.code
