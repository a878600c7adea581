"""The shorter text of a model in a script computes what the emitted module does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from netlang.backends.torch import build
from netlang.backends.torch.eject.net.model import model_of
from netlang.elaborate import load_program
from tests.train.eject.support import module_of_text

# With branches, auxiliary outputs, dropout, several outputs, recurrence, attention, skips.
NETS = {
    "googlenet": (2, 3, 64, 64),
    "resnet:resnet18": (2, 3, 64, 64),
    "shufflenet_v2:shufflenet_v2_x0_5": (2, 3, 64, 64),
    "squeezenet:squeezenet1_1": (2, 3, 64, 64),
    "mobilenet_v3:mobilenet_v3_small": (2, 3, 64, 64),
    "densenet:densenet121": (2, 3, 64, 64),
    "unet": (1, 1, 64, 64),
    "vae": (3, 784),
    "lenet5": (2, 1, 32, 32),
    "segnet": (1, 3, 64, 64),
    "vit:vit(16, 2, 2, 64, 128)": (1, 3, 224, 224),
}
HEAD = (
    "from collections import namedtuple\nimport math\nimport torch\nimport torch.nn.functional as F"
)
HEAD += "\nfrom torch import nn\n\n\n"


def outputs(model: nn.Module, size: tuple[int, ...]) -> list[Tensor]:
    """Those in training and outside of it, with the same noise."""
    torch.manual_seed(3)
    x, found = torch.rand(size), []
    with torch.no_grad():
        for training in (True, False):
            torch.manual_seed(4)
            made = model.train(training)(x)
            found += [made] if isinstance(made, Tensor) else list(made)
    return found


@pytest.mark.parametrize("spec", NETS)
def test_equal(spec: str, tmp_path: Path) -> None:
    program = load_program(spec)
    made = model_of(program)
    lines = [each for each in sorted(made.imports) if each.split()[1] != "__future__"]
    text = "\n".join((*lines, HEAD, *made.lines))
    model = getattr(module_of_text(text, tmp_path / "model.py"), made.class_name)()
    emitted = build(program)
    assert list(model.state_dict()) == list(emitted.state_dict())
    model.load_state_dict(emitted.state_dict())
    found, expected = outputs(model, NETS[spec]), outputs(emitted, NETS[spec])
    assert all(each.isfinite().all() for each in expected)
    assert all(map(torch.equal, found, expected))
    assert len(found) == len(expected)
