"""The page `docs/parity.md`: what the bundled nets and torchvision's models have in common.

Its first table is where measured differences are kept: they are read from it, and written back with
figures that are counted anew, so that a page which no longer says what is so shows as changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Final

from netlang.backends.weights import slots
from tests.quality import ROOT
from tests.specs.length import lengths
from tests.specs.measure import MOVED, Measured
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
# Beside torchvision

The bundled nets of the names that torchvision uses are torchvision's models. The tables are
written by `python -m tests.specs.parity`, which measures the rows that are not there yet and can be
stopped at any time (`--again` measures all of them); `pytest tests/specs` checks them.

## Values

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
LENGTHS = """
## Length

Tokens of the specs of each family beside those of torchvision's module, both without docstrings,
comments and weights entries. What both import is not counted on either side. In the median a spec
has {median:.2f} tokens for each one of torchvision.

"""
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
        + LENGTHS.format(median=ratio)
        + _table(("torchvision's module", "specs", "tokens", "torchvision", "ratio"), _lengths())
    )


def parse(page: str) -> dict[str, Measured]:
    """The differences that a page tells."""
    found: dict[str, Measured] = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == len(HEADS) and cells[0] in ROWS and cells[6]:
            apart, deployed, training, onnx = map(float, cells[6:10])
            rounding = float(cells[10]) if cells[10] else None
            found[cells[0]] = Measured(apart, deployed, training, onnx, rounding)
    return found


def _row(name: str, measured: Measured | None) -> tuple[str, ...]:
    published = published_figures(name)[1]
    start = (name, f"{params_of(name):,}", f"{macs_of(name) / 1e9:.3f}", published)
    if measured is None:
        return (*start, UNMEASURED, *[""] * 6)
    keys = f"{len(slots(program(name)))}{_moved(name)}"
    return (
        *start, keys, str(shape_of(name)[-1]), f"{measured.apart:.2f}",
        _shown(measured.deployed), _shown(measured.training), _shown(measured.onnx),
        "" if measured.rounding is None else _shown(measured.rounding),
    )  # fmt: skip


def _moved(name: str) -> str:
    return f", {' and '.join(MOVED[name])} moved" if name in MOVED else ""


def _shown(difference: float) -> str:
    return f"{difference:.1e}" if difference else "0"


def _lengths() -> list[tuple[str, ...]]:
    return [
        (family, ", ".join(each.specs), str(each.spec), str(each.python), f"{each.ratio:.2f}")
        for family, each in lengths().items()
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
