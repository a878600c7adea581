"""Small functions and layers for what PyTorch lacks; the emitted source holds those that it uses."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["HELPERS", "needed"]

HELPERS = {
    "heaviside": '''
def heaviside(x: Tensor, at_zero: float = 0.0) -> Tensor:
    """The step function: 0 below zero, 1 above; its gradient is zero."""
    return torch.heaviside(x.detach(), x.new_tensor(at_zero)) + 0 * x
''',
    "Heaviside": '''
class Heaviside(nn.Module):
    """The step function as a layer."""

    def __init__(self, at_zero: float = 0.0) -> None:
        super().__init__()
        self.at_zero = at_zero

    def forward(self, x: Tensor) -> Tensor:
        return heaviside(x, self.at_zero)
''',
    "Reshape": '''
class Reshape(nn.Module):
    """Each example in another shape."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], *self.shape)
''',
    "gaussian_sample": '''
def gaussian_sample(mean: Tensor, logvar: Tensor, training: bool) -> Tensor:
    """A draw from N(mean, exp(logvar)) in training, else the mean."""
    if not training:
        return mean
    return mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
''',
    "fixed_linear": '''
def fixed_linear(
    in_features: int,
    out_features: int,
    weight: list[list[float]] | None = None,
    bias: list[float] | bool = True,
) -> nn.Linear:
    """A linear layer in which the numbers that are given are not trained."""
    layer = nn.Linear(in_features, out_features, bias=bias is not False)
    if weight is not None:
        layer.weight = nn.Parameter(torch.tensor(weight), requires_grad=False)
    if not isinstance(bias, bool):
        layer.bias = nn.Parameter(torch.tensor(bias), requires_grad=False)
    return layer
''',
    "batch_first": '''
def batch_first(result: tuple) -> tuple[Tensor, ...]:
    """The output of a recurrent layer and its last states, all with the batch in front."""
    output, states = result
    states = states if isinstance(states, tuple) else (states,)
    return output, *(state.transpose(0, 1) for state in states)
''',
}

_USES = {"Heaviside": ("heaviside",)}


def needed(names: Iterable[str]) -> list[str]:
    """The helpers among some names, with those that they use themselves, in order."""
    wanted = {name for name in names if name in HELPERS}
    wanted |= {used for name in wanted for used in _USES.get(name, ())}
    return [name for name in HELPERS if name in wanted]
