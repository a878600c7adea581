"""What a worker of a script does with an image of the training and of the test part."""

from __future__ import annotations

from netlang.backends.torch.augment.path import AugmentationPath
from netlang.backends.torch.eject.pixels.host import flips_of, host_function
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
    given = (train, "prepare", _PREPARE, True), (test, "prepare_test", about, False)
    flipped = (flips_of(train) or ()) if flips else ()

    def made(place: int, *, alone: bool = False) -> Section:
        path, name, text, drawn = given[place]
        own = flipped if drawn else ()
        return host_function(path, name, text, channels, drawn=drawn, alone=alone, flips=own)

    found = [made(0), made(1)]
    calls = [sum("stretched(" in line for line in each.lines) for each in found]
    if sum(calls) == 1 and not several:
        place = calls.index(1)
        found[place] = made(place, alone=True)
    return found
