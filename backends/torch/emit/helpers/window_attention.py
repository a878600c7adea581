"""Layers for attention within windows, which PyTorch lacks."""

from __future__ import annotations

__all__ = ["WINDOW_HELPERS"]

WINDOW_HELPERS = {
    "WindowAttention": '''
class WindowAttention(nn.Module):
    """Attention within windows, which a shift moves, with a learned bias for each offset."""

    relative_position_index: Tensor

    def __init__(
        self,
        features: int,
        heads: int,
        window: tuple[int, int],
        shift: tuple[int, int] = (0, 0),
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.qkv = nn.Linear(features, 3 * features)
        self.proj = nn.Linear(features, features)
        self.heads = heads
        self.window = window
        self.shift = shift
        self.dropout = dropout
        self.make_tables()

    def make_tables(self) -> None:
        offsets = (2 * self.window[0] - 1) * (2 * self.window[1] - 1)
        table = 0.02 * torch.randn(offsets, self.heads)
        self.relative_position_bias_table = nn.Parameter(table)
        self.register_buffer("relative_position_index", self.index())

    def projected(self, x: Tensor) -> Tensor:
        qkv: Tensor = self.qkv(x)
        return qkv

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        scale: float = query.shape[-1] ** -0.5
        return query * scale @ key.transpose(-2, -1)

    def bias(self) -> Tensor:
        return self.picked(self.relative_position_bias_table)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[1:3]
        below, right = -height % self.window[0], -width % self.window[1]
        x = F.pad(x, (0, 0, 0, right, 0, below))
        size = x.shape[1], x.shape[2]
        # An axis of one window isn't shifted.
        shift = [s if n > w else 0 for s, n, w in zip(self.shift, size, self.window)]
        if any(shift):
            x = x.roll((-shift[0], -shift[1]), (1, 2))
        x = self.part(x)
        qkv = torch.unflatten(self.projected(x), -1, (3, self.heads, -1))
        qkv = qkv.permute(3, 0, 1, 4, 2, 5)
        scores = self.scores(qkv[0], qkv[1])
        scores = scores + self.bias()
        if any(shift):
            scores = scores + self.mask(size, shift, x)
        weights = F.dropout(scores.softmax(-1), self.dropout, self.training)
        x = self.proj((weights @ qkv[2]).transpose(2, 3).flatten(3))
        x = self.join(x, size)
        if any(shift):
            x = x.roll(shift, (1, 2))
        return x[:, :height, :width]

    def index(self) -> Tensor:
        """For each pair of places the number of their offset."""
        rows, columns = self.window
        row = torch.arange(rows).view(-1, 1) - torch.arange(rows) + rows - 1
        column = torch.arange(columns).view(-1, 1) - torch.arange(columns)
        column = column + columns - 1
        index = row[:, None, :, None] * (2 * columns - 1) + column[:, None]
        return index.flatten()

    def picked(self, table: Tensor) -> Tensor:
        """[offsets, heads] as [heads, places, places]."""
        pairs = table[self.relative_position_index]
        places = self.window[0] * self.window[1]
        return pairs.view(places, places, -1).permute(2, 0, 1)

    def part(self, x: Tensor) -> Tensor:
        """[N, H, W, E] as [N, windows, places, E]."""
        x = torch.unflatten(x, 2, (-1, self.window[1]))
        x = torch.unflatten(x, 1, (-1, self.window[0]))
        return x.transpose(2, 3).flatten(3, 4).flatten(1, 2)

    def join(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        """What `part` made, as it was."""
        x = torch.unflatten(x, 2, self.window)
        x = torch.unflatten(x, 1, (size[0] // self.window[0], -1))
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
    "MultiAxisAttention": '''
class MultiAxisAttention(nn.Module):
    """Attention within the blocks of an image, or in grids across it."""

    relative_position_index: Tensor

    def __init__(
        self, features: int, heads: int, window: int, grid: bool = False
    ) -> None:
        super().__init__()
        table = 0.02 * torch.randn((2 * window - 1) ** 2, heads)
        self.relative_position_bias_table = nn.Parameter(table)
        offset = torch.arange(window).view(-1, 1) - torch.arange(window) + window - 1
        index = offset[:, None, :, None] * (2 * window - 1) + offset[:, None]
        index = index.flatten(2, 3).flatten(0, 1)
        self.register_buffer("relative_position_index", index)
        self.to_qkv = nn.Linear(features, 3 * features)
        self.merge = nn.Linear(features, features)
        self.heads = heads
        self.window = window
        self.grid = grid

    def forward(self, x: Tensor) -> Tensor:
        x = self.parted(x)
        shape = x.shape
        qkv = self.to_qkv(x.flatten(3, 4).flatten(1, 2))
        qkv = torch.unflatten(qkv, -1, (3, self.heads, -1)).permute(3, 0, 1, 4, 2, 5)
        scores = qkv[0] @ (qkv[1] * x.shape[-1] ** -0.5).transpose(-2, -1)
        bias = self.relative_position_bias_table[self.relative_position_index]
        weights = (scores + bias.permute(2, 0, 1)).softmax(-1)
        x = self.merge((weights @ qkv[2]).transpose(2, 3).flatten(3))
        return self.joined(x.reshape(shape))

    def parted(self, x: Tensor) -> Tensor:
        """[N, H, W, E] as [N, rows, columns, window, window, E], the groups in front."""
        if self.grid:
            x = torch.unflatten(x, 2, (self.window, -1))
            x = torch.unflatten(x, 1, (self.window, -1))
            return x.permute(0, 2, 4, 1, 3, 5)
        x = torch.unflatten(x, 2, (-1, self.window))
        x = torch.unflatten(x, 1, (-1, self.window))
        return x.transpose(2, 3)

    def joined(self, x: Tensor) -> Tensor:
        """What `parted` made, as it was."""
        x = x.permute(0, 3, 1, 4, 2, 5) if self.grid else x.transpose(2, 3)
        return x.flatten(3, 4).flatten(1, 2)
''',
    "CosineWindowAttention": '''
class CosineWindowAttention(WindowAttention):
    """Attention by cosines within windows with a computed bias for each offset."""

    relative_coords_table: Tensor

    def make_tables(self) -> None:
        self.logit_scale = nn.Parameter(torch.full((self.heads, 1, 1), 10.0).log())
        down, right = (torch.arange(1.0 - n, n) / (n - 1) for n in self.window)
        table = torch.stack(torch.meshgrid(down, right, indexing="ij"), -1)[None]
        table = torch.sign(table) * torch.log2(8 * torch.abs(table) + 1) / 3
        self.register_buffer("relative_coords_table", table)
        self.register_buffer("relative_position_index", self.index())
        self.cpb_mlp = nn.Sequential(
            nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, self.heads, bias=False)
        )
        length = self.qkv.bias.shape[0] // 3
        nn.init.zeros_(self.qkv.bias[length : 2 * length])

    def projected(self, x: Tensor) -> Tensor:
        """Queries, keys and values; keys have no bias."""
        query, key, value = self.qkv.bias.chunk(3)
        bias = torch.cat((query, torch.zeros_like(key), value))
        return F.linear(x, self.qkv.weight, bias)

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        # In half precision 1e-12 is 0, and places of zeros alone have keys of length 0.
        eps = max(1e-12, torch.finfo(key.dtype).tiny)
        query = F.normalize(query, dim=-1, eps=eps)
        key = F.normalize(key, dim=-1, eps=eps)
        # At most 100, whose logarithm that is.
        scale = self.logit_scale.clamp(max=4.605170185988092).exp()
        return query @ key.transpose(-2, -1) * scale

    def bias(self) -> Tensor:
        table = self.cpb_mlp(self.relative_coords_table).flatten(0, 2)
        return 16 * torch.sigmoid(self.picked(table))
''',
}
