"""Every operator and every case of it: the file is valid, and two runtimes agree with torch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from netlang.backends.onnx import HIGHEST_OPSET, LOWEST_OPSET, OPSET, Form, export
from netlang.backends.onnx.lowering import UNSUPPORTED, lowered
from netlang.backends.weights import join
from netlang.ir.constraints import Relation
from netlang.ir.dims import symbol
from netlang.ir.op import Case, Op, Rejection
from netlang.ir.types import TensorType
from netlang.ops import all_operators
from netlang.records import replace
from tests.campaigns.exemptions import unjudged, unrun
from tests.campaigns.walk import alone
from tests.onnx.support import (
    Arrays,
    check_file,
    largest_difference,
    program_of,
    random_weights,
    run,
    run_reference,
)  # fmt: skip
from tests.ops.torch_modules import build, samples

CASES = [
    pytest.param(case, id=f"{op.name}-{index}")
    for op in all_operators()
    if op not in UNSUPPORTED
    for index, case in enumerate(op.cases())
]
SIZES = ("H", "W", "D")
TOLERANCE = 1e-5

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")


def symbolic(case: Case) -> Case | None:
    """The case with every size but the first symbolic, if the operator takes such an input."""
    if len(case.inputs) != 1 or case.inputs[0].rank < 2:
        return None
    (x,) = case.inputs
    inputs = (x.with_shape(x.channels, *(symbol(name) for name in SIZES[: x.rank - 1])),)
    try:
        constraints = case.op.infer(inputs).constraints
    except Rejection:
        return None
    if any(constraint.relation is Relation.EQUAL for constraint in constraints):
        return None
    return replace(case, inputs=inputs)


SYMBOLIC = [
    pytest.param(param.values[0], found, id=str(param.id))
    for param in CASES
    if isinstance(param.values[0], Case) and (found := symbolic(param.values[0]))
]


def expected(
    op: Op, inputs: tuple[TensorType, ...], weights: Arrays, feeds: list[torch.Tensor]
) -> list[torch.Tensor]:
    """What the torch module gives with the same weights."""
    module = build(op, inputs).eval()
    with torch.no_grad():
        for name, value in module.state_dict().items():
            value.copy_(torch.from_numpy(weights[join("step", name)]))
        result = module(*feeds)
    return list(result) if isinstance(result, tuple | list) else [result]


def compare(
    case: Case, plains: Sequence[Case], path: Path, batches: Sequence[int], opset: int = OPSET
) -> None:
    """Write `case` and run it on inputs of the sizes of each of `plains`, in each batch."""
    sizes: dict[str, int] = {}
    if case is not plains[0]:
        sizes = dict(zip(SIZES, map(int, map(str, plains[0].inputs[0].spatial)), strict=False))
    program = program_of(case.op, case.inputs, sizes)
    weights = random_weights(program)
    export(program, path, weights=weights, form=Form(opset=opset, any_runtime=True))
    model = check_file(path)
    named = {node.name.split("/")[0] for node in model.graph.node} - {"sizes"}
    outputs = {"step", *(f"step.{name}" for name in case.op.output_names)}
    assert named <= outputs | {output.name for output in model.graph.output}
    assert {node.name for node in model.graph.node} & outputs or not named & outputs
    steps = alone(case.op, case.inputs)
    for plain, batch in product(plains, batches):
        # `torch.manual_seed` notes the stack besides, for other devices.
        torch.default_generator.manual_seed(batch)
        values = samples(plain, batch)
        feeds = {f"x{index}": value.numpy() for index, value in enumerate(values)}
        wanted = [y.detach().numpy() for y in expected(case.op, plain.inputs, weights, values)]
        if not unrun(steps, opset):
            agree(run(path, feeds), wanted)
        if not unjudged(steps):
            agree(run_reference(model, feeds), wanted)


def agree(found: Sequence[NDArray[np.generic]], wanted: Sequence[NDArray[np.generic]]) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert largest_difference(one, other) <= TOLERANCE


@pytest.mark.parametrize("case", CASES)
def test_values_are_torchs(case: Case, tmp_path: Path) -> None:
    compare(case, [case], tmp_path / "net.onnx", [1, 3])


@pytest.mark.parametrize("opset", [LOWEST_OPSET, HIGHEST_OPSET])
@pytest.mark.parametrize("case", CASES)
def test_values_are_torchs_in_every_opset(case: Case, opset: int, tmp_path: Path) -> None:
    compare(case, [case], tmp_path / "net.onnx", [2], opset)


@pytest.mark.parametrize(("plain", "case"), SYMBOLIC)
def test_values_are_torchs_where_sizes_are_symbolic(
    plain: Case, case: Case, tmp_path: Path
) -> None:
    (x,) = plain.inputs
    sizes = (x.with_shape(x.channels, *(size + more for size in x.spatial)) for more in (0, 1, 4))
    plains = [replace(plain, inputs=(larger,)) for larger in sizes]
    compare(case, plains, tmp_path / "net.onnx", [2])


def test_every_operator_has_a_lowering_or_a_reason() -> None:
    operators = set(all_operators())
    without = {op for op in operators if not lowered(op)}
    assert without == set(UNSUPPORTED)
    assert all(len(reason) > 10 for reason in UNSUPPORTED.values())


def test_a_batch_of_none_is_refused_by_no_operator(tmp_path: Path) -> None:
    case = next(iter(all_operators()[0].cases()))
    program = program_of(case.op, case.inputs, {})
    path = tmp_path / "net.onnx"
    export(program, path)
    shape = [0, *(int(str(size)) for size in case.inputs[0].shape)]
    assert run(path, {"x0": np.zeros(shape, np.float32)})[0].shape[0] == 0
