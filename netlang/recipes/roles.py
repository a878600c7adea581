"""The kinds of weights, by the operator that owns them.

`netlang.backends.torch.runtime.kinds` determines the same for PyTorch modules; a test checks that
both agree.
"""

from __future__ import annotations

from netlang.ir.owned import Owned
from netlang.ops.attention import MultiHeadAttention
from netlang.ops.conv import Conv
from netlang.ops.conv_transpose import ConvTranspose
from netlang.ops.linear import Linear
from netlang.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from netlang.ops.recurrent import Recurrent
from netlang.ops.rms_norm import RmsNorm
from netlang.ops.switchable_norm import SwitchableNorm
from netlang.ops.tensor import Embedding

__all__ = ["LAYERS", "NORMS", "kinds_of"]

NORMS = (BatchNorm, LayerNorm, RmsNorm, GroupNorm, InstanceNorm, SwitchableNorm)

_KINDS: dict[str, tuple[type, ...]] = {
    "conv": (Conv, ConvTranspose),
    "attention": (MultiHeadAttention,),
    "linear": (Linear,),
    "recurrent": (Recurrent,),
    "embedding": (Embedding,),
}
LAYERS = tuple(cls for kind, classes in _KINDS.items() if kind != "embedding" for cls in classes)


def kinds_of(owned: Owned) -> set[str]:
    """The kinds of a trained weight: its layer's, or `norms`, `biases`, `conv_biases`, ..."""
    op, name = owned.op, owned.weight.name.rpartition(".")[2]
    layer = next((kind for kind, classes in _KINDS.items() if isinstance(op, classes)), None)
    kinds = {"norms"} if isinstance(op, NORMS) else set()
    if "bias" in name and (kinds or layer):
        return kinds | {"biases"} | ({f"{layer}_biases"} if layer else set())
    if layer is not None:
        kinds.add(layer)
    if len(owned.weight.shape) == 2 and layer not in (None, "embedding"):
        kinds.add("matrices")
    return kinds
