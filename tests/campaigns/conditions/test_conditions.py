"""A short run of the campaign on conditions, whose sizes are PyTorch's, and which would notice.

Faults are planted one by one in what words and simplifies conditions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from netlang.backends.torch import build
from netlang.ir.sizes import implied, parts, products, together
from netlang.ir.sizes.words import clauses, residues, rules
from tests.campaigns.conditions import campaign, reader
from tests.campaigns.conditions.nets import Net, drawn
from tests.campaigns.running import run_here, tried
from tests.campaigns.subject import Spec, load

SHORT = 150


def test_conditions_hold_where_the_nets_run() -> None:
    state = run_here(campaign.CAMPAIGN, SHORT, 0)
    assert state.failures == []
    median, long = campaign.lengths(state.counts)
    assert median <= campaign.MEDIAN
    assert long <= 3 * campaign.FEW  # of so few nets


def _runs(net: Net, height: int, width: int, module: torch.nn.Module) -> bool:
    try:
        module(torch.empty(1, 2, height, width, device="meta"))
    except (RuntimeError, ValueError):
        return False
    return True


def test_the_sizes_are_those_of_pytorch() -> None:
    nets = (net for net in map(drawn, range(400)) if net.runs.any() and not net.runs.all())
    for net in [next(nets) for _ in range(8)]:
        if "crop" in net.text or "assert" in net.text:
            continue  # PyTorch takes what doesn't fit, and knows no asserts
        module = build(load(Spec(net.text, {}, "n"))).to("meta")
        height, width = np.argwhere(net.runs)[0] + 1
        for size in range(1, 80):
            assert _runs(net, size, width, module) == net.runs[size - 1, width - 1], net.text
            assert _runs(net, height, size, module) == net.runs[height - 1, size - 1], net.text


def _bounds_too_low(start: int, modulus: int, bits: int) -> tuple[clauses.Bounds, ...]:
    return (clauses.Bounds(start, None),) if modulus == 1 and start > 2 else ()


FAULTS: list[tuple[Any, str, Callable[..., object]]] = [
    (rules, "_from", _bounds_too_low),
    (residues, "_folded", lambda kept, modulus, divisor: kept & ((1 << divisor) - 1)),
    (together, "implies", lambda *_: True),
    (together, "first_size", lambda holds, low, largest=None: low + 1),
    (implied, "_unpartnered", lambda *_: True),
    (implied.MonotoneEquality, "partners", lambda *_: []),
    (products, "_sign", lambda *_: 0),
    (parts, "_possible", lambda names, found, own: (found[0], frozenset(list(found[1])[:1]))),
]


@pytest.mark.parametrize(("module", "name", "fault"), FAULTS, ids=[f[1] for f in FAULTS])
def test_faults_are_noticed(
    module: Any, name: str, fault: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    rules.rule_of.cache_clear()
    monkeypatch.setattr(module, name, fault)
    try:
        assert any(tried(campaign.trial, number).failures for number in range(3 * SHORT))
    finally:
        rules.rule_of.cache_clear()


def test_the_reader_reads() -> None:
    sizes = np.arange(1, 40)
    named = {"H": sizes[:, None], "W": sizes[None, :]}
    cases: dict[str, Callable[[int, int], bool]] = {
        "H and W must be multiples of 4": lambda h, w: h % 4 == w % 4 == 0,
        "H mod 8 must be 0 or 3 to 5": lambda h, w: h % 8 in (0, 3, 4, 5),
        "H must be 3, 5 or at least 8": lambda h, w: h in (3, 5) or h >= 8,
        "W must be 3, or even and at least 8": lambda h, w: w == 3 or (w % 2 == 0 and w >= 8),
        "one of H and W must be at least 9": lambda h, w: h >= 9 or w >= 9,
        "H*W mod 4 must be 1": lambda h, w: h * w % 4 == 1,
        "H must be at least W + 1": lambda h, w: h > w,
        "H*W must be at most 99": lambda h, w: h * w <= 99,
        "W must equal 2*H": lambda h, w: w == 2 * h,
    }
    for sentence, holds in cases.items():
        found = np.broadcast_to(reader.holding(sentence, named), (39, 39))
        assert all(
            found[h - 1, w - 1] == holds(h, w) for h in range(1, 40) for w in range(1, 40)
        ), sentence
