"""The Python side: `netlang.load` and `netlang.Net`."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import onnxruntime
import pytest
import torch

import netlang
from netlang.backends.graphviz import draw
from netlang.backends.onnx import export

TINY = """\
net tiny(classes=10) {
    input image: [1, H=28, W=28]
    conv(4, 3x3) -> relu -> maxpool(2x2) -> gap -> flatten -> fc: linear(classes)
}
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "tiny.net"
    path.write_text(TINY)
    return str(path)


def test_facts(spec: str) -> None:
    net = netlang.load(spec, classes=3)
    assert net.name == "tiny"
    assert net.params == 4 * 9 + 4 + 4 * 3 + 3
    assert net.macs == 26 * 26 * 4 * 9 + 4 * 3
    assert net.flops == 2 * net.macs
    assert net.program.net.name == "tiny"
    assert net.constraints == ("H >= 4", "W >= 4")
    assert "tiny" in repr(net)


def test_a_summary_prints_as_its_table() -> None:
    text = str(netlang.load("lenet5").summary())
    assert text.splitlines()[0] == "lenet5 at batch N=1"
    assert "parameters" in text
    assert "Summary(" not in text


def test_summary_at_other_sizes(spec: str) -> None:
    summary = netlang.load(spec).summary(batch=2, H=8, W=9)
    assert summary.macs == 2 * (6 * 7 * 4 * 9 + 4 * 10)


def test_torch_and_onnx_agree(spec: str, tmp_path: Path) -> None:
    net = netlang.load(spec)
    module = net.torch(seed=3).eval()
    path = net.onnx(tmp_path / "tiny.onnx", seed=3)
    image = torch.randn(2, 1, 20, 24)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"image": image.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), module(image).detach())


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_may_be_a_text(kind: type[str] | type[Path], spec: str, tmp_path: Path) -> None:
    """Everything offered that takes a path takes both."""
    from safetensors.torch import save_file

    def at(name: str) -> str | Path:
        return kind(tmp_path / name)

    net = netlang.load(kind(spec))
    save_file(net.torch(seed=1).state_dict(), at("w.safetensors"))
    net.torch(at("w.safetensors"))
    net.onnx(at("a.onnx"), at("w.safetensors"))
    net.draw(at("a.dot"))
    assert export(net.program, at("b.onnx"), weights=at("w.safetensors")).path == Path(at("b.onnx"))
    draw(net.program, at("b.dot"))
    netlang.train("mnist1d", arch="logistic", steps=1, out=at("run"), device="cpu", quiet=True)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    assert (tmp_path / "a.dot").read_bytes() == (tmp_path / "b.dot").read_bytes()


