"""One convolution computed in three ways, and what each of them costs.

Run as ``python -m examples.course.convolution [--short] [--out FOLDER]``.
"""

from __future__ import annotations

from math import log2

import torch
from torch import Tensor, nn

import netlang
from examples.course.common import FOLDER
from examples.experiment import axes, options, save

__all__ = ["by_fft", "by_im2col", "main"]

SPEC = FOLDER / "convolution.net"


def by_im2col(image: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Every window as a column ``[C*k*k]``, and one product of matrices for all of them."""
    columns = nn.functional.unfold(image, weight.shape[-2:])  # [N, C*k*k, places]
    found: Tensor = weight.flatten(1) @ columns + bias[:, None]
    height, width = (a - k + 1 for a, k in zip(image.shape[-2:], weight.shape[-2:], strict=True))
    return found.reshape(*found.shape[:2], height, width)


def by_fft(image: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The theorem of convolution: in frequencies it is a product at each of them.

    What deep learning calls convolution is a correlation, so the kernel's spectrum is conjugated.
    """
    size = image.shape[-2:]
    spectrum = torch.fft.rfft2(image)[:, None] * torch.fft.rfft2(weight, s=size).conj()
    whole: Tensor = torch.fft.irfft2(spectrum.sum(2), s=size)
    height, width = (a - k + 1 for a, k in zip(size, weight.shape[-2:], strict=True))
    return whole[..., :height, :width] + bias[:, None, None]


def multiplications(kernel: int, size: int, inputs: int, outputs: int) -> tuple[float, float]:
    """Of a convolution of an image, directly and by FFT.

    An FFT of n numbers takes about n/2 log2(n) products of complex numbers, of real images half as
    many; a product of complex numbers takes four. The kernels' spectra are computed beforehand.
    """
    places = (size - kernel + 1) ** 2
    frequencies = size * (size // 2 + 1)
    transforms = (inputs + outputs) * size**2 / 4 * log2(size**2)
    return places * kernel**2 * inputs * outputs, 4 * (transforms + frequencies * inputs * outputs)


def main() -> None:
    given = options(__doc__, FOLDER)
    net = netlang.load(f"{SPEC}:small").torch(seed=0)
    weight, bias = net.get_parameter("conv1.weight"), net.get_parameter("conv1.bias")
    image = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted = net(image)
        for name, found in (
            ("im2col", by_im2col(image, weight, bias)),
            ("FFT", by_fft(image, weight, bias)),
        ):
            print(f"{name}: largest difference {(found - wanted).abs().max():.0e}")

    kernels = range(1, 32, 10 if given.short else 2)
    direct, fft = zip(*(multiplications(kernel, 32, 3, 8) for kernel in kernels), strict=True)
    counted = [netlang.load(f"{SPEC}:small", kernel=kernel).macs for kernel in kernels]
    assert list(direct) == counted
    figure, (plot,) = axes(1)
    plot.semilogy(kernels, counted, marker=".", color="tab:orange", label="each window")
    plot.semilogy(kernels, fft, marker=".", color="tab:blue", label="FFT")
    plot.set(xlabel="kernel size", title="multiplications, 3x32x32 to 8 maps")
    plot.legend(frameon=False)
    save(figure, given.out / "convolution.svg")


if __name__ == "__main__":
    main()
