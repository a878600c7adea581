"""A long run: every model of torchvision, and models of timm, imported from their modules.

``python -m tests.importing.survey [--only torchvision|timm|drawn] [--names a,b] [--log FILE]``
prints a line for each, and counts at the end. ``timm`` are the models of the reference, ``drawn``
200 others, drawn by a seed. The weights are random, which the comparison doesn't mind. Of
torchvision's models, small ones come first. ``--table FILE`` writes a table for the docs.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netlang.backends.torch.importing.imported import Imported, import_module
from netlang.backends.torch.importing.sources import example_of
from netlang.backends.torch.importing.spec import Asked
from netlang.backends.torch.importing.text.names import net_name
from tests.analysis.oracles import torchvision_models
from tests.importing.runs import finish, named, options, survey, tokens
from tests.importing.torchvision import classifiers

__all__ = ["drawn", "imported", "measured", "module_of"]

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "import_ops.json"
_DRAWN = 200


def measured(_: float) -> list[str]:
    """The models of timm that were measured for the reference, whatever their size."""
    every = json.loads(REFERENCE.read_text(encoding="utf-8"))["models"].values()
    return [f"timm:{each['model']}" for each in every if each["source"] == "timm"]


def drawn(most: float) -> list[str]:
    """Other models of timm, drawn by a seed, in the order in which they were drawn."""
    torchvision_models()
    import timm

    others = sorted({f"timm:{name}" for name in timm.list_models()} - {*measured(math.inf)})
    found = random.Random(0).sample(others, _DRAWN)
    return found if most == math.inf else [name for name in found if _size(name) <= most]


def _size(name: str) -> int:
    """The number of weights of a model, of which none is made."""
    with torch.device("meta"):
        return sum(each.numel() for each in module_of(name)[0].parameters())


def module_of(name: str) -> tuple[nn.Module, tuple[int, ...]]:
    """A model with random weights, and the shape of an image that it takes."""
    models = torchvision_models()
    if name.startswith("timm:"):
        import timm

        made: Any = timm.create_model(name.removeprefix("timm:"))
        return made, tuple(made.pretrained_cfg["input_size"])
    module = models.get_model(name, weights=None)
    crop = getattr(models.get_model_weights(name).DEFAULT.transforms(), "crop_size", [224])[0]
    # The newest weights of some transformers are for larger images than the model without any.
    size = getattr(module, "image_size", crop)
    return module, (3, size, size)


def imported(name: str) -> Imported:
    """What is imported of a model with random weights. Raises `NetlangError` if it can't be."""
    torch.manual_seed(0)
    module, shape = module_of(name)
    made = import_module(
        module, example_of([(torch.float32, shape)]), Asked(net_name(name), f"From {name}.")
    )
    assert isinstance(made, Imported)
    return made


def _one(name: str) -> tuple[bool, str]:
    made = imported(name)
    blocks = made.text.count("\nblock ")
    sizes = "any size" if "H=" in made.text else "one size"
    left = f", {len(made.proof.left_out)} keys left out" if made.proof.left_out else ""
    off = f"off by {made.proof.largest:.0e}" if made.proof.largest else "equal"
    return True, f"{tokens(made.text)} tokens, {blocks} blocks, {sizes}, {off}{left}"


def main() -> None:
    every = {"torchvision": classifiers, "timm": measured, "drawn": drawn}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=(*every,))
    parser.add_argument("--table", type=Path, help="write a table for the docs")
    options(parser)
    asked = parser.parse_args()
    kinds = [asked.only] if asked.only else ["torchvision", "timm"]
    names = named(asked, lambda most: [name for kind in kinds for name in every[kind](most)])
    found = survey(names, _one, asked, "module")
    if asked.table:
        rows = [
            f"| `{name}` | {'yes' if ok else 'no'} | {told} |" for name, (ok, told) in found.items()
        ]
        asked.table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    finish(found)


if __name__ == "__main__":
    main()
