"""Are the generated images digits? A classifier of real digits looks at them.

Run as ``python -m examples.generative.recognised [--short] [--out FOLDER]``: trains the classifier,
and the DCGAN and the VAE with three seeds each. Of 1,000 images of each it says how many are
recognised, and as which digits; how far their features are from those of the training digits; and
how far each image is from the nearest of these. The same is said of real digits that nothing was
trained on, of noise, and of digits laid over each other. FOLDER gets a picture of 64 images of each
net, those of seed 0.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import final

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional

import netlang
from examples.experiment import options
from netlang.backends.torch.runtime.frechet import frechet_distance

__all__ = ["FOLDER", "OUTPUTS", "Judge", "generated", "main", "real_digits"]

FOLDER = Path(__file__).parent
LEVELS = (0.5, 0.8, 0.9)  # of the probability of a digit, from which on an image is recognised
SIDE, ZOOM, ROW, SEEDS = 16, 3, 8, 3
TEST_EVERY = 5  # of the digits, one belongs to the test part
# The place of the output that has the images.
OUTPUTS = {"dcgan": 0, "vae": 3}
LATENT = {"dcgan": 16, "vae": 2}
# What is changed for a short run.
SHORT = {"classifier": ("steps=3",), "dcgan": ("steps=3",), "vae": ("epochs=1", "rise=1")}


def real_digits() -> tuple[Tensor, Tensor]:
    """The digits of the training part and of the test part, ``[count, 1, 16, 16]`` from 0 to 1."""
    known = torch.from_numpy(load_digits().images / 16).float()[:, None]
    large = functional.interpolate(known, (SIDE, SIDE), mode="bilinear", antialias=True).clamp(0, 1)
    is_test = torch.arange(len(large)) % TEST_EVERY == TEST_EVERY - 1
    return large[~is_test], large[is_test]


def no_digits(count: int) -> dict[str, Tensor]:
    """Images that are no digits, ``[count, 1, 16, 16]``: noise, and means of two digits each."""
    generator = torch.Generator().manual_seed(0)
    large = torch.cat(real_digits())
    first, second = torch.randint(len(large), (2, count), generator=generator)
    noise = torch.rand(count, 1, SIDE, SIDE, generator=generator)
    return {"noise": noise, "blends": (large[first] + large[second]) / 2}


@torch.no_grad()
def generated(run: netlang.Run, name: str, count: int) -> Tensor:
    """Images that a trained net makes, ``[count, 1, 16, 16]`` from 0 to 1.

    Its inputs but the image, which isn't read, are drawn as its recipe says.
    """
    generator = torch.Generator().manual_seed(0)
    drawn = [torch.randn(count, LATENT[name], generator=generator)]
    if name == "dcgan":
        drawn.append(1000 * torch.rand(count, 10, generator=generator))
    found = run.torch()(torch.zeros(count, 1, SIDE, SIDE), *drawn)
    images: Tensor = found[OUTPUTS[name]] if isinstance(found, tuple) else found
    return images


@final
@dataclass(frozen=True)
class Seen:
    """What is known of some images.

    `shares` are the probabilities of the likeliest `digits`, ``[count]``, `distance` is Fréchet's
    from the training digits, and `nearest` the median distance to the nearest of these, pixel by
    pixel.
    """

    shares: Tensor
    digits: Tensor
    distance: float
    nearest: float

    @property
    def kinds(self) -> list[int]:
        """How many are recognised as each digit from the highest level on."""
        sure = self.digits[self.shares >= LEVELS[-1]]
        counts: list[int] = torch.bincount(sure, minlength=10).tolist()
        return counts

    def __str__(self) -> str:
        levels = (f"{(self.shares >= each).float().mean():.0%} from {each}" for each in LEVELS)
        return (
            f"recognised {', '.join(levels)}; Fréchet distance {self.distance:.1f}, nearest"
            f" training digit at {self.nearest:.2f}; of 0 to 9 {', '.join(map(str, self.kinds))}"
        )


@final
class Judge:
    """A classifier of real digits."""

    def __init__(self, net: nn.Module) -> None:
        self._net = net
        self._digits, _ = real_digits()
        self._features = self._outputs(self._digits)[0]

    @torch.no_grad()
    def _outputs(self, images: Tensor) -> tuple[np.ndarray, Tensor]:
        features, logits = self._net(images)
        return features.double().numpy(), logits.softmax(1)

    def look(self, images: Tensor) -> Seen:
        """What it says of images, ``[count, 1, 16, 16]``."""
        features, probabilities = self._outputs(images)
        shares, digits = probabilities.max(1)
        apart = torch.cdist(images.flatten(1), self._digits.flatten(1)).min(1).values
        distance = frechet_distance(self._features, features)
        return Seen(shares, digits, distance, float(apart.median()))


def save(images: Tensor, path: Path) -> None:
    """Draw the first 64 images as a square, with a line between them."""
    pixels = (images[: ROW**2, 0] * 255).round().byte().numpy()
    framed = np.pad(
        pixels.repeat(ZOOM, 1).repeat(ZOOM, 2), ((0, 0), (1, 1), (1, 1)), constant_values=128
    )
    side = ZOOM * SIDE + 2
    whole = framed.reshape(ROW, -1, side, side).transpose(0, 2, 1, 3).reshape(ROW * side, -1)
    Image.fromarray(whole).save(path)


def trained(name: str, folder: Path, changes: Mapping[str, tuple[str, ...]]) -> netlang.Run:
    """A run of a recipe of this folder."""
    return netlang.train(
        FOLDER / f"{name}.net", *changes.get(name, ()), out=folder, quiet=True, device="cpu"
    )


def main() -> None:
    given = options(__doc__, FOLDER)
    count, seeds, changes = (64, 1, SHORT) if given.short else (1000, SEEDS, {})
    with TemporaryDirectory() as out:
        run = trained("classifier", Path(out, "classifier"), changes)
        print(f"classifier: test accuracy {run.scores['test accuracy']:.1%}")
        judge = Judge(run.torch())
        for name, images in {"real": real_digits()[1], **no_digits(count)}.items():
            print(f"{name}: {judge.look(images)}")
        for name in OUTPUTS:
            for seed in range(seeds):
                began = time.process_time()
                own = {name: (*changes.get(name, ()), f"seed={seed}")}
                run = trained(name, Path(out, f"{name}-{seed}"), own)
                seconds = time.process_time() - began
                images = generated(run, name, count)
                print(f"{name}, seed {seed}: {judge.look(images)}; {seconds:.0f} s of a processor")
                if seed == 0:
                    save(images, given.out / f"{name}.png")


if __name__ == "__main__":
    main()
