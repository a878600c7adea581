"""What single precision doesn't determine scatters; what it does determine doesn't."""

from __future__ import annotations

import numpy as np
import pytest

from tests.campaigns.rounding import scatter
from tests.campaigns.subject import Spec, inputs_of, load, subject
from tests.campaigns.values import compared

pytestmark = pytest.mark.filterwarnings("ignore")


def net(*lines: str) -> Spec:
    body = "".join(f"    {line}\n" for line in lines)
    return Spec(f"net a {{\n    input x: [4, 6, 6]\n{body}}}\n", {}, "a")


def scattered(spec: Spec) -> float:
    made = subject(load(spec))
    return max(float(each.max()) for each in scatter(made.module, inputs_of(made.program)))


def test_a_well_behaved_net_hardly_scatters() -> None:
    assert 0 < scattered(net("conv(8, 3x3) -> relu -> conv(4, 3x3)")) < 1e-4


def test_a_normalisation_of_equal_values_scatters() -> None:
    steps = ("gap -> upsample(scale=4) -> conv(4, 1x1)", "instance_norm(eps=1e-12) -> heaviside")
    assert scattered(net(*steps)) > 0.5


def test_a_step_behind_an_interpolation_scatters() -> None:
    # Between zeros and in their middle 0 is exact; torch gives a neighbour a share of 1e-8.
    assert scattered(net("relu -> upsample(3, mode=bilinear)", "heaviside(0.0)")) > 0.5


def test_a_normalisation_of_one_element_rounds_what_cancels() -> None:
    # x f + (bias - x f) with f = 1000: a few roundings of 1000 x, where the bias alone is exact.
    assert scattered(net("global_avgpool -> group_norm(groups=4, eps=1e-6)")) > 1e-4
    assert scattered(net("global_avgpool -> upsample(2) -> instance_norm(eps=1e-6)")) > 1e-4
    assert scattered(net("conv(2, 1x1) -> group_norm(groups=1) -> instance_norm")) < 1e-4


def test_a_step_behind_gates_that_are_almost_closed_scatters() -> None:
    still = "flatten(start=1) -> sub { identity; identity }"
    assert scattered(net(still, "lstm(3, bias=false)", "heaviside(1.0)")) > 0.5


def test_a_mean_that_may_be_nothing_at_all_scatters() -> None:
    # Its square is above 0 unless the mean of what was normalised is 0 to the last bit.
    squared = "(still, still) -> mul -> heaviside(0.0)"
    assert scattered(net("instance_norm -> gap -> still: identity", squared)) > 0.5


def test_a_wrong_value_is_not_explained() -> None:
    made = subject(load(net("conv(8, 3x3) -> relu")))
    feeds = inputs_of(made.program)
    wanted = [each.numpy() for each in made.outputs(feeds)]
    wrong = [each + np.float32(1e-3) * np.abs(each).max() for each in wanted]
    assert compared(made, feeds, wanted, wanted, "runtime").failure is None
    failure = compared(made, feeds, wrong, wanted, "runtime").failure
    assert failure is not None
    assert failure.kind == "runtime values"


def test_whole_numbers_become_floats_of_double_precision() -> None:
    spec = Spec("net a {\n    input x: int32[4, 6, 6]\n    to_float -> group_norm(2)\n}\n", {}, "a")
    assert 0 < scattered(spec) < 1e-4


def test_the_module_is_left_as_it_was() -> None:
    made = subject(load(net("conv(8, 3x3) -> bn -> relu")))
    feeds = inputs_of(made.program)
    before = [each.numpy() for each in made.outputs(feeds)]
    scatter(made.module, feeds)
    after = [each.numpy() for each in made.outputs(feeds)]
    assert all(np.array_equal(x, y) for x, y in zip(before, after, strict=True))
