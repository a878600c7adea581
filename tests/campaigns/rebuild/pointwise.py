"""Activations, softmaxes, dropouts and merges, mostly from their formulas."""

from __future__ import annotations

import math
from functools import reduce

import torch
from torch import Tensor
from torch.nn import functional

from tests.campaigns.rebuild.table import Step, layer, number, text, whole

__all__: list[str] = []


@layer("to_float")
def _to_float(step: Step) -> Tensor:
    return step.x.float()


@layer("relu")
def _relu(step: Step) -> Tensor:
    return step.x.relu()


@layer("relu6")
def _relu6(step: Step) -> Tensor:
    return functional.hardtanh(step.x, 0.0, 6.0)


@layer("leaky_relu")
def _leaky_relu(step: Step) -> Tensor:
    return torch.where(step.x > 0, step.x, number(step.arguments["negative_slope"]) * step.x)


@layer("prelu")
def _prelu(step: Step) -> Tensor:
    slope = step.weights["weight"].view(-1, *[1] * (step.x.dim() - 2))
    return torch.where(step.x > 0, step.x, slope * step.x)


@layer("elu")
def _elu(step: Step) -> Tensor:
    below = number(step.arguments["alpha"]) * torch.expm1(step.x.clamp(max=0))
    return torch.where(step.x > 0, step.x, below)


@layer("sigmoid")
def _sigmoid(step: Step) -> Tensor:
    return step.x.sigmoid()


@layer("tanh")
def _tanh(step: Step) -> Tensor:
    return step.x.tanh()


@layer("silu")
def _silu(step: Step) -> Tensor:
    return step.x * step.x.sigmoid()


@layer("gelu")
def _gelu(step: Step) -> Tensor:
    x = step.x
    if text(step.arguments["approximate"]) == "tanh":
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x.pow(3))
        return x / 2 * (1 + inner.tanh())
    return x / 2 * (1 + torch.erf(x / math.sqrt(2)))


@layer("hard_sigmoid")
def _hard_sigmoid(step: Step) -> Tensor:
    return functional.relu6(step.x + 3) / 6


@layer("hard_swish")
def _hard_swish(step: Step) -> Tensor:
    return step.x * functional.relu6(step.x + 3) / 6


@layer("softplus")
def _softplus(step: Step) -> Tensor:
    beta, threshold = number(step.arguments["beta"]), number(step.arguments["threshold"])
    scaled = step.x * beta
    bent = torch.log1p(torch.exp(scaled.clamp(max=threshold))) / beta
    return torch.where(scaled > threshold, step.x, bent)


@layer("heaviside")
def _heaviside(step: Step) -> Tensor:
    at_zero = torch.full_like(step.x, number(step.arguments["at_zero"]))
    steps = torch.where(step.x > 0, torch.ones_like(step.x), torch.zeros_like(step.x))
    return torch.where(step.x == 0, at_zero, steps).detach()


@layer("softmax")
def _softmax(step: Step) -> Tensor:
    return step.x.softmax(step.axis())


@layer("log_softmax")
def _log_softmax(step: Step) -> Tensor:
    return step.x - step.x.logsumexp(step.axis(), keepdim=True)


@layer("maxout")
def _maxout(step: Step) -> Tensor:
    pieces = whole(step.arguments["pieces"])
    x = step.x.reshape(step.x.shape[0], -1, pieces, *step.x.shape[2:])
    return x.amax(2)


# --- randomness ----------------------------------------------------------------------------------


@layer("dropout")
def _dropout(step: Step) -> Tensor:
    return functional.dropout(step.x, number(step.arguments["p"]), step.training)


@layer("stochastic_depth")
def _stochastic_depth(step: Step) -> Tensor:
    p = number(step.arguments["p"])
    if not step.training or p == 0:
        return step.x
    examples = step.x.shape[0] if text(step.arguments["mode"]) == "row" else 1
    kept = torch.empty(examples, *[1] * (step.x.dim() - 1), dtype=step.x.dtype).bernoulli_(1 - p)
    return step.x * kept if p == 1 else step.x * kept / (1 - p)


@layer("gaussian_sample")
def _gaussian_sample(step: Step) -> Tensor:
    mean, logvar = step.inputs
    return mean + (logvar / 2).exp() * torch.randn_like(mean) if step.training else mean


# --- merges --------------------------------------------------------------------------------------


@layer("add")
def _add(step: Step) -> Tensor:
    return reduce(torch.add, step.inputs)


@layer("sub")
def _sub(step: Step) -> Tensor:
    return step.inputs[0] - step.inputs[1]


@layer("mul")
def _mul(step: Step) -> Tensor:
    return reduce(torch.mul, step.inputs)


@layer("max")
def _max(step: Step) -> Tensor:
    return reduce(torch.maximum, step.inputs)


@layer("min")
def _min(step: Step) -> Tensor:
    return reduce(torch.minimum, step.inputs)


@layer("matmul")
def _matmul(step: Step) -> Tensor:
    return step.inputs[0] @ step.inputs[1]


@layer("identity")
def _identity(step: Step) -> Tensor:
    return step.x


@layer("parameter")
def _parameter(step: Step) -> Tensor:
    return step.weights[""]


@layer("embedding")
def _embedding(step: Step) -> Tensor:
    return functional.embedding(step.x.long(), step.weights["weight"])
