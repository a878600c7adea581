"""Every operator and every case of it beside torch: shapes, state, counts, and which sizes run."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from netlang.backends.weights import Slot, initial
from netlang.ir.dims import evaluate, symbol
from netlang.ir.op import Case, Inferred, Op, Rejection
from netlang.ir.types import DType, TensorType, Types
from netlang.ir.weights import (
    Constant,
    Diagonal,
    Evenly,
    KaimingUniform,
    Literal,
    Normal,
    Ones,
    Uniform,
    Weight,
    WindowOffsets,
    Zeros,
)
from netlang.ops import all_operators
from netlang.records import replace
from tests.ops.torch_modules import build, samples

CASES = [
    pytest.param(case, id=f"{op.name}-{index}")
    for op in all_operators()
    for index, case in enumerate(op.cases())
]
# A weight is drawn this often to compare its distribution with torch's.
BATCH = 2
SWEEP = range(1, 15)


def outputs_of(case: Case, inputs: Types) -> list[torch.Tensor]:
    """What torch gives for inputs of plain sizes; raises its errors where it refuses."""
    module = build(case.op, inputs).eval()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        result = module(*samples(case, BATCH, inputs))
    return list(result) if isinstance(result, tuple | list) else [result]


def shape_of(x: TensorType, sizes: dict[str, int]) -> tuple[int, ...]:
    shape = x.shape if x.batch is None else (x.batch, *x.shape)
    return tuple(evaluate(size, sizes | {"N": BATCH}) for size in shape)


@pytest.mark.parametrize("case", CASES)
def test_outputs_have_torchs_shapes_and_types(case: Case) -> None:
    inferred = case.op.infer(case.inputs)
    found = outputs_of(case, case.inputs)
    assert [shape_of(x, {}) for x in inferred.outputs] == [tuple(y.shape) for y in found]
    assert [x.dtype.value for x in inferred.outputs] == [str(y.dtype)[6:] for y in found]
    assert not inferred.constraints


@pytest.mark.parametrize("case", CASES)
def test_weights_are_torchs_state(case: Case) -> None:
    module = build(case.op, case.inputs)
    weights = case.op.weights(case.inputs)
    state = module.state_dict()
    assert [w.name for w in weights] == list(state)
    assert [w.shape for w in weights] == [tuple(value.shape) for value in state.values()]
    assert [(w.dtype or DType.FLOAT32).value for w in weights] == [
        str(v.dtype)[6:] for v in state.values()
    ]
    assert {w.name for w in weights if w.buffer} == {name for name, _ in module.named_buffers()}


@pytest.mark.parametrize("case", CASES)
def test_weights_start_as_torchs(case: Case) -> None:
    weights = case.op.weights(case.inputs)
    if not weights:
        return
    torch.manual_seed(0)
    drawn: dict[str, list[torch.Tensor]] = {weight.name: [] for weight in weights}
    for _ in range(200):
        for name, value in build(case.op, case.inputs).state_dict().items():
            drawn[name].append(value.flatten().double())
    for weight in weights:
        check_start(weight, torch.cat(drawn[weight.name]))


def check_start(weight: Weight, values: torch.Tensor) -> None:
    """Whether many values that torch starts with agree with the initialisation declared."""
    match weight.init:
        case Literal(given):
            assert len(given) == weight.elements
            numbers = torch.tensor(given, dtype=torch.float64).expand(200, -1)
            assert torch.allclose(values.view(200, -1), numbers)
        case Evenly(start, stop):
            even = torch.linspace(start, stop, weight.elements, dtype=torch.float64)
            assert torch.allclose(values.view(200, -1), even)
        case Diagonal() | WindowOffsets():
            own = initial(Slot("w", weight, DType.FLOAT64, False), 0)
            wanted = torch.from_numpy(own).double().flatten().expand(200, -1)
            torch.testing.assert_close(values.view_as(wanted), wanted)
        case Zeros():
            assert (values == 0).all()
        case Ones():
            assert (values == 1).all()
        case Constant(value):
            assert torch.allclose(values, torch.tensor(value, dtype=values.dtype))
        case Normal(std):
            assert abs(values.mean()) < std * 0.1
            assert values.std().item() == pytest.approx(std, rel=0.1)
        case Uniform(bound):
            check_uniform(values, bound)
        case KaimingUniform(fan_in, a):
            check_uniform(values, (6 / ((1 + a * a) * fan_in)) ** 0.5)
        case other:
            raise NotImplementedError(other)


def check_uniform(values: torch.Tensor, bound: float) -> None:
    assert values.abs().max() <= bound * (1 + 1e-6)
    assert values.abs().max() > bound * 0.95
    assert values.std().item() == pytest.approx(bound / 3**0.5, rel=0.1)


# Torch warns of slow padding once in a process: where this test comes first, here.
@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("case", CASES)
def test_macs_are_half_of_torchs_flops(case: Case) -> None:
    with torch.device("meta"), FlopCounterMode(display=False) as counter, torch.no_grad():
        module = build(case.op, case.inputs).eval()
        module(*samples(case, BATCH))
    cost = case.op.cost(case.inputs)
    assert 2 * evaluate(cost.macs, {"N": BATCH}) == counter.get_total_flops()
    assert evaluate(cost.other, {"N": BATCH}) >= 0


def symbolic(inputs: Types, axis: int) -> Iterator[Types]:
    """The inputs with one size made a symbol: everywhere, or in one input alone.

    `axis` counts from the end. Sizes of 1 broadcast and stay.
    """
    sizes = [x.shape[axis] for x in inputs if x.rank >= -axis]
    largest = max(sizes, key=str, default=1)

    def changed(x: TensorType) -> TensorType:
        if x.rank < -axis or x.shape[axis] != largest:
            return x
        place = x.rank + axis
        return x.with_shape(*x.shape[:place], symbol("S"), *x.shape[place + 1 :])

    yield tuple(changed(x) for x in inputs)
    if len(inputs) > 1:
        yield (changed(inputs[0]), *inputs[1:])


def infer_or_none(op: Op, inputs: Types) -> Inferred | None:
    try:
        return op.infer(inputs)
    except Rejection:
        return None


def at_size(inputs: Types, size: int) -> Types:
    return tuple(
        replace(x, shape=tuple(evaluate(axis, {"S": size}) for axis in x.shape)) for x in inputs
    )


def torch_shapes(case: Case, inputs: Types) -> list[tuple[int, ...]] | None:
    """The shapes that torch gives, or None if it refuses the inputs or finds no values for them."""
    try:
        outputs = outputs_of(case, inputs)
    except (RuntimeError, ValueError, IndexError, AssertionError):
        return None
    # A window of padding alone has no maximum: torch gives minus infinity.
    empty = any(torch.isneginf(y).any() for y in outputs if y.is_floating_point())
    return None if empty else [tuple(y.shape) for y in outputs]


@pytest.mark.parametrize("case", CASES)
def test_symbolic_sizes_run_exactly_where_torch_runs(case: Case) -> None:
    for axis in range(-max((x.rank for x in case.inputs), default=0), 0):
        for inputs in symbolic(case.inputs, axis):
            inferred = infer_or_none(case.op, inputs)
            for size in SWEEP if inferred else ():
                check_size(case, inputs, inferred, size)


def check_size(case: Case, inputs: Types, inferred: Inferred | None, size: int) -> None:
    assert inferred
    plain = at_size(inputs, size)
    expected = torch_shapes(case, plain)
    accepted = all(c.holds({"S": size, "N": BATCH}) for c in inferred.constraints)
    # A size of 1 broadcasts where it is 1 for every input.
    if accepted or expected is None or (len(inputs) == 1 and case.op.name != "expand"):
        assert accepted == (expected is not None), f"size {size}: {inferred.constraints}"
    if accepted:
        assert [shape_of(x, {"S": size}) for x in inferred.outputs] == expected
        assert evaluate_cost(case.op, inputs, size) == evaluate_cost(case.op, plain, size)


def evaluate_cost(op: Op, inputs: Types, size: int) -> tuple[int, int]:
    cost = op.cost(inputs)
    sizes = {"S": size, "N": BATCH}
    return evaluate(cost.macs, sizes), evaluate(cost.other, sizes)


@pytest.mark.parametrize("case", CASES)
def test_plain_sizes_are_refused_exactly_where_torch_refuses(case: Case) -> None:
    for axis in range(-max((x.rank for x in case.inputs), default=0), 0):
        for inputs in symbolic(case.inputs, axis):
            for size in SWEEP:
                plain = at_size(inputs, size)
                inferred = infer_or_none(case.op, plain)
                expected = torch_shapes(case, plain)
                if inferred is None:
                    assert expected is None or len(inputs) > 1, f"only torch takes {plain}"
                else:
                    assert [shape_of(x, {}) for x in inferred.outputs] == expected
