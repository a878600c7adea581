"""Language models in plain torch: GPT-2 with nanoGPT's names, BERT with those of its port."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["Bert", "Gpt2"]


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        q, k, v = (
            each.view(batch, length, self.heads, -1).transpose(1, 2)
            for each in self.c_attn(x).split(width, dim=2)
        )
        scores = q @ k.transpose(-2, -1) * (width // self.heads) ** -0.5
        ahead = torch.ones(length, length, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(ahead, float("-inf")).softmax(-1)
        weights = F.dropout(weights, self.dropout, self.training)
        y = (weights @ v).transpose(1, 2).reshape(batch, length, width)
        return F.dropout(self.c_proj(y), self.dropout, self.training)


class _Mlp(nn.Module):
    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.c_fc = nn.Linear(width, 4 * width)
        self.c_proj = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))
        return F.dropout(y, self.dropout, self.training)


class _Layer(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = _Attention(width, heads, dropout)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = _Mlp(width, dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        y: Tensor = x + self.mlp(self.ln_2(x))
        return y


class Gpt2(nn.Module):
    def __init__(
        self, width: int, depth: int, heads: int, words: int = 50_257, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.dropout = dropout
        wte = nn.Embedding(words, width)
        parts = {
            "wte": wte,
            "wpe": nn.Embedding(1024, width),
            "h": nn.ModuleList(_Layer(width, heads, dropout) for _ in range(depth)),
            "ln_f": nn.LayerNorm(width),
        }
        self.transformer = nn.ModuleDict(parts)
        self.lm_head = nn.Linear(width, words, bias=False)
        self.lm_head.weight = wte.weight

    def forward(self, tokens: Tensor) -> Tensor:
        wte, wpe, layers, last = self.transformer.values()
        x: Tensor = wte(tokens) + wpe(torch.arange(tokens.shape[1]))
        x = F.dropout(x, self.dropout, self.training)
        for layer in layers.children():
            x = layer(x)
        y: Tensor = self.lm_head(last(x))
        return y


class _SelfAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.value = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            each(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for each in (self.query, self.key, self.value)
        )
        weights = (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).softmax(-1)
        y: Tensor = (weights @ v).transpose(1, 2).flatten(2)
        return y


def _named(**parts: nn.Module) -> nn.ModuleDict:
    return nn.ModuleDict(parts)


class _BertLayer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        after = _named(dense=nn.Linear(width, width), LayerNorm=nn.LayerNorm(width, eps=1e-12))
        self.attention = nn.ModuleDict()
        self.attention["self"], self.attention["output"] = _SelfAttention(width, heads), after
        self.intermediate = _named(dense=nn.Linear(width, 4 * width))
        norm = nn.LayerNorm(width, eps=1e-12)
        self.output = _named(dense=nn.Linear(4 * width, width), LayerNorm=norm)

    def forward(self, x: Tensor) -> Tensor:
        dense, norm = self.get_submodule("attention.output").children()
        x = norm(dense(self.get_submodule("attention.self")(x)) + x)
        dense, norm = self.output.children()
        y: Tensor = norm(dense(F.gelu(self.intermediate["dense"](x))) + x)
        return y


class Bert(nn.Module):
    """As deployed: without dropout."""

    def __init__(self, width: int, depth: int, heads: int, words: int = 30_522) -> None:
        super().__init__()
        self.embeddings = _named(
            word_embeddings=nn.Embedding(words, width),
            position_embeddings=nn.Embedding(512, width),
            token_type_embeddings=nn.Embedding(2, width),
            LayerNorm=nn.LayerNorm(width, eps=1e-12),
        )
        layers = nn.Sequential(*(_BertLayer(width, heads) for _ in range(depth)))
        self.encoder = _named(layer=layers)
        self.pooler = _named(dense=nn.Linear(width, width))

    def forward(self, tokens: Tensor, sentences: Tensor) -> tuple[Tensor, Tensor]:
        word, place, kind, norm = self.embeddings.children()
        x = norm(word(tokens) + place(torch.arange(tokens.shape[1])) + kind(sentences))
        x = self.encoder["layer"](x)
        return x, torch.tanh(self.pooler["dense"](x[:, 0]))
