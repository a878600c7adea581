"""Arithmetic that PyTorch lacks as a layer, or Python as a function."""

from __future__ import annotations

__all__ = ["ARITHMETIC"]

ARITHMETIC = {
    "round_to": '''
def round_to(number: float, multiple: int) -> int:
    """The nearest multiple, half up; one more if it is below 0.9 of the number."""
    rounded = max(multiple, int(number + multiple / 2) // multiple * multiple)
    return rounded + multiple if rounded < 0.9 * number else rounded
''',
    "Scale": '''
class Scale(nn.Module):
    """Given factors and summands of channels, which `places` axes follow."""

    def __init__(
        self,
        by: float | list[float],
        offset: float | list[float] = 0.0,
        places: int = 0,
    ) -> None:
        super().__init__()
        self.by = by
        self.offset = offset
        self.shape = (-1, *[1] * places)

    def forward(self, x: Tensor) -> Tensor:
        by = x.new_tensor(self.by).view(self.shape)
        return x * by + x.new_tensor(self.offset).view(self.shape)
''',
}
