"""Are the generated images digits? A classifier of real digits looks at them.

Run as ``python -m examples.generative.recognised [--short] [--out FOLDER]``: trains the classifier,
the DCGAN and the VAE, and says of 1,000 images of each how many are recognised, and as which
digits; for comparison, of noise and of digits laid over each other. FOLDER gets a picture of 64
images of each net.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional

import netlang
from examples.experiment import options

__all__ = ["FOLDER", "OUTPUTS", "generated", "main", "recognised"]

FOLDER = Path(__file__).parent
LEVELS = (0.5, 0.8, 0.9)  # of the probability of a digit, from which on an image is recognised
SIDE, ZOOM, ROW = 16, 3, 8
# The place of the output that has the images, and how many numbers they are made of.
OUTPUTS = {"dcgan": (0, 16), "vae": (3, 2)}
# What is changed for a short run.
SHORT = {"classifier": ("steps=3",), "dcgan": ("steps=3",), "vae": ("epochs=1", "rise=1")}


@torch.no_grad()
def generated(net: nn.Module, name: str, count: int) -> Tensor:
    """Images that a net makes of noise, ``[count, 1, 16, 16]`` from 0 to 1."""
    place, latent = OUTPUTS[name]
    z = torch.randn(count, latent, generator=torch.Generator().manual_seed(0))
    found = net(torch.zeros(count, 1, SIDE, SIDE), z)
    images: Tensor = found[place] if isinstance(found, tuple) else found
    return images


@torch.no_grad()
def recognised(classifier: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """The probability of each image's likeliest digit, and which it is, ``[count]`` each."""
    shares, digits = classifier(images)[1].softmax(1).max(1)
    return shares, digits


def no_digits(count: int) -> dict[str, Tensor]:
    """Images that are no digits, ``[count, 1, 16, 16]``: noise, and means of two digits each."""
    generator = torch.Generator().manual_seed(0)
    known = torch.from_numpy(load_digits().images / 16).float()[:, None]
    large = functional.interpolate(known, (SIDE, SIDE), mode="bilinear").clamp(0, 1)
    first, second = torch.randint(len(large), (2, count), generator=generator)
    noise = torch.rand(count, 1, SIDE, SIDE, generator=generator)
    return {"noise": noise, "blends": (large[first] + large[second]) / 2}


def say(name: str, shares: Tensor) -> None:
    """Print how many images are recognised at each level."""
    levels = (f"{(shares >= each).float().mean():.0%} from {each}" for each in LEVELS)
    print(f"{name}: recognised {', '.join(levels)}, median {shares.median():.2f}")


def save(images: Tensor, path: Path) -> None:
    """Draw the first 64 images as a square, with a line between them."""
    pixels = (images[: ROW**2, 0] * 255).round().byte().numpy()
    framed = np.pad(
        pixels.repeat(ZOOM, 1).repeat(ZOOM, 2), ((0, 0), (1, 1), (1, 1)), constant_values=128
    )
    side = ZOOM * SIDE + 2
    whole = framed.reshape(ROW, -1, side, side).transpose(0, 2, 1, 3).reshape(ROW * side, -1)
    Image.fromarray(whole).save(path)


def main() -> None:
    given = options(__doc__, FOLDER)
    count = 64 if given.short else 1000
    with TemporaryDirectory() as out:
        judge = netlang.train(
            FOLDER / "classifier.net",
            *(SHORT["classifier"] if given.short else ()),
            out=Path(out, "classifier"),
            quiet=True,
        )
        print(f"classifier: test accuracy {judge.scores['test accuracy']:.1%}")
        for name in OUTPUTS:
            began = time.process_time()
            run = netlang.train(
                FOLDER / f"{name}.net",
                *(SHORT[name] if given.short else ()),
                out=Path(out, name),
                quiet=True,
                device="cpu",
            )
            seconds = time.process_time() - began
            images = generated(run.torch(), name, count)
            shares, digits = recognised(judge.torch(), images)
            say(name, shares)
            sure = torch.bincount(digits[shares >= LEVELS[0]], minlength=10).tolist()
            print(f"  of 0 to 9: {', '.join(map(str, sure))}; {seconds:.0f} s of a processor")
            save(images, given.out / f"{name}.png")
        for name, images in no_digits(count).items():
            say(name, recognised(judge.torch(), images)[0])


if __name__ == "__main__":
    main()
