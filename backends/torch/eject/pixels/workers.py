"""What a worker of a script does with an image of the training and of the test part."""

from __future__ import annotations

from netlang.backends.torch.augment.path import AugmentationPath
from netlang.backends.torch.eject.pixels.host import WorkerFunction, flips_of, host_function
from netlang.backends.torch.eject.text.sections import Section

__all__ = ["worker_functions"]

_PREPARE = "A training image in a worker, as uint8 [H, W, C]."
_PREPARE_TEST = "A test image in a worker, as uint8 [H, W, C]."
_PREPARE_VIEWS = "Ten views of a test image, uint8 [10, H, W, C]."


def worker_functions(
    train: AugmentationPath, test: AugmentationPath, channels: int, *, flips: bool, several: bool
) -> list[Section]:
    """The functions for both paths; with `flips`, workers do the flips after the front too.

    A test at `several` scales has a function for each.
    """
    about = _PREPARE_VIEWS if test.host_views > 1 else _PREPARE_TEST
    flipped = (flips_of(train) or ()) if flips else ()
    functions = (
        WorkerFunction(train, "prepare", _PREPARE, True, flipped),
        WorkerFunction(test, "prepare_test", about, False),
    )
    found = [host_function(each, channels) for each in functions]
    calls = [sum("stretched(" in line for line in each.lines) for each in found]
    if sum(calls) == 1 and not several:
        place = calls.index(1)
        found[place] = host_function(functions[place], channels, alone=True)
    return found
