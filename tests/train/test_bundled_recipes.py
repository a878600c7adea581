"""The library's recipes for ImageNet, as they stand but shorter, on a folder of JPEGs.

Each is killed in its middle and goes on, and ends bit for bit as if nothing had happened.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from netlang.backends.torch.train.loop import Loop
from netlang.cli import main
from netlang.recipes.words.timing import Pace
from tests.support import forks
from tests.train.data.support import draw

COMPARED = ("last.safetensors", "metrics.jsonl")
pytestmark = forks
SHORT = ("batch=3", "steps=3", "checkpoint_every=1")


def every_step(side: int) -> str:
    """Every step that a path of images can have, on pictures of this side or somewhat more."""
    return (
        f"augment=resize_shorter({side + 8}..{side + 16}) -> random_crop({side + 6}, pad=2)"
        f" -> center_crop({side + 4}) -> random_resized_crop({side + 2}) -> resize({side})"
        " -> hflip -> vflip(0.5) -> rotate(10) -> scale(0.9..1.1) -> translate(0.1) -> shear(5)"
        " -> color_jitter(brightness=0.2, contrast=0.2, saturation=0.2, hue=0.1) -> grayscale(0.2)"
        f" -> color_pca(0.1) -> noise(0.02) -> blur(5) -> cutout({side // 7}) -> random_erasing"
        " -> trivial_augment -> rand_augment -> mixup"
    )


SMALLEST = ("resnet:imagenet", "arch=resnet18")
# The recipes with the pictures and paths that they have.
RECIPES = {"resnet, ten crops": SMALLEST, "googlenet": ("googlenet:imagenet",)}


def other_paths(side: int) -> dict[str, tuple[str, ...]]:
    """Recipes with other steps, other tests and pictures of this side."""
    return {
        "several scales": (
            *SMALLEST, f"augment=random_resized_crop({side}) -> hflip",
            f"test=multi_scale([{side}, {side * 8 // 7}])",
        ),
        "every step of a path": (*SMALLEST, every_step(side), f"test=ten_crop({side})"),
        "cutmix": (*SMALLEST, f"augment=random_crop({side}) -> cutmix"),
        "googlenet": (
            "googlenet:imagenet", f"augment=random_resized_crop({side}) -> hflip",
            f"test=resize_shorter({side * 8 // 7}) -> center_crop({side})",
        ),
    }  # fmt: skip


LATER = pytest.mark.slow
SMALL = other_paths(64)
LARGE = {name: words for name, words in other_paths(224).items() if name != "googlenet"}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of JPEGs, four to train on and one for the test each."""
    root = tmp_path_factory.mktemp("photos")
    for number, name in enumerate(("n01440764", "n01443537", "n01484850")):
        for part, count in (("train", 4), ("val", 1)):
            folder = root / part / name
            folder.mkdir(parents=True)
            for copy in range(count):
                draw(10 * number + copy, size=(260 + copy, 236)).save(folder / f"{copy}.JPEG")
    return root


def train(photos: Path, out: Path, *words: str) -> None:
    """The command, in this process."""
    command = ["train", *words, *SHORT, "--out", str(out), "--data", f"imagenet={photos}"]
    with pytest.raises(SystemExit) as ended:
        main([*command, "--device", "cpu", "--quiet"])
    assert not ended.value.code


def killed_after_two_steps(photos: Path, out: Path, *words: str) -> None:
    """The command in a process that kills itself: a copy of this one, which has imported all."""
    child = os.fork()
    if child == 0:
        after = Loop._after_step

        def killed(self: Loop, pace: Pace) -> None:
            after(self, pace)
            if self.state.step == 2:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            Loop._after_step = killed  # type: ignore[method-assign]  # patched
            train(photos, out, *words)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def assert_it_goes_on(photos: Path, folder: Path, *words: str) -> None:
    whole, broken = folder / "whole", folder / "broken"
    train(photos, whole, *words)
    killed_after_two_steps(photos, broken, *words)
    assert not (broken / "last.safetensors").exists()
    train(photos, broken, *words, "--resume")
    for file in COMPARED:
        assert (broken / file).read_bytes() == (whole / file).read_bytes(), file


@LATER
@pytest.mark.parametrize("name", RECIPES)
def test_killed_and_resumed(name: str, photos: Path, tmp_path: Path) -> None:
    assert_it_goes_on(photos, tmp_path, *RECIPES[name])


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=LATER if name == "cutmix" else ()) for name in SMALL]
)
def test_small_pictures(name: str, photos: Path, tmp_path: Path) -> None:
    assert_it_goes_on(photos, tmp_path, *SMALL[name])


@LATER
@pytest.mark.parametrize("name", LARGE)
def test_large_pictures(name: str, photos: Path, tmp_path: Path) -> None:
    assert_it_goes_on(photos, tmp_path, *LARGE[name])
