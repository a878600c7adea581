"""Functions that pool boxes, for emitted source: torch has none, and torchvision's are compiled.

Both gather the elements that they need by index, for all boxes and parts at once. Loop bounds
depend on shapes alone, never on values, so that `torch.export` can trace them.
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
    # Maxima of windows of 2**i by 2**j elements, each kept where its window starts.
    # Those past the end go around; nobody reads them.
    maxima, levels, places, empty = x[None, None], [], [], []
    for axis, parts in enumerate(output_size):
        start, end = (corners[..., i - axis, None, None] for i in (1, 3))
        width = (end - start + 1).clamp(min=1).to(x.dtype) / parts
        part, size = torch.arange(parts, device=x.device), x.shape[axis + 2]
        part = part.unsqueeze(1 - axis)
        low = ((part * width).floor().long() + start).clamp(0, size)
        high = (((part + 1) * width).ceil().long() + start).clamp(0, size)
        longer = [maxima]
        for level in range(size.bit_length() - 1):
            moved = longer[-1].roll(-(2**level), axis + 4)
            longer.append(torch.maximum(longer[-1], moved))
        maxima = torch.cat(longer, axis)
        # A part is two windows that overlap, of the largest size that fits.
        window = 2 ** torch.arange(len(longer), device=x.device)
        fits = (high - low)[..., None] >= window
        longest = (fits.sum(-1) - 1).clamp(min=0)
        levels.append(longest)
        places.append((low.clamp(max=size - 1), (high - 2**longest).clamp(min=0)))
        empty.append(high <= low)
    rows, columns = levels
    y = torch.full((), -torch.inf, dtype=x.dtype, device=x.device)
    for row in places[0]:
        for column in places[1]:
            y = torch.maximum(y, maxima[rows, columns, batch, :, row, column])
    nothing = (empty[0] | empty[1])[..., None]
    return y.masked_fill(nothing, 0.0).permute(0, 1, 4, 2, 3)
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
        near = (place >= -1) & (place <= length)  # false where a box isn't a number
        inside = near.to(x.dtype)
        place = torch.where(near, place, 0).clamp(0, length - 1)
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
    y = torch.unflatten(y, 2, (output_size[0], sampling_ratio))
    y = torch.unflatten(y, 4, (output_size[1], sampling_ratio)).mean((3, 5))
    return y.permute(0, 1, 4, 2, 3)
''',
}
