"""Recurrent layers and attention as torch modules."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from netlang.ir.types import Types
from netlang.ops import (
    attention,
    cosine_window_attention,
    multi_axis_attention,
    recurrent,
    scaled_attention,
    window_attention,
)
from netlang.ops.windowed import Windowed
from tests.analysis.oracles import torchvision_models
from tests.ops.torch_modules.base import Applied, build

__all__: list[str] = []


class States(nn.Module):
    """A recurrent module with its states as further outputs, the batch in front."""

    def __init__(self, inner: nn.Module, return_state: bool) -> None:
        super().__init__()
        self.inner = [inner]
        for name, value in inner.named_parameters():
            self.register_parameter(name, value)
        self.return_state = return_state

    def forward(self, x: Tensor) -> object:
        output, states = self.inner[0].train(self.training)(x)
        if not self.return_state:
            return output
        several = states if isinstance(states, tuple) else (states,)
        return (output, *(state.transpose(0, 1) for state in several))


@build.register
def _(op: recurrent.Rnn, inputs: Types) -> nn.Module:
    module = nn.RNN(
        int(str(inputs[0].shape[1])), op.hidden, op.layers, op.nonlinearity, op.bias, True,
        op.dropout, op.bidirectional,
    )  # fmt: skip
    return States(module, op.return_state)


@build.register
def _(op: recurrent.Lstm, inputs: Types) -> nn.Module:
    module = nn.LSTM(
        int(str(inputs[0].shape[1])), op.hidden, op.layers, op.bias, True, op.dropout,
        op.bidirectional,
    )  # fmt: skip
    return States(module, op.return_state)


@build.register
def _(op: recurrent.Gru, inputs: Types) -> nn.Module:
    module = nn.GRU(
        int(str(inputs[0].shape[1])), op.hidden, op.layers, op.bias, True, op.dropout,
        op.bidirectional,
    )  # fmt: skip
    return States(module, op.return_state)


class Attention(nn.MultiheadAttention):
    """The module with one to three inputs and without the fast path, which counts nothing."""

    causal = False

    def forward(self, *inputs: Tensor) -> Tensor:  # type: ignore[override]  # fewer inputs
        query, *others = inputs
        key, value = (others[0], others[-1]) if others else (query, query)
        torch.backends.mha.set_fastpath_enabled(False)
        try:
            later = torch.ones(query.shape[1], key.shape[1], dtype=torch.bool).triu(1)
            mask = later if self.causal else None
            result: Tensor = super().forward(query, key, value, need_weights=False, attn_mask=mask)[
                0
            ]
        finally:
            torch.backends.mha.set_fastpath_enabled(True)
        return result


@build.register
def _(op: window_attention.WindowAttention, inputs: Types) -> nn.Module:
    return _windowed("ShiftedWindowAttention", op, inputs)


@build.register
def _(op: cosine_window_attention.CosineWindowAttention, inputs: Types) -> nn.Module:
    # The table of coordinates is of single precision, whatever torch makes otherwise.
    module = _windowed("ShiftedWindowAttentionV2", op, inputs)
    return module.to(torch.get_default_dtype())


@build.register
def _(op: multi_axis_attention.MultiAxisAttention, inputs: Types) -> nn.Module:
    width = int(str(inputs[0].shape[-1]))
    if width % op.heads:
        raise ValueError("torchvision takes the features of a head")
    kind = torchvision_models().maxvit.RelativePositionalMultiHeadAttention
    module: nn.Module = kind(width, width // op.heads, op.window**2)
    # Its table of numbers is of single precision, whatever torch makes otherwise.
    return InGroups(module.to(torch.get_default_dtype()), op.window, op.grid)


class InGroups(nn.Module):
    """Attention to the places of a group; the keys are those of the module within."""

    def __init__(self, inner: nn.Module, window: int, grid: bool) -> None:
        super().__init__()
        self.inner, self.window, self.grid = [inner], window, grid
        for name, parameter in inner.named_parameters(recurse=False):
            self.register_parameter(name, parameter)
        for name, buffer in inner.named_buffers(recurse=False):
            self.register_buffer(name, buffer)
        for name, module in inner.named_children():
            self.add_module(name, module)

    def forward(self, x: Tensor) -> Tensor:
        """As torchvision's layer cuts: its grid is of blocks, with places and blocks swapped."""
        rows, columns = x.shape[1] // self.window, x.shape[2] // self.window
        high, wide = (rows, columns) if self.grid else (self.window, self.window)
        down, aside = (self.window, self.window) if self.grid else (rows, columns)
        cut = x.view(x.shape[0], down, high, aside, wide, x.shape[3]).transpose(2, 3)
        blocks = cut.flatten(3, 4).flatten(1, 2)
        found: Tensor = self.inner[0](blocks.swapaxes(1, 2) if self.grid else blocks)
        found = found.swapaxes(1, 2) if self.grid else found
        return found.reshape(cut.shape).transpose(2, 3).reshape(x.shape)


def _windowed(name: str, op: Windowed, inputs: Types) -> nn.Module:
    """torchvision's module of this name."""
    window, shift = ([n, n] if isinstance(n, int) else list(n) for n in (op.window, op.shift))
    width = int(str(inputs[0].shape[-1]))
    kind = getattr(torchvision_models().swin_transformer, name)
    module: nn.Module = kind(width, window, shift, op.heads, attention_dropout=op.dropout)
    return module


@build.register
def _(op: attention.MultiHeadAttention, inputs: Types) -> nn.Module:
    width = int(str(inputs[0].shape[1]))
    made = Attention(width, op.heads, op.dropout, op.bias, batch_first=True)
    made.causal = op.causal
    return made


@build.register
def _(op: scaled_attention.Attention, inputs: Types) -> nn.Module:
    """Each head by itself, by torch's function."""
    kv_heads = op.kv_heads or op.heads

    def attended(q: Tensor, k: Tensor, v: Tensor, given: Tensor | None = None) -> Tensor:
        heads = [op.heads] if op.heads > 1 else []
        shape = (*q.shape[:-2], *heads, q.shape[-2], k.shape[-2])
        mask = torch.ones(1, 1, dtype=torch.bool) if given is None else given
        if heads and given is not None and inputs[3].batch is not None and mask.dim() == q.dim():
            mask = mask.unsqueeze(-3)
        mask = mask.expand(shape)
        if op.causal:
            earlier = torch.ones(shape[-2:], dtype=torch.bool).tril()
            never = torch.zeros_like(mask) if mask.dtype == torch.bool else mask * 0 - torch.inf
            mask = torch.where(earlier, mask, never)
        found = []
        for head in range(op.heads):
            own = head * kv_heads // op.heads
            one = functional.scaled_dot_product_attention(
                q.chunk(op.heads, -1)[head],
                k.chunk(kv_heads, -1)[own],
                v.chunk(kv_heads, -1)[own],
                attn_mask=mask.select(-3, head) if heads else mask,
                scale=op.scale,
            )
            found.append(one)
        return torch.cat(found, -1)

    return Applied(attended)
