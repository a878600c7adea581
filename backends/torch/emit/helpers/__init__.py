"""Functions and layers that PyTorch lacks. The emitted source includes those that it uses."""

from __future__ import annotations

from collections.abc import Iterable

from netlang.backends.torch.emit.helpers.arithmetic import ARITHMETIC
from netlang.backends.torch.emit.helpers.attention import ATTENTION
from netlang.backends.torch.emit.helpers.boxes import REGIONS

__all__ = ["HELPERS", "needed"]

_STANDARDIZED_CONV = '''
class StandardizedConv{rank}d(nn.Conv{rank}d):
    """A convolution whose weights have mean 0 and variance 1 in each output channel."""

    def __init__(self, *sizes: Any, eps: float = 1e-6, **options: Any) -> None:
        super().__init__(*sizes, **options)
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        weight = F.layer_norm(self.weight, self.weight.shape[1:], eps=self.eps)
        x = self._conv_forward(x, weight, self.bias)
        return x
'''

HELPERS = {
    "heaviside": '''
def heaviside(x: Tensor, at_zero: float = 0.0) -> Tensor:
    """The step function: 0 below zero, 1 above; its gradient is zero."""
    return torch.heaviside(x.detach(), x.new_tensor(at_zero)) + 0 * x.sign()
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
    "Permute": '''
class Permute(nn.Module):
    """The axes in another order."""

    def __init__(self, *order: int) -> None:
        super().__init__()
        self.order = order

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.order)
''',
    "FrozenBatchNorm": '''
class FrozenBatchNorm(nn.Module):
    """Batch normalisation with the statistics, factors and summands that it was left with."""

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.register_buffer("weight", torch.ones(num_features))
        self.register_buffer("bias", torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        scale = self.weight * (self.running_var + self.eps).rsqrt()
        bias = self.bias - self.running_mean * scale
        shape = (-1, *[1] * (x.dim() - 2))
        return x * scale.view(shape) + bias.view(shape)
''',
    "SwitchableNorm": '''
class SwitchableNorm(nn.Module):
    """Normalisation with a learned mix of the statistics of instance, layer and batch."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float = 0.1
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.mean_weight = nn.Parameter(torch.ones(3))
        self.var_weight = nn.Parameter(torch.ones(3))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.eps = eps
        self.momentum = momentum

    def forward(self, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x.flatten(2), 2, correction=0)
        layer_mean = mean.mean(1, keepdim=True)
        layer_variance = (variance + (mean - layer_mean) ** 2).mean(1, keepdim=True)
        batch_mean, batch_variance = self.running_mean, self.running_var
        if self.training:
            batch_mean = mean.mean(0)
            batch_variance = (variance + (mean - batch_mean) ** 2).mean(0)
            self.running_mean.lerp_(batch_mean.detach(), self.momentum)
            self.running_var.lerp_(batch_variance.detach(), self.momentum)
        one, two, three = self.mean_weight.softmax(0)
        mean = one * mean + two * layer_mean + three * batch_mean
        one, two, three = self.var_weight.softmax(0)
        variance = one * variance + two * layer_variance + three * batch_variance
        scale = self.weight * (variance + self.eps).rsqrt()
        shape = (*scale.shape, *[1] * (x.dim() - 2))
        x = (x - mean.view(shape)) * scale.view(shape)
        return x + self.bias.view(-1, *shape[2:])
''',
    **{f"StandardizedConv{rank}d": _STANDARDIZED_CONV.format(rank=rank) for rank in (1, 2, 3)},
    **ARITHMETIC,
    **ATTENTION,
    "ChannelLayerNorm": '''
class ChannelLayerNorm(nn.LayerNorm):
    """Layer normalisation along the channels at each place."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "maxout": '''
def maxout(x: Tensor, pieces: int) -> Tensor:
    """The maximum of each `pieces` channels in a row."""
    return torch.unflatten(x, 1, (-1, pieces)).amax(2)
''',
    "Maxout": '''
class Maxout(nn.Module):
    """The maximum of each `pieces` channels in a row, as a layer."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces

    def forward(self, x: Tensor) -> Tensor:
        return maxout(x, self.pieces)
''',
    "L2Normalize": '''
class L2Normalize(nn.Module):
    """Vectors brought to length 1."""

    def __init__(self, dim: int = 1, eps: float = 1e-12) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(x, dim=self.dim, eps=self.eps)
''',
    "center_crop": '''
def center_crop(x: Tensor, *sizes: int) -> Tensor:
    """A window of given size out of the middle."""
    for axis, size in enumerate(sizes, start=2):
        x = x.narrow(axis, (x.shape[axis] - size) // 2, size)
    return x
''',
    "stochastic_depth": '''
def stochastic_depth(
    x: Tensor, p: float, mode: str = "row", training: bool = True
) -> Tensor:
    """Leaves out whole examples, or the whole batch, with probability p in training."""
    if not training or p == 0.0:
        return x
    examples = x.shape[0] if mode == "row" else 1
    kept = x.new_empty(examples, *[1] * (x.dim() - 1)).bernoulli_(1 - p)
    return x * (kept / (1 - p) if p < 1.0 else kept)
''',
    "StochasticDepth": '''
class StochasticDepth(nn.Module):
    """Leaves out whole examples, or the whole batch, as a layer."""

    def __init__(self, p: float, mode: str = "row") -> None:
        super().__init__()
        self.p = p
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        return stochastic_depth(x, self.p, self.mode, self.training)
''',
    "DropConnect": '''
class DropConnect(nn.Linear):
    """A linear layer that leaves out each of its weights with probability p in training."""

    def __init__(
        self, in_features: int, out_features: int, p: float = 0.5, bias: bool = True
    ) -> None:
        super().__init__(in_features, out_features, bias=bias)
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        weight = F.dropout(self.weight, self.p, self.training)
        if self.bias is None:
            return F.linear(x, weight)
        return F.linear(x, weight, F.dropout(self.bias, self.p, self.training))
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
    "folded": '''
def folded(
    merge: Callable[[Tensor, Tensor], Tensor], values: list[Tensor]
) -> Tensor:
    """Many values merged in turn: the first two, then that and the next."""
    result = values[0]
    for value in values[1:]:
        result = merge(result, value)
    return result
''',
    "batch_first": '''
def batch_first(result: tuple[Tensor, Any]) -> tuple[Tensor, ...]:
    """The output of a recurrent layer and its last states, all with the batch in front."""
    output, states = result
    states = states if isinstance(states, tuple) else (states,)
    return output, *(state.transpose(0, 1) for state in states)
''',
    **REGIONS,
}

_USES = {
    "Heaviside": ("heaviside",),
    "Maxout": ("maxout",),
    "StochasticDepth": ("stochastic_depth",),
}


def needed(names: Iterable[str]) -> list[str]:
    """The given helpers and those that they use, in order."""
    wanted = {name for name in names if name in HELPERS}
    wanted |= {used for name in wanted for used in _USES.get(name, ())}
    return [name for name in HELPERS if name in wanted]
