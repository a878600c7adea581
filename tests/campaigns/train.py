"""Training held against plain torch: ``python -m tests.campaigns.train --count 500 --seed 1``.

For each random spec the emitted module and the network rebuilt from the JSON of `expand` get the
same weights, inputs and draws. In training and in evaluation mode outputs agree, and in training
the gradients of a random projection of all outputs for every weight and input, and what the forward
pass leaves in the buffers. All in double precision: normalisation over few elements makes rounding
large, and that would hide what is wrong behind what is only inexact.
"""

from __future__ import annotations

import copy
import json
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from unittest.mock import patch

import torch
from torch import Tensor, nn

from netlang.analysis.expand import expand_program
from netlang.analysis.render.expansion_json import render_json
from netlang.ir.program import Program
from tests.campaigns.draws import quiet, same_draws
from tests.campaigns.generator import SINGLE, Generated, generate
from tests.campaigns.of_specs import spec_campaign
from tests.campaigns.rebuild import Network
from tests.campaigns.rounding import disturbed
from tests.campaigns.running import command
from tests.campaigns.subject import Spec, inputs_of, load, subject

__all__ = ["CAMPAIGN", "compared", "wrong"]

BATCH = 4
RELATIVE = 1e-4
FLOOR, LEAST = 1e-7, 1e-10
"""Absolute tolerance: `FLOOR` of the largest element of a tensor, `LEAST` of that of all tensors
(some gradients are 0 but for rounding: that of a bias before a normalisation)."""
SHARE = 2e-15
"""A few roundings of double precision, 2^-53: what differs by more is disturbed by so much."""
SAMPLES = 20


@dataclass(frozen=True)
class Results:
    """What one module made of the inputs, by name."""

    tensors: Mapping[str, Tensor]

    @property
    def largest(self) -> float:
        return max((_largest(each) for each in self.tensors.values()), default=0.0)


def _largest(x: Tensor) -> float:
    finite = x[torch.isfinite(x)] if x.is_floating_point() else x.new_zeros(0)
    return float(finite.abs().max()) if finite.numel() else 0.0


def _results(module: nn.Module, inputs: Mapping[str, Tensor], *, training: bool) -> Results:
    """Outputs, and in training gradients and buffers too."""
    module.train(training).zero_grad()
    leaves = {name: _leaf(x) for name, x in inputs.items()}
    # A module may write on what it is given, and torch refuses that for leaves.
    # Where a net makes floats of numbers, these become float64, as its weights did.
    with patch.object(Tensor, "float", Tensor.double):
        outputs = _listed(module(*(x.clone() for x in leaves.values())))
    found = {f"output {i}": y.detach() for i, y in enumerate(outputs)}
    if not training:
        return Results(found)
    losses = [(y * _weights_like(y, i)).sum() for i, y in enumerate(outputs) if y.requires_grad]
    if losses:
        torch.autograd.backward(losses)
    sources = {**leaves, **dict(module.named_parameters())}
    for name, x in sources.items():
        if x.requires_grad:
            gradient = torch.zeros_like(x) if x.grad is None else x.grad
            found[f"gradient of {name}"] = gradient.detach().clone()
    kept = module.state_dict().keys()  # constants without a key are no state
    found |= {f"buffer {name}": x.clone() for name, x in module.named_buffers() if name in kept}
    return Results(found)


def _leaf(x: Tensor) -> Tensor:
    return x.clone().requires_grad_(x.is_floating_point())


def _listed(result: object) -> list[Tensor]:
    if isinstance(result, Tensor):
        return [result]
    assert isinstance(result, tuple | list)
    return list(result)


def _weights_like(y: Tensor, number: int) -> Tensor:
    """The weights of the projection: any that no symmetry of the output hides."""
    generator = torch.Generator().manual_seed(number)
    return torch.randn(y.shape, generator=generator, dtype=y.dtype)


