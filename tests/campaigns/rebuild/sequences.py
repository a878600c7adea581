"""Recurrent layers step by step, and attention, from their formulas, without dropout.

Torch draws the dropout inside its own layers where nothing from outside can draw the same: the
campaign takes it out of both sides.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tests.campaigns.rebuild.table import Step, flag, layer, number, text, whole

__all__: list[str] = []

# From the maps of the input and of the last state, and the states, the next states.
Cell = Callable[[Tensor, Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]


def _tanh(x: Tensor, h: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return ((x + h).tanh(),)


def _relu(x: Tensor, h: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return ((x + h).relu(),)


def _lstm_cell(x: Tensor, h: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    i, f, g, o = (x + h).chunk(4, 1)
    cell = f.sigmoid() * states[1] + i.sigmoid() * g.tanh()
    return o.sigmoid() * cell.tanh(), cell


def _gru_cell(x: Tensor, h: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    (xr, xz, xn), (hr, hz, hn) = x.chunk(3, 1), h.chunk(3, 1)
    reset, keep = (xr + hr).sigmoid(), (xz + hz).sigmoid()
    new = (xn + reset * hn).tanh()
    return ((1 - keep) * new + keep * states[0],)


@layer("rnn")
def _rnn(step: Step) -> Tensor | tuple[Tensor, ...]:
    return _recurrent(step, _relu if text(step.arguments["nonlinearity"]) == "relu" else _tanh, 1)


@layer("lstm")
def _lstm(step: Step) -> Tensor | tuple[Tensor, ...]:
    return _recurrent(step, _lstm_cell, 2)


@layer("gru")
def _gru(step: Step) -> Tensor | tuple[Tensor, ...]:
    return _recurrent(step, _gru_cell, 1)


def _recurrent(step: Step, cell: Cell, states: int) -> Tensor | tuple[Tensor, ...]:
    x, lasts = step.x, []
    for depth in range(whole(step.arguments["layers"])):
        outputs = []
        for suffix in ("", "_reverse")[: 1 + flag(step.arguments["bidirectional"])]:
            output, last = _direction(step, x, f"l{depth}{suffix}", cell, states)
            outputs.append(output)
            lasts.append(last)
        x = torch.cat(outputs, 2)
    if not flag(step.arguments["return_state"]):
        return x
    return x, *(torch.stack([last[kind] for last in lasts], 1) for kind in range(states))


def _direction(
    step: Step, x: Tensor, name: str, cell: Cell, states: int
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """One layer in one direction: its outputs in the order of time, and its last states."""
    mapped = _affine(x, step.weights[f"weight_ih_{name}"], step.get(f"bias_ih_{name}"))
    weight, bias = step.weights[f"weight_hh_{name}"], step.get(f"bias_hh_{name}")
    now: tuple[Tensor, ...] = (x.new_zeros(x.shape[0], whole(step.arguments["hidden"])),) * states
    backwards = name.endswith("_reverse")
    times = range(x.shape[1])
    outputs: dict[int, Tensor] = {}
    for time in reversed(times) if backwards else times:
        now = cell(mapped[:, time], _affine(now[0], weight, bias), now)
        outputs[time] = now[0]
    return torch.stack([outputs[time] for time in times], 1), now


def _affine(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return x @ weight.T if bias is None else x @ weight.T + bias


@layer("multi_head_attention")
def _attention(step: Step) -> Tensor:
    query, key, value = (step.inputs * 3)[:3] if len(step.inputs) == 1 else _roles(step.inputs)
    weights, bias = step.weights["in_proj_weight"].chunk(3), step.get("in_proj_bias")
    biases = (None,) * 3 if bias is None else bias.chunk(3)
    heads = whole(step.arguments["heads"])
    q, k, v = (
        _heads(_affine(x, w, b), heads)
        for x, w, b in zip((query, key, value), weights, biases, strict=True)
    )
    scores = q @ k.transpose(2, 3) / q.shape[3] ** 0.5
    if flag(step.arguments["causal"]):
        scores = scores + _later(scores)
    scores = scores.softmax(3)
    joined = (scores @ v).transpose(1, 2).flatten(2)
    return _affine(joined, step.weights["out_proj.weight"], step.get("out_proj.bias"))


def _roles(inputs: list[Tensor]) -> list[Tensor]:
    return [inputs[0], inputs[1], inputs[-1]]


def _heads(x: Tensor, heads: int) -> Tensor:
    return x.view(*x.shape[:2], heads, -1).transpose(1, 2)


def _later(scores: Tensor) -> Tensor:
    """Minus infinity for what lies behind a place."""
    rows, columns = scores.shape[-2:]
    behind = torch.arange(columns) > torch.arange(rows)[:, None]
    return torch.zeros(rows, columns, dtype=scores.dtype).masked_fill(behind, -torch.inf)


@layer("attention")
def _scaled(step: Step) -> Tensor:
    """By sums over named axes: g heads of queries for each head h of keys."""
    query, key, value = step.inputs[:3]
    heads, given = whole(step.arguments["heads"]), step.arguments["kv_heads"]
    shared = heads if given is None else whole(given)
    q = query.reshape(*query.shape[:-1], shared, heads // shared, -1)
    k, v = (x.reshape(*x.shape[:-1], shared, -1) for x in (key, value))
    scale = step.arguments["scale"]
    factor = q.shape[-1] ** -0.5 if scale is None else number(scale)
    scores = torch.einsum("...lhgd,...shd->...hgls", q, k) * factor
    allowed = torch.ones_like(scores, dtype=torch.bool)
    if flag(step.arguments["causal"]):
        scores = scores + _later(scores)
    if len(step.inputs) > 3:
        mask = _of_heads(step.inputs[3], query, heads, shared)
        if mask.dtype == torch.bool:
            allowed = mask.expand(scores.shape)
        else:
            scores = scores + mask
    powers = (scores - scores.amax(-1, keepdim=True).detach()).exp() * allowed
    weights = powers / powers.sum(-1, keepdim=True).clamp(min=1e-300)
    return torch.einsum("...hgls,...shd->...lhgd", weights, v).flatten(-3)


def _of_heads(mask: Tensor, query: Tensor, heads: int, shared: int) -> Tensor:
    """The mask with its axis of heads, apart by those of keys, where it has one."""
    if mask.dim() == query.dim():
        return mask[..., None, None, :, :]
    if mask.shape[-3] == 1:
        return mask.unsqueeze(-3)
    return mask.reshape(*mask.shape[:-3], shared, heads // shared, *mask.shape[-2:])
