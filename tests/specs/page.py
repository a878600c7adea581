"""The page `docs/parity.md`: what the bundled nets and other libraries' models have in common.

Its first two tables are where measured differences are kept: they are read from it, and written
back with figures that are counted anew, so that a page which no longer says what is so shows as
changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

from netlang.analysis.facts import Facts
from netlang.backends.weights import slots
from tests.quality import ROOT
from tests.specs.length import Length, lengths, lengths_beside_timm
from tests.specs.measure import MOVED, Measured
from tests.specs.others import OTHERS
from tests.specs.rows import (
    BATCH,
    FEW,
    LONG,
    ROWS,
    macs_of,
    params_of,
    program,
    published_figures,
    shape_of,
)

__all__ = ["PAGE", "parse", "render"]

PAGE: Final = ROOT / "docs" / "parity.md"

INTRODUCTION = """\
# Beside torchvision and others

The bundled nets of the names that torchvision uses are torchvision's models. The tables are
written by `python -m tests.specs.parity`, which measures the rows that are not there yet and can be
stopped at any time (`--again` measures all of them); `pytest tests/specs` checks them.

## torchvision's classifiers

Row by row, for each of torchvision's classification models:

- **parameters**: of the spec; always the published number. That of inception_v3 includes its
  auxiliary head, as published.
- **MACs**: multiply-accumulates of one image in 10^9, counted from the spec, and as published, at
  the size of image that the published figure holds for.
- **keys**: of the `state_dict`: as many as torchvision's, with the same names and shapes in the
  same order. torchvision lists the auxiliary heads of googlenet last, in the Swin Transformers the
  linear map of a merging before its norm, and in those of the second version the norms of a unit
  before what they normalise, and the small net of an attention after its last map; the specs list
  them where they stand.
- **image**: the size at which outputs are compared, in batches of BATCH; of FEW where the net takes
  images of this size alone, or none that are much smaller. On weights of random values, with the
  statistics of batch norms settled, two inputs give outputs that lie **apart** by this share of the
  largest output.
- **eval**, **train**, **ONNX**: the largest difference from torchvision's model, as a share of its
  largest output, in eval mode, in train mode with dropout off (auxiliary outputs and the statistics
  after the step included), and of the ONNX file in ONNX Runtime. At most 1e-5 in PyTorch; in ONNX
  Runtime, which sums in another order, at most 1e-4, or three times what torchvision's own model is
  off beside itself in double precision (**rounding**, where it was needed).

"""
HEADS = (
    "model", "parameters", "MACs", "published", "keys", "image", "apart", "eval", "train", "ONNX",
    "rounding",
)  # fmt: skip
OTHERS_INTRODUCTION = """
## Other nets

Of the other families one net or a few, beside **whose** module has the same keys and shapes:
timm's, torchvision's for segmentation and for the maps that detectors make boxes of, or that of a
net in plain torch that the tests have, written from the paper or its authors' code
([plain](../tests/specs/plain)). YOLO and EfficientDet list some layers in another order than they
are applied in, as the specs do.

The parameters are those of the spec, whose asserts say where they are printed. The differences are
as above, in batches of two, at sizes of 96 or the smallest that a net takes; nets that draw numbers
in train mode aren't compared there. `pytest -m slow tests/specs` compares more sizes of these
families; the parts of Faster and Mask R-CNN, SSD, FCN as its authors have it, SegNet and YOLO have
tests of their own.

"""
OTHER_HEADS = ("model", "parameters", "whose", "apart", "eval", "train", "ONNX", "rounding")
LENGTHS = """
## Length

Tokens of the specs of each family beside those of torchvision's module, both without docstrings,
comments and weights entries. What both import is not counted on either side. In the median a spec
has {median:.2f} tokens for each one of torchvision.

"""
LENGTHS_BESIDE_TIMM = """
timm's modules have variants and options that the specs haven't, so what counts of them is the
classes of which a model is made. The spec is that of the whole family.

