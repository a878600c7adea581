"""Attention in several heads, and the mask of a causal one."""

from __future__ import annotations

__all__ = ["ATTENTION"]

ATTENTION = {
    "attention": '''
def attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    heads: int = 1,
    kv_heads: int | None = None,
    causal: bool = False,
    scale: float | None = None,
    dropout: float = 0.0,
) -> Tensor:
    """Scaled dot-product attention with the heads side by side in the last axis."""
    kv_heads = kv_heads or heads
    if heads > 1:
        q = torch.unflatten(q, -1, (heads, -1)).transpose(-3, -2)
        k = torch.unflatten(k, -1, (kv_heads, -1)).transpose(-3, -2)
        v = torch.unflatten(v, -1, (kv_heads, -1)).transpose(-3, -2)
    if causal and mask is not None:
        ones = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool, device=q.device)
        if mask.dtype == torch.bool:
            mask = mask & ones.tril()
        else:
            mask = mask.masked_fill(ones.triu(1), float("-inf"))
        causal = False
    y = F.scaled_dot_product_attention(
        q, k, v, mask, dropout, causal, scale=scale, enable_gqa=kv_heads < heads
    )
    return y.transpose(-3, -2).flatten(-2) if heads > 1 else y
''',
    "window_offsets": '''
def window_offsets(
    height: int, width: int, flat: bool = False, dtype: torch.dtype = torch.int64
) -> Tensor:
    """For each pair of places in a window the number of their offset."""
    row = torch.arange(height).view(-1, 1) - torch.arange(height) + height - 1
    column = torch.arange(width).view(-1, 1) - torch.arange(width) + width - 1
    pairs = row[:, None, :, None] * (2 * width - 1) + column[:, None]
    pairs = pairs.flatten(2, 3).flatten(0, 1).to(dtype)
    return pairs.flatten() if flat else pairs
''',
    "grid": '''
def grid(
    *axes: list[float], repeat: int = 1, dtype: torch.dtype | None = None
) -> Tensor:
    """The coordinates of each place of a grid, in the last axis."""
    rows = [torch.tensor(axis, dtype=dtype) for axis in axes * repeat]
    return torch.stack(torch.meshgrid(*rows, indexing="ij"), -1)
''',
    "causal_mask": '''
def causal_mask(query: Tensor, key: Tensor) -> Tensor:
    """For each place of the queries, true where it must not look: at later keys."""
    shape = (query.shape[1], key.shape[1])
    return torch.ones(shape, dtype=torch.bool, device=query.device).triu(1)
''',
}
