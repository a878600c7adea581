"""Where a script of a recipe runs: its option ``--device``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from netlang.backends.torch.eject import script
from tests.train.eject.support import module_of_text, printed
from tests.train.eject.test_use import FLAT, PICTURES, SMALL, image_folder
from tests.train.support import sketch

DEVICES = {
    "memory": (
        FLAT.replace("[6]", "[40]").replace("(3)", "(10)"),
        "validation: 0.2",
        "normalize: standardize",
        "precision: bf16",
        "augment: noise(0.1) -> mixup(0.2)",
        "optimizer: adagrad(lr=0.1)",
    ),
    "digits": (
        "    input x: [1, H=8, W=8]\n    conv1: conv(8, 3x3) -> relu -> gap -> flatten\n"
        "    fc: linear(10)",
        "data: digits",
        "test: multi_scale([8, 16])",
        "init: orthogonal",
        "ema: 0.9",
    ),
    "images": (PICTURES, SMALL, 'data: image_folder("mine", test="val")', "batch: 2"),
    "images at scales": (
        PICTURES,
        SMALL,
        'data: image_folder("mine", test="val")',
        "test: multi_scale([24, 30])",
        "normalize: standardize",
        "channels_last: true",
        "batch: 2",
    ),
    "mixed images": (
        PICTURES,
        "augment: resize(24) -> mixup(0.2)",
        'data: image_folder("mine", test="val")',
        "batch: 2",
    ),
}


@pytest.mark.parametrize("name", DEVICES)
def test_device(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data and model go to the device that is named, and nowhere else."""
    body, *lines = DEVICES[name]
    root = image_folder(tmp_path / "mine", "train", "val")
    text = script(*sketch(body, *lines, "steps: 2"))
    options = ("--data", str(root), "--workers", "0") if "image" in name else ()
    assert "DEVICE" not in text.split("default=DEVICE")[1]
    asked = set[str]()
    to = torch.Tensor.to

    def moved(self: torch.Tensor, *args: Any, **settings: Any) -> Any:
        asked.update(str(each) for each in args if isinstance(each, str | torch.device))
        return to(self, *args, **settings)

    with monkeypatch.context() as patch:
        patch.setattr(torch.Tensor, "to", moved)
        shown = printed(text, tmp_path / "script", *options, "--device", "cpu")
    assert "step 2: loss" in shown
    assert asked == {"cpu"}
    with pytest.raises(RuntimeError, match="device"):
        printed(text, tmp_path / "other", *options, "--device", "nowhere")


def test_synchronized_batch_norms_of_several_processes_need_gpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyTorch's own error comes from inside the forward pass, after the processes have met."""
    body = "    input x: [40]\n    linear(8) -> bn -> linear(10)"
    module = module_of_text(script(*sketch(body, "sync_batch_norm: true")), tmp_path / "train.py")
    options = ["train.py", "--device", "cpu", "--out", str(tmp_path / "state.pth")]
    monkeypatch.setattr(module, "SIZE", 2)
    monkeypatch.setattr("sys.argv", options)
    with pytest.raises(SystemExit, match="sync_batch_norm needs GPUs"):
        module.main()
