"""The layer for attention within windows, which PyTorch lacks."""

from __future__ import annotations

__all__ = ["WINDOW_HELPERS"]

WINDOW_HELPERS = {
    "WindowAttention": '''
class WindowAttention(nn.Module):
    """Attention within windows that a shift moves, with a bias for each offset."""

    def __init__(
        self,
        features: int,
        heads: int,
        window: tuple[int, int],
        shift: tuple[int, int] = (0, 0),
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        rows, columns = window
        offsets = (2 * rows - 1) * (2 * columns - 1)
        table = 0.02 * torch.randn(offsets, heads)
        self.relative_position_bias_table = nn.Parameter(table)
        row = torch.arange(rows).view(-1, 1) - torch.arange(rows) + rows - 1
        column = torch.arange(columns).view(-1, 1) - torch.arange(columns)
        column = column + columns - 1
        index = row[:, None, :, None] * (2 * columns - 1) + column[:, None]
        self.register_buffer("relative_position_index", index.flatten())
        self.qkv = nn.Linear(features, 3 * features)
        self.proj = nn.Linear(features, features)
        self.heads = heads
        self.window = window
        self.shift = shift
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[1:3]
        below, right = -height % self.window[0], -width % self.window[1]
        x = F.pad(x, (0, 0, 0, right, 0, below))
        size = x.shape[1:3]
        # An axis of one window isn't shifted.
        shift = [s if n > w else 0 for s, n, w in zip(self.shift, size, self.window)]
        if any(shift):
            x = x.roll((-shift[0], -shift[1]), (1, 2))
        x = self.part(x)
        qkv = self.qkv(x).unflatten(-1, (3, self.heads, -1))
        qkv = qkv.permute(3, 0, 1, 4, 2, 5)
        query, key, value = qkv[0], qkv[1], qkv[2]
        scores = query * query.shape[-1] ** -0.5 @ key.transpose(-2, -1)
        bias = self.relative_position_bias_table[self.relative_position_index]
        scores = scores + bias.view(*scores.shape[-2:], -1).permute(2, 0, 1)
        if any(shift):
            scores = scores + self.mask(size, shift, x)
        weights = F.dropout(scores.softmax(-1), self.dropout, self.training)
        x = self.proj((weights @ value).transpose(2, 3).flatten(3))
        x = self.join(x, size)
        if any(shift):
            x = x.roll(shift, (1, 2))
        return x[:, :height, :width]

    def part(self, x: Tensor) -> Tensor:
        """[N, H, W, E] as [N, windows, places, E]."""
        x = x.unflatten(2, (-1, self.window[1])).unflatten(1, (-1, self.window[0]))
        return x.transpose(2, 3).flatten(3, 4).flatten(1, 2)

    def join(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        """What `part` made, as it was."""
        x = x.unflatten(2, self.window).unflatten(1, (size[0] // self.window[0], -1))
        return x.transpose(2, 3).flatten(3, 4).flatten(1, 2)

    def mask(self, size: tuple[int, int], shift: list[int], x: Tensor) -> Tensor:
        """-100 between places that only the shift brought into one window."""
        rows, columns = (
            torch.arange(n, device=x.device).ge(n - w).int()
            + torch.arange(n, device=x.device).ge(n - s).int()
            for n, w, s in zip(size, self.window, shift)
        )
        regions = (3 * rows[:, None] + columns)[None, :, :, None]
        regions = self.part(regions)[0, :, :, 0]
        apart = regions[:, None, :, None] != regions[:, None, None, :]
        return apart.to(x.dtype) * -100.0
''',
}