def test_weights_from_a_file(spec: str, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    given = netlang.load(spec).torch(seed=1)
    save_file(given.state_dict(), tmp_path / "weights.safetensors")
    read = netlang.load(spec).torch(tmp_path / "weights.safetensors")
    for key, tensor in given.state_dict().items():
        torch.testing.assert_close(read.state_dict()[key], tensor, rtol=0, atol=0)


@pytest.mark.parametrize("kind", ["module", "state dict", "arrays", "bfloat16"])
def test_weights_from_memory(kind: str, spec: str, tmp_path: Path) -> None:
    net = netlang.load(spec)
    module = net.torch(seed=1).eval()
    given: netlang.api.Weights = module
    if kind == "bfloat16":
        module = module.bfloat16()
        given = module.state_dict()
        module = module.float()
    elif kind != "module":
        state = module.state_dict()
        given = {key: each.numpy() for key, each in state.items()} if kind == "arrays" else state
    read = net.torch(given)
    for key, tensor in module.state_dict().items():
        torch.testing.assert_close(read.state_dict()[key], tensor, rtol=0, atol=0)
    image = torch.randn(2, 1, 20, 24)
    session = onnxruntime.InferenceSession(
        net.onnx(tmp_path / "tiny.onnx", weights=given), providers=["CPUExecutionProvider"]
    )
    (found,) = session.run(None, {"image": image.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), module(image).detach())


def test_weights_from_memory_that_do_not_fit(spec: str, tmp_path: Path) -> None:
    net = netlang.load(spec)
    state = net.torch(seed=1).state_dict()
    lacking = {key: each for key, each in state.items() if key != "fc.weight"}
    with pytest.raises(netlang.NetlangError, match=r"the mapping of weights[^`]*(.|\n)*fc\.weight"):
        net.onnx(tmp_path / "a.onnx", weights=lacking)
    with pytest.warns(UserWarning, match="the mapping of weights: "):
        net.torch(lacking, partial=True)
    wrapped = {f"module.{key}": each for key, each in state.items()}
    read = net.torch(wrapped, prefixes={"module.": ""}).state_dict()
    torch.testing.assert_close(read["fc.weight"], state["fc.weight"], rtol=0, atol=0)
    with pytest.raises(TypeError, match="a file, a state dict or a module, not int"):
        net.onnx(tmp_path / "a.onnx", weights=3)  # type: ignore[arg-type]  # what the test is about


def test_partial_weights(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    (tmp_path / "tiny.net").write_text(TINY)
    spec = str(tmp_path / "tiny.net")
    given = netlang.load(spec).torch(seed=1).state_dict()
    save_file(given, tmp_path / "weights.safetensors")
    other = netlang.load(spec, classes=3)
    with pytest.raises(netlang.NetlangError, match=r"fc\.weight"):
        other.torch(tmp_path / "weights.safetensors")
    with pytest.warns(UserWarning, match=r"fc\.weight"):
        read = other.torch(tmp_path / "weights.safetensors", partial=True).state_dict()
    torch.testing.assert_close(read["0.weight"], given["0.weight"], rtol=0, atol=0)
    assert read["fc.weight"].shape == (3, 4)


def test_a_module_is_copied_and_its_source_is_pickled(spec: str, tmp_path: Path) -> None:
    """As docs/weights.md says."""
    net, image = netlang.load(spec), torch.randn(2, 1, 20, 24)
    module = net.torch(seed=1).eval()
    twin = copy.deepcopy(module)
    assert torch.equal(twin(image), module(image))
    with torch.no_grad():
        next(iter(twin.parameters())).add_(1)
    assert not torch.equal(twin(image), module(image))
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(module)
    (tmp_path / "written.py").write_text(net.source())
    torch.save(module.state_dict(), tmp_path / "state.pth")
    code = (
        "import pickle, torch, written\n"
        "module = written.Tiny().eval()\n"
        "module.load_state_dict(torch.load('state.pth'))\n"
        "x = torch.ones(1, 1, 20, 24)\n"
        "print(torch.equal(pickle.loads(pickle.dumps(module))(x), module(x)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "True\n", done.stderr


def test_source_is_what_runs(spec: str) -> None:
    net = netlang.load(spec)
    names: dict[str, object] = {"__name__": "tiny"}
    exec(compile(net.source(), "tiny.py", "exec"), names)
    made = names["Tiny"]
    assert isinstance(made, type)
    assert list(made().state_dict()) == list(net.torch().state_dict())


def test_picture(spec: str, tmp_path: Path) -> None:
    net = netlang.load(spec)
    assert "<svg" in net.draw(tmp_path / "tiny.svg").read_text()
    assert "<svg" in (net._repr_svg_() or "")


def test_no_picture_without_graphviz(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    render = import_module("netlang.backends.graphviz.render")
    monkeypatch.setattr(render, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    assert netlang.load(spec)._repr_svg_() is None


def test_error_carries_its_diagnostics() -> None:
    with pytest.raises(netlang.NetlangError) as caught:
        netlang.load("resnt50")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0006"
    assert "resnet50" in str(caught.value)


def test_wrong_size(spec: str) -> None:
    with pytest.raises(netlang.NetlangError, match="H"):
        netlang.load(spec).summary(H=2)


def test_missing_package(spec: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "netlang.backends.onnx.model", raising=False)
    with pytest.raises(netlang.NetlangError, match=r"netlang\[onnx\]"):
        netlang.load(spec).onnx(tmp_path / "tiny.onnx")


def test_unknown_attribute() -> None:
    with pytest.raises(AttributeError, match="lode"):
        netlang.lode  # noqa: B018  # what the test is about
    assert "load" in dir(netlang)
