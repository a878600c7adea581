"""Files in half precision: values are PyTorch's, and what would lose too much stays in float32."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, numpy_helper

from netlang.api import load
from netlang.backends.onnx import Form, export
from netlang.backends.onnx.lowering import UNSUPPORTED
from netlang.backends.onnx.precision.narrowed import Narrow
from netlang.backends.weights import join
from netlang.ir.op import Case
from netlang.ir.program import Program
from netlang.ir.types import DType, float_type
from netlang.ops import all_operators
from tests.campaigns.exemptions import unrun
from tests.campaigns.walk import alone
from tests.onnx.support import (
    Arrays,
    check_file,
    largest_difference,
    program_in,
    program_of,
    random_weights,
    run,
)
from tests.ops.torch_modules import build, samples

CASES = [
    pytest.param(case, id=f"{op.name}-{index}")
    for op in all_operators()
    if op not in UNSUPPORTED
    for index, case in enumerate(op.cases())
    if float_type(case.inputs) in (None, DType.FLOAT32)
]
TOLERANCE = {DType.FLOAT16: 4e-3, DType.BFLOAT16: 3e-2}
OPSET = 22  # the first in which most operators take bfloat16

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")


def narrow(
    program: Program,
    path: Path,
    floats: DType = DType.FLOAT16,
    *,
    ends: bool = False,
    rounded: bool = False,
    kept: Mapping[str, str] | None = None,
) -> onnx.ModelProto:
    """Write a net with random weights in half precision, and check the file."""
    asked = Narrow(floats, ends, kept or {}, rounded)
    form = Form(opset=OPSET, any_runtime=True, narrow=asked)
    export(program, path, weights=random_weights(program), form=form)
    return check_file(path)


def typed(model: onnx.ModelProto) -> dict[str, int]:
    """The type of every value."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    values = (*graph.input, *graph.value_info, *graph.output)
    stored = {each.name: each.data_type for each in graph.initializer}
    return stored | {value.name: value.type.tensor_type.elem_type for value in values}


@pytest.mark.parametrize("floats", TOLERANCE)
@pytest.mark.parametrize("case", CASES)
def test_values_are_torchs(case: Case, floats: DType, tmp_path: Path) -> None:
    path, program = tmp_path / "net.onnx", program_of(case.op, case.inputs, {})
    narrow(program, path, floats)
    if floats is DType.BFLOAT16:  # for which there are no kernels
        narrow(program, path, floats, rounded=True)
    # `torch.manual_seed` notes the stack besides, for other devices.
    torch.default_generator.manual_seed(0)
    values = [representable(value) for value in samples(case, 2)]
    module, weights = build(case.op, case.inputs).eval(), random_weights(program)
    with torch.no_grad():
        for name, value in module.state_dict().items():
            value.copy_(torch.from_numpy(weights[join("step", name)]))
        result = module(*values)
    wanted = list(result) if isinstance(result, tuple | list) else [result]
    if unrun(alone(case.op, case.inputs), OPSET):
        return
    found = run(path, {f"x{index}": value.numpy() for index, value in enumerate(values)})
    for one, other in zip(found, wanted, strict=True):
        assert largest_difference(one, other.detach().numpy()) <= TOLERANCE[floats]


def representable(values: torch.Tensor) -> torch.Tensor:
    """Values that lose nothing in either type."""
    return values.bfloat16().float() if values.is_floating_point() else values


LAYERS = """\
net layers {
    input image: [3, 16, 16]
    a: conv(8, 3x3, pad=1) -> r: relu -> p: maxpool(2) -> f: flatten
    output logits: linear(5)
}
"""


def test_a_file_is_the_module_in_half(tmp_path: Path) -> None:
    program, path = program_in(tmp_path, LAYERS), tmp_path / "net.onnx"
    narrow(program, path)
    module = load(tmp_path / "spec.net").torch(random_weights(program)).eval().half()
    image = np.random.default_rng(0).standard_normal((2, 3, 16, 16), np.float32)
    with torch.no_grad():
        wanted = module(torch.from_numpy(image).half()).float().numpy()
    (found,) = run(path, {"image": image})
    assert found.dtype == np.float32
    assert largest_difference(found, wanted) < 2 * 2.0**-10


def test_rounded_files_round_as_torch_does(tmp_path: Path) -> None:
    text = "net n {\n input x: [6]\n linear(4, bias=false)\n}\n"
    program, path = program_in(tmp_path, text), tmp_path / "net.onnx"
    narrow(program, path, DType.BFLOAT16, rounded=True)
    weight = torch.from_numpy(random_weights(program)["0.weight"].astype(np.float32))
    x = torch.randn(3, 6, generator=torch.Generator().manual_seed(0))
    (found,) = run(path, {"x": x.numpy()})
    exact = x.double() @ weight.bfloat16().double().T
    assert np.array_equal(found, exact.bfloat16().float().numpy())


