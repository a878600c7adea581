"""The emitted text: as a PyTorch user would write it, for bundled nets and some awkward ones."""

from __future__ import annotations

import ast
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
import torch
from torch import nn

import netlang
from netlang.backends.torch import build, class_name, emit
from netlang.backends.torch.python.identifiers import MAPPING_ATTRIBUTES, MODULE_ATTRIBUTES
from netlang.backends.weights import slots
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.ir.dims import evaluate
from netlang.ir.program import Program
from tests.torch.programs import complaints

NETS = Path(__file__).parent / "nets"
BUNDLED = (
    "resnet18", "resnet50", "googlenet", "mobilenet_v2", "unet", "se_resnet50",
    "mnasnet1_0", "mobilenet_v3_small", "shufflenet_v2_x0_5", "efficientnet_b0", "convnext_tiny",
    "regnet_y_400mf", "logistic", "mlp", "cnn", "rnn",
)  # fmt: skip
OWN = (
    "hostile.net:torch", "shapes.net:shared", "shapes.net:deep", "shapes.net:interleaved",
    "shapes.net:heads", "shapes.net:several", "shapes.net:numbered",
)  # fmt: skip


# Of the same classes as resnet50, in longer rows.
LONG = pytest.param("resnet152", marks=pytest.mark.slow)


@pytest.fixture(params=[*BUNDLED, LONG, *OWN])
def program(request: pytest.FixtureRequest) -> Program:
    name: str = request.param
    return load_program(f"{NETS}/{name}" if ":" in name else name)


def inputs(program: Program) -> list[torch.Tensor]:
    sizes = dict.fromkeys(program.defaults, 32)
    return [
        torch.randn(2, *(evaluate(size, sizes) for size in port.type.shape))
        for port in program.net.inputs
    ]


def test_text_is_as_ruff_writes_it(program: Program) -> None:
    assert complaints(emit(program)) == ""


def test_text_needs_torch_alone(program: Program) -> None:
    text = emit(program)
    modules = {
        name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [node.names[0].name])
    }
    assert modules <= {"collections", "torch", "torch.nn.functional", "typing"}
    assert str(NETS) not in text
    assert max(map(len, text.splitlines())) <= 100


def test_text_is_the_same_every_time(program: Program) -> None:
    assert emit(program) == emit(program)


def test_state_is_the_programs(program: Program) -> None:
    state = build(program, "meta").state_dict()
    expected = {slot.key: torch.Size(slot.weight.shape) for slot in slots(program)}
    # A module holds all of its own together, so scopes that interleave come one after the other.
    assert list(state) == list(expected) or program.net.name == "interleaved"
    assert {key: value.shape for key, value in state.items()} == expected


def test_it_runs_forwards_and_backwards(program: Program) -> None:
    model, sizes = build(program), {"H": 32, "W": 32}
    for mode in (True, False):
        found = model.train(mode)(*inputs(program))
        results = [found] if isinstance(found, torch.Tensor) else list(found)
        outputs = [o for o in program.net.outputs if mode or not o.auxiliary]
        assert [y.shape[1:] for y in results] == [
            torch.Size(evaluate(size, sizes) for size in program.net.type_of(o.ref).shape)
            for o in outputs
        ]
        torch.autograd.backward([y.square().mean() for y in results])
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)


def test_resnet50_is_short() -> None:
    text = emit(load_program("resnet50"))
    assert len(text.splitlines()) <= 110
    classes = [n.name for n in ast.parse(text).body if isinstance(n, ast.ClassDef)]
    assert classes == ["BottleneckDownsample", "Bottleneck", "ResNet50"]
    assert "nn.Conv2d(width, 4 * width, 1, bias=False)" in text
    assert "BottleneckDownsample(64, 64), *(Bottleneck(256, 64) for _ in range(2))" in text


def test_forms_of_a_block_are_told_apart_by_their_inputs(tmp_path: Path) -> None:
    text = """block beside(count) {
    for i in range(count) { input x{i} }
    add { for i in range(count) { x{i} -> conv(4, 1x1) } }
}
net n {
    input a: [4, 8, 8]
    (a, a) -> two: beside(2)
    (a, two, a) -> beside(3)
}
"""
    (tmp_path / "n.net").write_text(text, encoding="utf-8")
    made = ast.parse(emit(load_program(f"{tmp_path}/n.net"))).body
    classes = [each.name for each in made if isinstance(each, ast.ClassDef)]
    assert classes == ["Beside2Inputs", "Beside3Inputs", "N"]


