"""Files with something around their net, written and run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netlang.backends.onnx import Form, export
from netlang.build import Ends
from netlang.targets.ends import ends_of
from tests.onnx.support import check_file, program_in, run

__all__ = ["outputs_of", "pixels_of", "prepared_by", "written"]


def written(
    folder: Path, spec: str, ends: Ends, weights: Mapping[str, NDArray[np.generic]] | None = None
) -> Path:
    """A checked file of the only net of a spec."""
    program = program_in(folder, spec)
    path = folder / "net.onnx"
    export(program, path, weights=weights, form=Form(ends=ends))
    check_file(path)
    return path


def outputs_of(path: Path, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The outputs of a file by name."""
    names = [value.name for value in check_file(path).graph.output]
    return dict(zip(names, run(path, feeds), strict=True))


def pixels_of(*images: Image.Image, layout: str = "nhwc") -> NDArray[np.uint8]:
    """A batch of images of one size."""
    arrays = [np.asarray(image).reshape(image.height, image.width, -1) for image in images]
    batch = np.stack(arrays)
    return batch if layout == "nhwc" else np.ascontiguousarray(batch.transpose(0, 3, 1, 2))


def prepared_by(
    folder: Path, word: str, *images: Image.Image, size: str = "[3, H=24, W=24]"
) -> NDArray[np.generic]:
    """What a net is given of images."""
    spec = f"net alone {{\n    input image: {size}\n    output same: identity\n}}\n"
    path = written(folder, spec, ends_of(word))
    (found,) = run(path, {"pixels": pixels_of(*images)})
    return found
