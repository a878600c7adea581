"""Errors about the weights that a net is given."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "CannotWiden",
    "NoSuchEntry",
    "NotAStateDict",
    "NothingFits",
    "NoNewWeights",
    "PrefixWithoutKeys",
    "ShapeChanged",
    "TrainingCheckpoint",
    "UnknownWeightsFormat",
    "UnreadableWeights",
    "UnsafeWeights",
    "WeightsMismatch",
]


class WeightsMismatch(Diagnostic):
    """Keys are missing or unknown, or tensors have another shape or type: `rows` list them."""

    code = "E0921"
    title = "{source} doesn't fit net `{net}`: {counts}"
    help = "{advice}"

    source: str
    net: str
    counts: str
    advice: str


class UnreadableWeights(Diagnostic):
    """The file doesn't exist or isn't what its name says."""

    code = "E0922"
    title = "can't read weights from `{source}`: {reason}"
    help = "give a .safetensors file, or a state dict saved by torch.save (.pth)"

    source: str
    reason: str


class TrainingCheckpoint(Diagnostic):
    """The state of a run, which includes the weights but isn't a weights file."""

    code = "E0772"
    title = "`{source}` is a checkpoint of a run, which `--resume` goes on from, not weights alone"
    help = "{advice}"

    source: str
    advice: str


class UnknownWeightsFormat(Diagnostic):
    """Neither a safetensors nor a PyTorch file, judging by the suffix."""

    code = "E0923"
    title = "can't read weights from `{source}`: {suffix}"
    help = "expected .safetensors, or .pth, .pt, .bin, .ckpt or .tar for a file of PyTorch"

    source: str
    suffix: str


class UnsafeWeights(Diagnostic):
    """A damaged pickle or one of other objects: unpickling it could run code."""

    code = "E0924"
    title = (
        "`{source}` is refused: it is not a pickle of tensors alone, and reading any other could"
        " run code{named}"
    )
    help = (
        "if you trust the file, load it with PyTorch and save `model.state_dict()` as safetensors"
    )

    source: str
    named: str


class NotAStateDict(Diagnostic):
    """A PyTorch file that contains something other than tensors by key."""

    code = "E0925"
    title = "`{source}` is not a state dict: it holds {found}"
    help = "save `model.state_dict()` alone, with torch.save or as safetensors"

    source: str
    found: str


class NothingFits(Diagnostic):
    """Partial weights were requested, but nothing fits: `rows` show keys of both sides."""

    code = "E0926"
    title = "nothing in {source} fits net `{net}`"
    help = "{advice}"

    source: str
    net: str
    advice: str


class NoSuchEntry(Diagnostic):
    """`--entry` names no weights in the checkpoint."""

    code = "E0927"
    title = "`{source}` has no weights under `{entry}`"
    help = "{among}"

    source: str
    entry: str
    among: str


class PrefixWithoutKeys(Diagnostic):
    """`--prefix` or `rename` changes no key, or gives two keys the same name."""

    code = "E0928"
    title = "`{change}` {problem}"
    help = "{advice}"

    change: str
    problem: str
    advice: str


class ShapeChanged(Diagnostic):
    """A tensor of the edited net has another shape, and nothing says what becomes of it."""

    code = "E0929"
    title = "`{key}` was {before} and is {after} in the edited net"
    help = (
        "--widen zeros or --widen repeat fills what has been added, --widen fresh draws tensors of"
        " another shape anew"
    )

    key: str
    before: list[int]
    after: list[int]


class CannotWiden(Diagnostic):
    """A tensor has lost elements or axes."""

    code = "E0930"
    title = "`{key}` was {before} and is {after}: it hasn't only grown"
    help = "--widen fresh draws tensors of another shape anew"

    key: str
    before: list[int]
    after: list[int]


class NoNewWeights(Diagnostic):
    """`--zero` names a step that isn't new, or that has no weights."""

    code = "E0940"
    title = "no new step `{path}` has weights"
    help = "name a step that only the edited net has: `layer1.3.bn3`"

    path: str
