"""Transformers in plain torch with the specs' keys, as deployed: DETR, LLaMA and the Conformer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.analysis.oracles import torchvision_models

__all__ = ["Conformer", "Detr", "Llama"]

_models = torchvision_models()


def _sines(count: int, other: int, width: int) -> Tensor:
    """The embedding of count x other places of the authors' code, where nothing is masked."""
    place = torch.ones(count, other).cumsum(0)
    place = place / (place[-1:, :] + 1e-6) * 2 * torch.pi
    rate = torch.arange(width, dtype=torch.float32)
    rate = 10000 ** (2 * (rate // 2) / width)
    turned = place[:, :, None] / rate
    pairs = turned[:, :, 0::2].sin(), turned[:, :, 1::2].cos()
    return torch.stack(pairs, dim=3).flatten(2)


def _frozen(width: int) -> nn.Module:
    """With numbers that make a difference."""
    from torchvision.ops import FrozenBatchNorm2d

    norm: nn.Module = FrozenBatchNorm2d(width)
    for value in norm.buffers():
        value.uniform_(0.5, 1.5)
    return norm


class _EncoderLayer(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm1 = nn.LayerNorm(width)
        self.linear1, self.linear2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.norm2 = nn.LayerNorm(width)

    def forward(self, x: Tensor, place: Tensor) -> Tensor:
        key = x + place
        x = self.norm1(x + self.self_attn(key, key, x)[0])
        out: Tensor = self.norm2(x + self.linear2(F.relu(self.linear1(x))))
        return out


class _DecoderLayer(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm1 = nn.LayerNorm(width)
        self.multihead_attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm2 = nn.LayerNorm(width)
        self.linear1, self.linear2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.norm3 = nn.LayerNorm(width)

    def forward(self, x: Tensor, question: Tensor, memory: Tensor, place: Tensor) -> Tensor:
        asked = x + question
        x = self.norm1(x + self.self_attn(asked, asked, x)[0])
        x = self.norm2(x + self.multihead_attn(x + question, memory + place, memory)[0])
        out: Tensor = self.norm3(x + self.linear2(F.relu(self.linear1(x))))
        return out


class _Mlp(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        layers = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, 4)
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        out: Tensor = self.layers[-1](x).sigmoid()
        return out


class Detr(nn.Module):
    def __init__(
        self, depths: tuple[int, ...] = (3, 4, 6, 3), depth: int = 6, width: int = 256,
        heads: int = 8, hidden: int = 2048, queries: int = 100, classes: int = 92,
    ) -> None:  # fmt: skip
        super().__init__()
        resnet = _models.resnet
        trunk = resnet.ResNet(resnet.Bottleneck, list(depths), norm_layer=_frozen)
        body = _models._utils.IntermediateLayerGetter(trunk, {"layer4": "c5"})
        self.backbone = nn.ModuleList([nn.ModuleDict({"body": body})])
        self.input_proj = nn.Conv2d(2048, width, 1)
        self.query_embed = nn.Embedding(queries, width)
        encoder = nn.ModuleList(_EncoderLayer(width, heads, hidden) for _ in range(depth))
        decoder = nn.ModuleList(_DecoderLayer(width, heads, hidden) for _ in range(depth))
        self.transformer = nn.ModuleDict(
            {
                "encoder": nn.ModuleDict({"layers": encoder}),
                "decoder": nn.ModuleDict({"layers": decoder, "norm": nn.LayerNorm(width)}),
            }
        )
        self.class_embed = nn.Linear(width, classes)
        self.bbox_embed = _Mlp(width)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        parts: Any = self.transformer
        body: Any = self.backbone[0]
        x = self.input_proj(body["body"](image)["c5"])
        (height, width), half = x.shape[2:], x.shape[1] // 2
        rows = _sines(height, width, half)
        columns = _sines(width, height, half).transpose(0, 1)
        place = torch.cat((rows, columns), dim=2).flatten(0, 1)
        x = x.flatten(2).transpose(1, 2)
        for layer in parts["encoder"]["layers"]:
            x = layer(x, place)
        question = self.query_embed.weight.expand(len(image), -1, -1)
        y = torch.zeros_like(question)
        for layer in parts["decoder"]["layers"]:
            y = layer(y, question, x, place)
        y = parts["decoder"]["norm"](y)
        return self.class_embed(y), self.bbox_embed(y)


def _turned(x: Tensor) -> Tensor:
    """Rotary positions as complex numbers: x is [N, T, heads, size]."""
    length, size = x.shape[1], x.shape[3]
    rates = 10_000 ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
    angles = torch.arange(length, dtype=torch.float64)[:, None, None] * rates
    first, second = x.double().chunk(2, dim=-1)
    turned = torch.complex(first, second) * torch.polar(torch.ones_like(angles), angles)
    return torch.cat((turned.real, turned.imag), dim=-1).to(x.dtype)


class _GroupedAttention(nn.Module):
    def __init__(self, width: int, heads: int, kv_heads: int) -> None:
        super().__init__()
        self.heads, self.kv_heads = heads, kv_heads
        narrow = width // heads * kv_heads
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, narrow, bias=False)
        self.v_proj = nn.Linear(width, narrow, bias=False)
        self.o_proj = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        length, each = x.shape[1], self.heads // self.kv_heads
        q = _turned(self.q_proj(x).unflatten(-1, (self.heads, -1)))
        k = _turned(self.k_proj(x).unflatten(-1, (self.kv_heads, -1))).repeat_interleave(each, 2)
        v = self.v_proj(x).unflatten(-1, (self.kv_heads, -1)).repeat_interleave(each, 2)
        scores = torch.einsum("nqhd,nkhd->nhqk", q, k) / q.shape[-1] ** 0.5
        ahead = torch.ones(length, length, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(ahead, float("-inf")).softmax(-1)
        y: Tensor = self.o_proj(torch.einsum("nhqk,nkhd->nqhd", weights, v).flatten(2))
        return y


class _GatedMlp(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(width, hidden, bias=False)
        self.up_proj = nn.Linear(width, hidden, bias=False)
        self.down_proj = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))
        return y


class _LlamaLayer(nn.Module):
    def __init__(self, width: int, heads: int, kv_heads: int, hidden: int) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(width, eps=1e-6)
        self.self_attn = _GroupedAttention(width, heads, kv_heads)
        self.post_attention_layernorm = nn.RMSNorm(width, eps=1e-6)
        self.mlp = _GatedMlp(width, hidden)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x))
        y: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return y


class Llama(nn.Module):
    def __init__(
        self, width: int, depth: int, heads: int, hidden: int, kv_heads: int, words: int = 32_000
    ) -> None:
        super().__init__()
        layers = (_LlamaLayer(width, heads, kv_heads, hidden) for _ in range(depth))
        self.model = nn.ModuleDict(
            {
                "embed_tokens": nn.Embedding(words, width),
                "layers": nn.Sequential(*layers),
                "norm": nn.RMSNorm(width, eps=1e-6),
            }
        )
        self.lm_head = nn.Linear(width, words, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        x = tokens
        for part in self.model.values():
            x = part(x)
        y: Tensor = self.lm_head(x)
        return y


class _FeedForward(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        layers = nn.LayerNorm(width), nn.Linear(width, hidden), nn.SiLU(), nn.Identity()
        self.sequential = nn.Sequential(*layers, nn.Linear(hidden, width))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.sequential(x)
        return y


class _ConvolutionModule(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer_norm = nn.LayerNorm(width)
        self.sequential = nn.Sequential(*self._layers(width))

    @staticmethod
    def _layers(width: int) -> Iterator[nn.Module]:
        yield nn.Conv1d(width, 2 * width, 1)
        yield nn.GLU(dim=1)
        yield nn.Conv1d(width, width, 31, padding=15, groups=width)
        yield nn.BatchNorm1d(width)
        yield nn.SiLU()
        yield nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.sequential(self.layer_norm(x).transpose(1, 2)).transpose(1, 2)
        return y


class _ConformerLayer(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.ffn1 = _FeedForward(width, hidden)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.self_attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.conv_module = _ConvolutionModule(width)
        self.ffn2 = _FeedForward(width, hidden)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + 0.5 * self.ffn1(x)
        y = self.self_attn_layer_norm(x)
        x = x + self.self_attn(y, y, y)[0]
        x = x + self.conv_module(x)
        out: Tensor = self.final_layer_norm(x + 0.5 * self.ffn2(x))
        return out


class Conformer(nn.Module):
    """The layers of torchaudio's ``Conformer``."""

    def __init__(self, width: int, heads: int, hidden: int, depth: int) -> None:
        super().__init__()
        layers = (_ConformerLayer(width, heads, hidden) for _ in range(depth))
        self.conformer_layers = nn.Sequential(*layers)

    def forward(self, frames: Tensor) -> Tensor:
        y: Tensor = self.conformer_layers(frames)
        return y
