"""How far a bundled net is from torchvision's model of its name, in values.

Both get the same weights, on which a comparison means something (`tests.oracle`). Memory holds
every parameter once: the largest have 2.6 GB of them.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import torch
from torch import Tensor, nn

from netlang.backends.onnx import export
from netlang.backends.torch.run.execute import instance
from netlang.backends.weights import slots
from tests.onnx.support import run
from tests.oracle import (
    allocated,
    largest_difference,
    on_meta,
    pictures,
    settle,
    without_dropout,
)
from tests.specs.rows import program, shape_of

__all__ = ["Measured", "PLAIN_TOLERANCE", "Pair", "keys_are_theirs", "measure", "pair"]

# What torchvision lists elsewhere than where it stands in the net: the auxiliary heads of googlenet
# last, in the Swin Transformers the map of a merging before the norm that comes in front of it, and
# in those of the second version the norms that branches end with, and last in an attention the net
# that computes its offsets.
MOVED = {
    "googlenet": ("aux",),
    **dict.fromkeys(("swin_b", "swin_s", "swin_t"), ("reduction",)),
    **dict.fromkeys(("swin_v2_b", "swin_v2_s", "swin_v2_t"), ("cpb_mlp", "norm")),
}
# Another runtime sums in another order, and deep nets magnify what that rounds off. Where that is
# more than this, double precision tells how far off torch itself is.
PLAIN_TOLERANCE = 1e-4

Keys = list[tuple[str, tuple[int, ...]]]


@dataclass(frozen=True, slots=True)
class Measured:
    """Differences as shares of the largest output.

    `apart` lie two inputs, `deployed`, `training` and `onnx` the net in eval mode, in train mode
    with its statistics (None where that isn't compared), and as a file from the other's model.
    `rounding` is what the other's is off beside itself in double precision, where that was needed.
    """

    apart: float
    deployed: float
    training: float | None
    onnx: float
    rounding: float | None = None


class Pair(NamedTuple):
    """A net's name, our module and torchvision's, with the same settled weights.

    `shape` is that of the images which they are compared on.
    """

    name: str
    ours: nn.Module
    theirs: nn.Module
    shape: tuple[int, ...]


def keys_are_theirs(name: str) -> bool:
    """Whether keys, order and shapes of the weights are those of torchvision's ``state_dict``.

    Asked of the emitted module and of the spec, for which files of weights are read; of the former
    also which of them are buffers.
    """
    ours, theirs = instance(program(name), "meta"), on_meta(name)
    owned = [(slot.key, slot.weight.shape) for slot in slots(program(name))]
    expected = _parted(_keys(theirs), name)
    return _buffers(ours) == _buffers(theirs) and expected == _parted(_keys(ours), name) == _parted(
        owned, name
    )


def _buffers(model: nn.Module) -> set[str]:
    """Those with a key; constants of the spec have none."""
    state = model.state_dict()
    return {key for key, _ in model.named_buffers() if key in state}


def _keys(model: nn.Module) -> Keys:
    return [(key, tuple(value.shape)) for key, value in model.state_dict().items()]


def _parted(keys: Keys, name: str) -> list[Keys]:
    """Keys, those that torchvision lists elsewhere apart."""
    parts: list[Keys] = []
    for moved in MOVED.get(name, ()):
        parts.append([key for key in keys if _is_part(moved, key[0])])
        keys = [key for key in keys if not _is_part(moved, key[0])]
    return [keys, *parts]


def _is_part(start: str, key: str) -> bool:
    """Whether a part of the key begins like that."""
    return any(part.startswith(start) for part in key.split("."))


def pair(name: str, short: bool = False) -> Pair:
    """Both modules; parameters are shared, statistics are not."""
    shape = shape_of(name, short)
    theirs = settle(allocated(name), shape, times=4 if short else 8)
    buffers = {key for key, _ in theirs.named_buffers()}
    state = {k: v.clone() if k in buffers else v for k, v in theirs.state_dict().items()}
    ours = instance(program(name), "meta")
    if any(value.is_meta and key not in state for key, value in ours.named_buffers()):
        ours = instance(program(name))  # its constants are in no file of weights
    ours.load_state_dict(state, assign=True)
    return Pair(name, ours, theirs, shape)


def measure(name: str, short: bool = False) -> Measured:
    """Everything of a row that takes values; a short one takes few and small images."""
    both = pair(name, short)
    with torch.no_grad():
        expected = _expected(both)
        apart, deployed = _deployed(both, expected)
        onnx, rounding = _onnx(both, expected[0])
        # Last, since it moves the statistics.
        return Measured(apart, deployed, _training(both), onnx, rounding)


def _images(both: Pair, seed: int) -> Tensor:
    return pictures(both.shape, 100 + seed)


def _expected(both: Pair) -> tuple[Tensor, Tensor]:
    """What torchvision's model makes of two batches of images in eval mode."""
    theirs = both.theirs.eval()
    return theirs(_images(both, 1)), theirs(_images(both, 2))


def _deployed(both: Pair, expected: tuple[Tensor, Tensor]) -> tuple[float, float]:
    ours = both.ours.eval()
    one, other = expected
    first = largest_difference(ours(_images(both, 1)), one)
    second = largest_difference(ours(_images(both, 2)), other)
    return largest_difference(one, other), max(first, second)


def _training(both: Pair) -> float:
    ours, theirs = both.ours.train(), both.theirs.train()
    with without_dropout(ours):
        found, expected = _outputs(ours(_images(both, 1))), _outputs(theirs(_images(both, 1)))
    statistics = dict(ours.named_buffers())
    pairs = list(zip(found, expected, strict=True))
    pairs += [(statistics[key], value) for key, value in theirs.named_buffers()]
    return max(largest_difference(one, other) for one, other in pairs)


def _outputs(found: Tensor | NamedTuple) -> list[Tensor]:
    """What a model gave, the auxiliary heads in front."""
    if isinstance(found, Tensor):
        return [found]
    fields = found._asdict()
    return [fields[key] for key in sorted(fields)]


def _onnx(both: Pair, expected: Tensor) -> tuple[float, float | None]:
    theirs, given = both.theirs, _images(both, 1)
    found = _from_file(both.name, theirs, given)
    difference = largest_difference(found, expected)
    if difference <= PLAIN_TOLERANCE:
        return difference, None
    exact = deepcopy(theirs).double()(given.double())
    return difference, largest_difference(expected.double(), exact)


def _from_file(name: str, theirs: nn.Module, given: Tensor) -> Tensor:
    """What ONNX Runtime makes of a file with torchvision's weights."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "net.onnx"
        weights = {key: value.numpy() for key, value in theirs.state_dict().items()}
        export(program(name), path, weights=weights)
        (port,) = program(name).net.inputs
        (found,) = run(path, {port.name: given.numpy()})
    return torch.from_numpy(found)