def _differences(found: Results, expected: Results) -> Iterator[tuple[str, str]]:
    """The names of results that differ, and by how much."""
    if found.tensors.keys() != expected.tensors.keys():
        yield "", f"there are {list(found.tensors)}, not {list(expected.tensors)}"
        return
    everything = expected.largest
    for name, x in found.tensors.items():
        y = expected.tensors[name]
        if x.shape != y.shape or x.dtype != y.dtype:
            yield "", f"{name}: {x.dtype} {tuple(x.shape)}, not {y.dtype} {tuple(y.shape)}"
            continue
        floor = FLOOR * _largest(y) + LEAST * max(everything, 1.0)
        if not torch.allclose(x, y, RELATIVE, floor, equal_nan=True):
            yield name, f"{name}: differs by {_largest(x - y):.3g} of {_largest(y):.3g}"


def _unexplained(
    module: nn.Module, feeds: Mapping[str, Tensor], one: Results, two: Results, *, training: bool
) -> list[str]:
    """What differs by more than rounding explains: a step function next to its step, say."""
    apart = list(_differences(one, two))
    if not apart:
        return []
    generator = torch.Generator().manual_seed(0)
    runs = []
    for _ in range(SAMPLES):
        with same_draws(), disturbed(generator, SHARE):
            runs.append(_results(copy.deepcopy(module), feeds, training=training).tensors)
    return [told for name, told in apart if not name or _beyond(name, one, two, runs)]


def _beyond(name: str, one: Results, two: Results, runs: list[Mapping[str, Tensor]]) -> bool:
    """Whether a result differs by more than it scatters where every step is disturbed."""
    each = torch.stack([run[name].double() for run in runs])
    allowed = RELATIVE * two.tensors[name].abs() + 4 * (each.amax(0) - each.amin(0))
    difference = (one.tensors[name].double() - two.tensors[name].double()).abs()
    return not bool((difference <= allowed).all())


def rebuilt(program: Program) -> Network:
    """The network from nothing but the JSON."""
    return Network(json.loads(render_json(expand_program(program))))


def wrong(spec: Spec, seed: int) -> tuple[list[str], dict[str, int]]:
    """What differs between the two modules of a spec, and what was looked at."""
    return compared(load(spec), seed)


def compared(program: Program, seed: int) -> tuple[list[str], dict[str, int]]:
    """What differs between the emitted module and the rebuilt one, and what was looked at."""
    emitted, plain = subject(program, seed).module, rebuilt(program)
    plain.load_state_dict(emitted.state_dict(), strict=True)
    feeds = {name: torch.tensor(x) for name, x in inputs_of(program, seed, BATCH).items()}
    feeds = {name: x.double() if x.is_floating_point() else x for name, x in feeds.items()}
    emitted, plain = emitted.double(), plain.double()
    quiet(emitted)
    found: list[str] = []
    counts = {"networks": 1}
    for step in expand_program(program).steps:
        counts[f"operator {step.op.name}"] = counts.get(f"operator {step.op.name}", 0) + 1
    for training in (False, True):
        before = copy.deepcopy(emitted)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of even kernels, which torch pads more slowly
            with same_draws():
                one = _results(emitted, feeds, training=training)
                two = _results(plain, feeds, training=training)
            told = _unexplained(before, feeds, one, two, training=training)
        mode = "training" if training else "evaluation"
        if not told and any(_differences(one, two)):
            counts[f"{mode}, rounding explains a difference"] = 1
        found += [f"{mode}: {each}" for each in told]
        for name, x in two.tensors.items():
            kind = f"{mode}, {name.split()[0]}s"
            counts[kind] = counts.get(kind, 0) + 1
            if not torch.isfinite(x).all():
                counts[f"{kind} not finite"] = counts.get(f"{kind} not finite", 0) + 1
    return found, counts


def _generated(number: int) -> Generated:
    """A spec in float32, since all is made double here."""
    return generate(number, floats=SINGLE)


CAMPAIGN = spec_campaign("train", __doc__ or "", _generated, wrong)

if __name__ == "__main__":
    from tests.campaigns import train

    sys.exit(command(train.CAMPAIGN))