@pytest.mark.parametrize(
    ("net", "block", "names"),
    [
        ("mobilenet_v2", "InvertedResidual", ["Expand1", "", "Identity"]),
        ("mobilenet_v3_small", "Bneck", ["SERelu", "Relu", "IdentityRelu", "SE", "SEIdentity"]),
        # The one where a number has to be told, since it is built as another one.
        ("mobilenet_v3_large", "Bneck",
         ["IdentityReluHidden16", "Relu", "IdentityRelu", "SERelu", "SEIdentityRelu", "",
          "Identity", "SE", "SEIdentity"]),
        ("efficientnet_b4", "MBConv", ["Expand1", "IdentityExpand1", "", "Identity"]),
        ("yolo_v5s", "C3", ["Residual", "ResidualDepth2", "ResidualDepth3", ""]),
        ("segnet", "Decoder", ["", "2Widths", "1Widths"]),
        ("tcn", "TCN", ["Block", ""]),
    ],
)  # fmt: skip
def test_forms_of_a_block_are_told_apart_by_what_differs(
    net: str, block: str, names: list[str]
) -> None:
    made = ast.parse(emit(load_program(net))).body
    classes = [each.name for each in made if isinstance(each, ast.ClassDef)]
    assert [name for name in classes if name.startswith(block)] == [block + name for name in names]


def test_forms_that_nothing_tells_apart_are_numbered(tmp_path: Path) -> None:
    """`bn` is another module of an image than of a vector, and the label has no letter of ASCII."""
    text = """block b { "é": bn -> relu }
net n {
    input x: [4, 8, 8]
    b -> flatten -> b
}
"""
    (tmp_path / "n.net").write_text(text, encoding="utf-8")
    made = ast.parse(emit(load_program(f"{tmp_path}/n.net"))).body
    classes = [each.name for each in made if isinstance(each, ast.ClassDef)]
    assert classes == ["B", "B2", "N"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("unet", {"width": 8, "classes": 3}), ("resnet50", {"classes": 7}), ("mlp", {"width": 5}),
     ("googlenet", {"classes": 4}), ("cnn", {"channels": 3}), ("rnn", {"hidden": 2})],
)  # fmt: skip
def test_parameters_are_keyword_arguments(name: str, arguments: dict[str, int]) -> None:
    program = load_program(name)
    made = type(build(program))(**arguments)
    given = ", ".join(f"{key}={value}" for key, value in arguments.items())
    expected = build(load_program(f"{name}({given})")).state_dict()
    found = made.state_dict()
    assert {k: v.shape for k, v in found.items()} == {k: v.shape for k, v in expected.items()}


def test_repetition_is_not_written_out() -> None:
    assert len(emit(load_program(f"{NETS}/shapes.net:deep")).splitlines()) < 60
    short, long = emit(load_program("resnet50")), emit(load_program("resnet152"))
    assert len(short.splitlines()) == len(long.splitlines())


def test_words_of_a_spec_stay_words() -> None:
    text = emit(load_program(f"{NETS}/hostile.net:torch"))
    imported = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import)]
    assert all(alias.name != "os" for node in imported for alias in node.names)


def test_the_width_of_a_sequence_is_called_features(tmp_path: Path) -> None:
    """`nn.Linear(in_length, ...)` on [L, F] would be read as the number of places."""
    spec = tmp_path / "a.net"
    spec.write_text(
        "block layer { layer_norm -> linear(in.features) }\n"
        "net a {\n    input x: [16, 32]\n    layer\n    linear(64)\n    layer\n}\n",
        encoding="utf-8",
    )
    text = emit(load_program(str(spec)))
    assert "nn.Linear(in_features, in_features)" in text
    assert "length" not in text


def test_what_is_in_training_alone_has_one_condition() -> None:
    """The auxiliary steps in front of the return, and what is returned in training."""
    text = """net n {
    input x: [4]
    output y: linear(2)
    auxiliary a: y -> linear(3)
    auxiliary b: y -> linear(4)
}
"""
    forward = netlang.loads(text).source().split("def forward")[1]
    assert forward.count("self.training") == 1


def test_class_name_is_the_nets() -> None:
    names = {name: class_name(load_program(name)) for name in ("resnet50", "mobilenet_v2", "unet")}
    assert names == {"resnet50": "ResNet50", "mobilenet_v2": "MobileNetV2", "unet": "UNet"}
    assert class_name(load_program("googlenet")) == "GoogLeNet"