"""
LENGTH_HEADS = ("specs", "tokens")
UNMEASURED = "not measured yet"


def render(measured: Mapping[str, Measured]) -> str:
    """The page with these differences."""
    rows = [_row(name, measured.get(name)) for name in ROWS]
    long = ", ".join(f"`{name}`" for name in ROWS if name in LONG)
    ratio = median(length.ratio for length in lengths().values())
    return (
        INTRODUCTION.replace("BATCH", str(BATCH)).replace("FEW", str(FEW))
        + _table(HEADS, rows)
        + f"\nEvery test run measures all rows but {long}, which `pytest -m slow` adds.\n"
        + OTHERS_INTRODUCTION
        + _table(OTHER_HEADS, [_other(name, measured.get(name)) for name in OTHERS])
        + LENGTHS.format(median=ratio)
        + _table(("torchvision's module", *LENGTH_HEADS, "torchvision", "ratio"), _rows(lengths()))
        + LENGTHS_BESIDE_TIMM
        + _table(("timm's model", *LENGTH_HEADS, "timm", "ratio"), _rows(lengths_beside_timm()))
    )


def parse(page: str) -> dict[str, Measured]:
    """The differences that a page tells."""
    found: dict[str, Measured] = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for heads, names in ((HEADS, ROWS), (OTHER_HEADS, OTHERS)):
            told = cells[heads.index("apart") :]
            if len(cells) == len(heads) and cells[0] in names and told[0]:
                found[cells[0]] = _differences(told)
    return found


def _differences(cells: Sequence[str]) -> Measured:
    """Those that the last cells of a row tell."""
    apart, deployed, training, onnx, rounding = (float(cell) if cell else None for cell in cells)
    assert apart is not None
    assert deployed is not None
    assert onnx is not None
    return Measured(apart, deployed, training, onnx, rounding)


def _row(name: str, measured: Measured | None) -> tuple[str, ...]:
    published = published_figures(name)[1]
    start = (name, f"{params_of(name):,}", f"{macs_of(name) / 1e9:.3f}", published)
    if measured is None:
        return (*start, UNMEASURED, *[""] * 6)
    keys = f"{len(slots(program(name)))}{_moved(name)}"
    return (*start, keys, str(shape_of(name)[-1]), *_cells(measured))


def _other(name: str, measured: Measured | None) -> tuple[str, ...]:
    start = (name, f"{Facts(program(name)).params:,}")
    if measured is None:
        return (*start, UNMEASURED, *[""] * 5)
    return (*start, OTHERS[name].whose, *_cells(measured))


def _cells(measured: Measured) -> tuple[str, ...]:
    differences = (measured.deployed, measured.training, measured.onnx, measured.rounding)
    return (f"{measured.apart:.2f}", *map(_shown, differences))


def _moved(name: str) -> str:
    return f", {' and '.join(MOVED[name])} moved" if name in MOVED else ""


def _shown(difference: float | None) -> str:
    if difference is None:
        return ""
    return f"{difference:.1e}" if difference else "0"


def _rows(found: Mapping[str, Length]) -> list[tuple[str, ...]]:
    return [
        (name, ", ".join(each.specs), str(each.spec), str(each.python), f"{each.ratio:.2f}")
        for name, each in found.items()
    ]


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Numbers stand at the right; the columns are as wide as they need to be."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    right = [all(_is_number(row[index]) for row in rows) for index in range(len(heads))]
    lines = [_line(heads, widths, right), _rule(widths, right)]
    return "".join(f"{line}\n" for line in (*lines, *(_line(row, widths, right) for row in rows)))


def _is_number(cell: str) -> bool:
    return not cell or cell[0].isdigit()


def _line(cells: tuple[str, ...], widths: list[int], right: list[bool]) -> str:
    padded = (
        f"{cell:>{width}}" if at_right else f"{cell:<{width}}"
        for cell, width, at_right in zip(cells, widths, right, strict=True)
    )
    return f"| {' | '.join(padded)} |"


def _rule(widths: list[int], right: list[bool]) -> str:
    rules = (
        "-" * (width + 1) + (":" if at_right else "-")
        for width, at_right in zip(widths, right, strict=True)
    )
    return f"|{'|'.join(rules)}|"
