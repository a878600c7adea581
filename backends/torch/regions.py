"""Functions that pool boxes, for emitted source: torch has none, and torchvision's need its build.

Both read the elements that they need by their places, all boxes and parts at once.
"""

from __future__ import annotations

__all__ = ["REGIONS"]

REGIONS = {
    "roi_pool": '''
def roi_pool(
    x: Tensor, boxes: Tensor, output_size: tuple[int, int], spatial_scale: float = 1.0
) -> Tensor:
    """The maxima of the parts of K boxes of each image: [N, K, 4] -> [N, K, C, h, w]."""
    batch = torch.arange(len(x), device=x.device).view(-1, 1, 1, 1)
    scaled = boxes * spatial_scale
    corners = (scaled.sign() * (scaled.abs() + 0.5).floor()).long()
    places, kept = [], []
    for axis, parts in enumerate(output_size):
        start, end = corners[..., 1 - axis, None], corners[..., 3 - axis, None]
        width = (end - start + 1).clamp(min=1).to(x.dtype) / parts
        part, size = torch.arange(parts, device=x.device), x.shape[axis + 2]
        low = ((part * width).floor().long() + start).clamp(0, size)
        high = (((part + 1) * width).ceil().long() + start).clamp(0, size)
        most = max(int((high - low).max()), 1) if high.numel() else 1
        place = low[..., None] + torch.arange(most, device=x.device)
        kept.append(place < high[..., None])
        places.append(place.clamp(max=size - 1).flatten(2))
    rows, columns = places
    y = x[batch, :, rows[..., :, None], columns[..., None, :]]
    y = y.unflatten(2, kept[0].shape[2:]).unflatten(4, kept[1].shape[2:])
    inside = kept[0][..., None, None] & kept[1][:, :, None, None]
    y = y.masked_fill(~inside[..., None], -torch.inf).amax((3, 5))
    return y.masked_fill(y == -torch.inf, 0.0).permute(0, 1, 4, 2, 3)
''',
    "roi_align": '''
def roi_align(
    x: Tensor,
    boxes: Tensor,
    output_size: tuple[int, int],
    spatial_scale: float = 1.0,
    sampling_ratio: int = 2,
    aligned: bool = False,
) -> Tensor:
    """Means of samples of the parts of K boxes of each image: [N, K, 4] -> [N, K, C, h, w]."""
    batch = torch.arange(len(x), device=x.device).view(-1, 1, 1, 1)
    corners = boxes * spatial_scale - (0.5 if aligned else 0.0)
    ends = []
    for axis, parts in enumerate(output_size):
        start, length = corners[..., 1 - axis, None], x.shape[axis + 2]
        extent = corners[..., 3 - axis, None] - start
        extent = extent if aligned else extent.clamp(min=1.0)
        cells = parts * sampling_ratio
        cell = torch.arange(cells, device=x.device, dtype=x.dtype)
        place = start + (cell + 0.5) / cells * extent
        inside = ((place >= -1) & (place <= length)).to(x.dtype)
        place = place.clamp(0, length - 1)
        low = place.floor().long()
        high = (low + 1).clamp(max=length - 1)
        part = place - low
        ends.append(((low, (1 - part) * inside), (high, part * inside)))
    y = torch.zeros((), dtype=x.dtype, device=x.device)
    for row, height in ends[0]:
        for column, width in ends[1]:
            corner = x[batch, :, row[..., :, None], column[..., None, :]]
            share = height[..., :, None] * width[..., None, :]
            y = y + share[..., None] * corner
    cells = [(parts, sampling_ratio) for parts in output_size]
    y = y.unflatten(2, cells[0]).unflatten(4, cells[1]).mean((3, 5))
    return y.permute(0, 1, 4, 2, 3)
''',
}
