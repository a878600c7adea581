"""Generates the reference of the steps of a path, `docs/paths.md`, from signatures and docstrings.

`python -m netlang.recipes.reference docs/paths.md` writes it, and a test checks that it is up to
date.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from netlang.evaluate.values import describe
from netlang.ir.arguments import Argument, signature
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.color import COLORS
from netlang.recipes.words.geometry import GEOMETRY
from netlang.recipes.words.mixing import MIXING
from netlang.recipes.words.policies import POLICIES
from netlang.recipes.words.sizes import SIZES

__all__ = ["reference"]

# Title, a sentence or two, and the steps, in the order of the page.
_FAMILIES: tuple[tuple[str, str, tuple[type[Augmentation], ...]], ...] = (
    (
        "Sizes",
        "A size is one number, or height and width: `224`, `192x256`. Resizing is Pillow's "
        "`BILINEAR`: a mean of the pixels near by, of more of them the more an image shrinks.",
        SIZES,
    ),
    (
        "Movements",
        "Between pixels, values are read bilinearly; what comes from outside of an image is black.",
        GEOMETRY,
    ),
    ("Values", "Each pixel stays where it is.", COLORS),
    ("Policies", "Operations that are drawn from a list.", POLICIES),
    ("Mixing", "It stands after all changes of the size, once.", MIXING),
)

_HEAD = """# Paths of a recipe

`augment` says what is done to examples before a net is trained on them, `test` how those of
validation, test and prediction are prepared. Each is a path of the steps below:

```text
augment: resize_shorter(256..480) -> random_crop(224) -> hflip -> color_pca(0.1)
test:    multi_scale([224, 256, 384, 480, 640])
```

**Without `test`** images are prepared as in training, without chance. Data that have the size of
the result from the start are left as they are. Else each change of the size has its counterpart:

| in `augment` | in the test |
|---|---|
| `random_resized_crop(224)` | `resize_shorter(256) -> center_crop(224)`, others in proportion |
| `resize_shorter(256..480)` | `resize_shorter(256)`: the start of the range |
| `random_crop(224, pad=4)` | `center_crop(224, pad=4)` |
| `resize`, `center_crop` | the same |
| all others | nothing |

The record of a run says what was done. Predictions of several views (`ten_crop`, `flip`) and
sizes (`multi_scale`) are averaged: those of classes as probabilities.

**What is drawn** for an example follows from the seed, the epoch, the example's number and the
step's position in the path. So it is the same in any batch, for any number of workers and
processes, and after a run is resumed.

**Where it is done.** Images in files are decoded, and go through the path up to its last change of
size, in worker processes, as bytes. The rest is done on the device that trains, in batches. Steps
that follow each other become one where that gives the same picture: a resizing and the crops after
it make one region. For training, a JPEG file is decoded at 1/2, 1/4 or 1/8 of its size where what
is used of it stays twice as large as it is to get; that may be some grey levels away. For
validation, test and prediction it is decoded in full. Data in memory go through the whole path on
the device. Normalisation follows the path.

**Targets with a value for each pixel**, such as masks, have the height and width of the image,
`[H, W]` or `[C, H, W]`. They are flipped, turned, cut and resized with it: each new pixel is the
nearest old one, and what comes from outside is 0. Steps that change values alone leave them as
they are. So it is with targets of a signal's length. All other targets, and all inputs but the
first, stay as they are.
"""

_FOOT = """---

This page is made from the steps themselves: `python -m netlang.recipes.reference docs/paths.md`.
"""


def reference() -> str:
    """The whole page."""
    parts = [_HEAD]
    for title, text, steps in _FAMILIES:
        parts += [f"## {title}\n", f"{text}\n"]
        parts += [part for step in steps for part in _step(step)]
    return "\n".join((*parts, _FOOT))


def _step(step: type[Augmentation]) -> Iterator[str]:
    """Heading, signature, text and table of one step."""
    arguments = signature(step)
    call = f"({', '.join(map(_written, arguments))})" if arguments else ""
    yield f"### {step.name}\n"
    yield f"```text\n{step.name}{call}\n```\n"
    yield f"{inspect.cleandoc(step.__doc__ or '')}\n"
    yield f"For {_places(step)}, of {'images and signals' if step.for_signals else 'images'}.\n"
    if arguments:
        rows = [f"| `{each.name}` | {each.kind.description} | {each.doc} |" for each in arguments]
        yield "\n".join(("| argument | takes | meaning |", "|---|---|---|", *rows, ""))


def _places(step: type[Augmentation]) -> str:
    keys = {"`augment`": step.for_training, "`test`": step.for_tests}
    return " and ".join(key for key, allowed in keys.items() if allowed)


def _written(item: Argument) -> str:
    """An argument as in its signature."""
    if item.required:
        return item.name
    return f"[{item.name}]" if item.default is None else f"{item.name}={describe(item.default)}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
