"""Recurrent layers and attention as torch modules."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from netlang.ir.types import Types
from netlang.ops import attention, recurrent, scaled_attention
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