@pytest.mark.parametrize("floats", TOLERANCE)
def test_inputs_and_outputs_stay_float32_unless_asked(floats: DType, tmp_path: Path) -> None:
    program, path = program_in(tmp_path, LAYERS), tmp_path / "net.onnx"
    for ends, wanted in ((False, TensorProto.FLOAT), (True, getattr(TensorProto, floats.name))):
        graph = narrow(program, path, floats, ends=ends).graph
        values = (*graph.input, *graph.output)
        assert {value.type.tensor_type.elem_type for value in values} == {wanted}
        assert {value.name for value in values} == {"image", "logits"}
        assert {each.data_type for each in graph.initializer if each.name == "a.weight"} == {
            getattr(TensorProto, floats.name)
        }


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("how", ["2", "3x2", "size=12x20"])
def test_a_resize_has_its_scales_in_float32(mode: str, how: str, tmp_path: Path) -> None:
    """Whatever its data are: onnxruntime#14827, #8327; onnxconverter-common#207, #272."""
    body = f"conv(3, 3x3) -> u: upsample({how}, mode={mode})"
    text = f"net n {{\n input x: [3, H=8, W=8]\n {body}\n}}\n"
    program, path = program_in(tmp_path, text), tmp_path / "net.onnx"
    model = narrow(program, path)
    types = typed(model)
    resizes = [node for node in model.graph.node if node.op_type == "Resize"]
    assert resizes or mode == "nearest"
    for node in resizes:
        assert types[node.input[0]] == TensorProto.FLOAT16
        assert all(types[name] == TensorProto.FLOAT for name in node.input[1:3] if name)
        assert all(types[name] == TensorProto.INT64 for name in node.input[3:] if name)
    x = np.random.default_rng(0).standard_normal((1, 3, 8, 8), np.float32)
    plain = tmp_path / "plain.onnx"
    export(program, plain, weights=random_weights(program))
    (found,), (wanted,) = run(path, {"x": x}), run(plain, {"x": x})
    assert largest_difference(found, wanted) < TOLERANCE[DType.FLOAT16]


@pytest.mark.parametrize("spec", ["vit_b_16", "swin_t", "efficientnet_b0", "googlenet"])
def test_casts_have_names_of_their_own_and_stand_in_order(spec: str, tmp_path: Path) -> None:
    """onnxruntime#27469; one that is there twice would cast a value twice."""
    program = load(spec).program
    export(program, tmp_path / "net.onnx", form=Form(narrow=Narrow(DType.FLOAT16)))
    graph = onnx.load(tmp_path / "net.onnx").graph
    names = [node.name for node in graph.node]
    assert len({*names}) == len(names)
    made = {value.name for value in (*graph.input, *graph.initializer)}
    for node in graph.node:
        assert {name for name in node.input if name} <= made
        made.update(node.output)
    casts = [(node.input[0], node.attribute[0].i) for node in graph.node if node.op_type == "Cast"]
    assert len({*casts}) == len(casts)


# --- what stays in float32 -------------------------------------------------------------------


# What would be infinite, zero or far off in half precision: the body of a net that reads x: [4096],
# a value of all of x, and the factor of each weight.
LOSSES = {
    "a sum": ("sum(axes=0)", 100.0, 1.0),
    "a norm": ("rms_norm", 1000.0, 1.0),
    "a softmax": ("softmax -> scale(1e5)", 1.0, 1.0),
    "an exponential": ("exp -> log", 12.0, 1.0),
    "a large weight": ("linear(2, bias=false)", 1e-4, 1e7),
    "small weights": ("linear(2, bias=false) -> scale(1e6)", 1.0, 1e-7),
    "a large number": ("scale(1e5) -> scale(1e-5)", 1.0, 1.0),
    "a number that is taken off": ("scale(1, offset=1e6) -> scale(1, offset=-1e6)", 64.0, 1.0),
}


@pytest.mark.parametrize("name", LOSSES)
def test_what_loses_too_much_stays_in_float32(name: str, tmp_path: Path) -> None:
    body, value, factor = LOSSES[name]
    program = program_in(tmp_path, f"net n {{\n input x: [4096]\n {body}\n}}\n")
    weights: Arrays = {
        key: np.float32(factor) * each.astype(np.float32)
        for key, each in random_weights(program).items()
    }
    x = np.full((2, 4096), value, np.float32)
    found, wanted = beside_single(program, weights, {"x": x}, tmp_path)
    assert largest_difference(found, wanted) < TOLERANCE[DType.FLOAT16]


def beside_single(
    program: Program, weights: Arrays, feeds: Arrays, folder: Path
) -> list[np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    """The first output in half precision and in float32."""
    found = []
    for floats in (Narrow(DType.FLOAT16), None):
        export(program, folder / "a.onnx", weights=weights, form=Form(narrow=floats))
        found.append(run(folder / "a.onnx", feeds)[0])
    return found


def test_the_softmax_of_an_attention_is_in_float32(tmp_path: Path) -> None:
    text = "net n {\n input x: [5, 8]\n a: multi_head_attention(2)\n}\n"
    model = narrow(program_in(tmp_path, text), tmp_path / "net.onnx")
    types = typed(model)
    (softmax,) = (node for node in model.graph.node if node.op_type == "Softmax")
    assert types[softmax.input[0]] == TensorProto.FLOAT
    products = [node for node in model.graph.node if node.op_type == "MatMul"]
    assert {types[name] for node in products for name in node.input} == {TensorProto.FLOAT16}


def test_a_weight_of_two_steps_is_stored_once(tmp_path: Path) -> None:
    text = "net n {\n input x: [8]\n a: linear(8) -> relu -> b: reuse a -> c: linear(2)\n}\n"
    program, path = program_in(tmp_path, text), tmp_path / "net.onnx"
    model = narrow(program, path, kept={"b": "asked for"})
    stored = {each.name: numpy_helper.to_array(each).dtype for each in model.graph.initializer}
    assert stored["a.weight"] == np.float32
    assert stored["c.weight"] == np.float16
    (facts,) = (each.value for each in model.metadata_props if each.key == "netlang.float32")
    assert facts == "a, b"


def test_the_file_says_its_precision(tmp_path: Path) -> None:
    text = "net n {\n input x: [8]\n l: layer_norm -> linear(2)\n}\n"
    for floats in TOLERANCE:
        model = narrow(program_in(tmp_path, text), tmp_path / "net.onnx", floats)
        facts = {each.key: each.value for each in model.metadata_props}
        assert facts["netlang.precision"] == floats.value
        assert facts["netlang.float32"] == "l"