def test_tracebacks_show_the_text() -> None:
    model = build(load_program("resnet18"))
    with pytest.raises(RuntimeError) as caught:
        model(torch.zeros(1, 5, 32, 32))
    shown = "".join(traceback.format_exception(caught.value))
    assert "x = F.relu(self.bn1(self.conv1(image)), inplace=True)" in shown


def test_no_label_meets_an_attribute_of_modules() -> None:
    modules = (nn.Module(), nn.Sequential(), nn.ModuleList())
    names = {name for module in modules for name in dir(module) if not name.startswith("_")}
    assert names <= MODULE_ATTRIBUTES
    mapping = {name for name in dir(nn.ModuleDict()) if not name.startswith("_")}
    assert mapping <= MODULE_ATTRIBUTES | MAPPING_ATTRIBUTES


@pytest.mark.parametrize(
    ("steps", "lines"),
    [
        # A number or a quoted label is an item; `keys` is an attribute of what has items.
        (
            '8: conv(2, 1x1) -> keys: conv(2, 1x1) -> relu -> add { identity; "a b": bn }',
            [
                "class A(nn.ModuleDict):",
                'self["8"] = nn.Conv2d(2, 2, 1)',
                'self._modules["keys"] = nn.Conv2d(2, 2, 1)',
                'self["a b"] = nn.BatchNorm2d(2)',
                'x = F.relu(self["keys"](x), inplace=True)',
            ],
        ),
        # Labels that count are one comprehension; each is a key of the state dict.
        (
            'm: { "b-0": conv(2, 1x1); for i in [1, 2] { "b-{i}": bn } }; add { identity; bn }',
            [
                "class A(nn.Module",
                '("b-0", nn.Conv2d(2, 2, 1)),',
                '*((f"b-{index}", nn.BatchNorm2d(2)) for index in range(1, 3)),',
            ],
        ),
    ],
)
def test_labels_that_are_no_attributes(steps: str, lines: list[str], tmp_path: Path) -> None:
    """They are keys of an `nn.ModuleDict` or `nn.Sequential`, and of the state dict."""
    path = tmp_path / "spec.net"
    path.write_text(f"net a {{ input x: [2, 4, 4]; {steps} }}\n", encoding="utf-8")
    program = load_program(str(path))
    source = emit(program)
    for line in lines:
        assert line in source
    assert "get_submodule" not in source
    model = build(program)
    assert list(model.state_dict()) == [slot.key for slot in slots(program)]
    assert model(torch.ones(2, 2, 4, 4)).shape == (2, 2, 4, 4)


@pytest.mark.parametrize(
    "step", ["training: conv(2, 1x1)", "training: { a: conv(2, 1x1) }", "training: tanh"]
)
def test_what_torch_sets_is_no_label(step: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.net"
    path.write_text(f"net a {{ input x: [2, 4, 4]; {step}; relu }}\n", encoding="utf-8")
    with pytest.raises(NetlangError) as caught:
        emit(load_program(str(path)))
    (found,) = caught.value.diagnostics
    assert found.code == "E0902"
    assert found.span is not None
    assert found.span.text in step


def test_no_scope_is_invented(tmp_path: Path) -> None:
    """Classes of numbered scopes are called by their numbers, and say where they come from."""
    path = tmp_path / "spec.net"
    path.write_text(
        "net a {\n    input image: [3, 32, 32]\n    blocks: {\n"
        "        {1 + 1}.0: { conv: conv(8, 1x1) -> bn1: bn -> relu }\n"
        "        {3}: { x: conv(8, 1x1) -> relu }\n    }\n    7: { x: conv(8, 1x1) -> bn }\n}\n",
        encoding="utf-8",
    )
    tree = ast.parse(emit(load_program(str(path))))
    classes = {
        node.name: ast.get_docstring(node) for node in tree.body if isinstance(node, ast.ClassDef)
    }
    assert classes == {
        "Blocks20": "The scope at line 4 of spec.net.",
        "Blocks3": "The scope at line 5 of spec.net.",
        "Blocks": "The scope at line 4 of spec.net.",
        "A7": "The scope at line 7 of spec.net.",
        "A": "Net `a` of spec.net, line 1.",
    }


def test_emitting_imports_no_torch() -> None:
    code = (
        "import sys; from netlang.backends.torch import emit;"
        "from netlang.elaborate import load_program; emit(load_program('resnet50'));"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
