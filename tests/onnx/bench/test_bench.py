"""`netlang bench`: what is timed, what is told of it, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.testing import assert_array_equal
from onnx import helper

from netlang.backends.onnx.backend import BACKEND
from netlang.backends.onnx.bench.inputs import inputs_of
from netlang.backends.onnx.bench.process import Worker
from netlang.backends.onnx.bench.providers import require_provider
from netlang.backends.onnx.bench.worker import bound, not_finite
from netlang.backends.onnx.verify.file import ModelFile
from netlang.build import BuildOptions, OnnxOptions
from netlang.cli.timings import odd_outputs
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.records import replace
from netlang.targets.timing import BenchOptions, Contestant, Setting, Timing
from tests.cli.support import Runner

FLOATS = onnx.TensorProto.FLOAT
HASTY = BenchOptions(BuildOptions(), 0.0, lambda line: None)


def a_model(*shape: int | str, kind: int = FLOATS, node: str = "Relu") -> onnx.ModelProto:
    """A file of one node."""
    value = helper.make_tensor_value_info("x", kind, list(shape))
    result = helper.make_tensor_value_info("y", kind, list(shape))
    graph = helper.make_graph([helper.make_node(node, ["x"], ["y"])], "g", [value], [result])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def saved(model: onnx.ModelProto, path: Path) -> ModelFile:
    onnx.save(model, str(path))
    return ModelFile(path)


def test_several_in_turn(run: Runner) -> None:
    """Each has its own latencies, in order, and runs ten times at least."""
    program = load_program("good.net")
    BACKEND.write(program, Path("good.onnx"), BuildOptions())
    file = Contestant(name="file", file=Path("good.onnx"), usual={"H": 20, "W": 9})
    net = Contestant(name="net", program=program, sizes={"H": 20, "W": 9})
    timings = BACKEND.time([net, file], Setting(threads=1, batch=3), HASTY)
    assert [each.name for each in timings] == ["net", "file"]
    for timing in timings:
        assert len(timing.latencies) >= 10
        assert list(timing.latencies) == sorted(timing.latencies)
        assert min(timing.latencies) > 0.0 < timing.load
        assert timing.inputs == "image [3, 1, 20, 9]"


@pytest.mark.parametrize(("options", "status"), [((), 1), (("--large",), 0)])
def test_a_file_with_more_weights_beside_it_than_usual(
    options: tuple[str, ...], status: int, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = load_program("good.net")
    BACKEND.write(program, Path("good.onnx"), BuildOptions(onnx=OnnxOptions(external=True)))
    monkeypatch.setattr("netlang.backends.onnx.verify.outside.MOST", 100)
    done = run("bench", "good.onnx", "--size", "H=20,W=9", "--seconds", "0", *options)
    assert done.status == status
    assert ("`--large` takes 16 GiB" in done.err) is (status == 1)


@pytest.mark.parametrize("bind", [False, True])
def test_outputs_that_are_no_numbers(bind: bool, tmp_path: Path) -> None:
    """The logarithm of a value below 0 is NaN; of two outputs, the other one is named nowhere."""
    model = a_model(1, 50, node="Log")
    model.graph.node.add(op_type="Relu", input=["x"], output=["z"])
    model.graph.output.add().CopyFrom(model.graph.input[0])
    model.graph.output[1].name = "z"
    onnx.save(model, str(tmp_path / "log.onnx"))
    contestant = Contestant(name="log.onnx", file=tmp_path / "log.onnx")
    (timing,) = BACKEND.time([contestant], Setting(threads=1, bind=bind), HASTY)
    assert timing.not_finite == ("y",)
    said = ["warning: log.onnx: NaN or infinite values in `y`"]
    assert list(odd_outputs([timing])) == said
    assert not list(odd_outputs([replace(timing, not_finite=())]))


def test_values_that_are_no_floats_are_finite() -> None:
    outputs = {"n": np.array([1]), "s": np.array(["a"], object), "q": [np.nan], "h": np.float16(1)}
    assert not not_finite({**outputs, "e": np.array([], np.float32)})
    assert not_finite({"h": np.array([np.inf], np.float16)}) == ["h"]


def test_percentiles_and_throughput() -> None:
    """By nearest rank; examples a second are those of all runs."""
    latencies = tuple(place / 100.0 for place in range(1, 101))
    timing = Timing(
        name="a", setting=Setting(batch=8), inputs="", load=1.0, latencies=latencies, memory=None
    )
    found = [timing.percentile(share) for share in (0.0, 0.005, 0.5, 0.9, 0.991, 1.0)]
    assert found == [0.01, 0.01, 0.5, 0.9, 1.0, 1.0]
    assert timing.throughput == pytest.approx(8 * 100 / 50.5)


def test_the_memory_of_weights(tmp_path: Path) -> None:
    """A process grows by the weights that it loads, and not by those of the one beside it."""
    found = []
    for size in (1, 4_000_000):
        weights = helper.make_tensor("w", FLOATS, [size], bytes(4 * size), raw=True)
        model = a_model("N", 1)
        model.graph.node[0].CopyFrom(helper.make_node("Add", ["x", "w"], ["y"]))
        model.graph.initializer.append(weights)
        saved(model, tmp_path / "a.onnx")
        inputs = {"x": ("float32", [1, 1])}
        with Worker(tmp_path / "a.onnx", inputs, Setting(threads=1)) as worker:
            found.append(worker.memory)
    small, large = found
    assert small is not None
    assert large is not None
    assert large - small > 12_000_000


@pytest.mark.parametrize("kind", ["float16", "float64", "int32", "int64", "bool", "uint8"])
def test_types_of_inputs(kind: str, tmp_path: Path) -> None:
    number = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    file = saved(a_model("N", "size", kind=number, node="Identity"), tmp_path / "a.onnx")
    inputs = inputs_of(file, 2, {"size": 5}, {"other": 3})
    assert inputs == {"x": (kind, [2, 5])}
    with Worker(file.path, inputs, Setting(threads=1)) as worker:
        assert len(worker.run(3)) == 3


REFUSED = {
    "another size": (a_model("N", 3), 1, {"H": 7}, "E0967", "no input has a size `H`"),
    "a size without a value": (a_model("N", "H"), 1, {}, "E0967", "how large `H` is"),
    "a batch that is fixed": (a_model(4, 3), 2, {}, "E0967", "takes 4 examples at once, not 2"),
    "words": (a_model("N", 3, kind=8, node="Identity"), 1, {}, "E0967", "a tensor of numbers"),
    "too much": (a_model("N", 2**20, 2**20), 1, {}, "E0968", "4398046511104 bytes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_inputs_that_cannot_be_made_up(name: str, tmp_path: Path) -> None:
    model, batch, sizes, code, text = REFUSED[name]
    file = saved(model, tmp_path / "a.onnx")
    with pytest.raises(NetlangError, match=text) as caught:
        inputs_of(file, batch, sizes, {})
    assert caught.value.diagnostics[0].code == code


def test_a_fixed_batch_is_taken(tmp_path: Path) -> None:
    """One is what is asked for where nothing is asked for."""
    file = saved(a_model(4, 3), tmp_path / "a.onnx")
    assert inputs_of(file, 1, {}, {}) == inputs_of(file, 4, {}, {}) == {"x": ("float32", [4, 3])}


def test_another_provider_than_asked_for() -> None:
    """Such a session runs on the CPU; its times would be those of something else."""
    require_provider("cpu", ["CPUExecutionProvider"])
    require_provider("cuda", ["CUDAExecutionProvider", "CPUExecutionProvider"])
    with pytest.raises(NetlangError, match="fell back to CPUExecutionProvider") as caught:
        require_provider("cuda", ["CPUExecutionProvider"])
    assert caught.value.diagnostics[0].code == "E0966"


@pytest.mark.parametrize("node", ["Relu", "Identity"])
def test_bound_inputs_and_outputs(node: str, tmp_path: Path) -> None:
    """Each run reads and writes the same memory, and gives what an unbound one gives."""
    file = saved(a_model("N", 3, node=node), tmp_path / "a.onnx")
    session = onnxruntime.InferenceSession(file.path, providers=["CPUExecutionProvider"])
    feeds = {"x": np.array([[1.0, -2.0, 3.0]], np.float32)}
    binding, once = bound(session, feeds, "cpu")
    for _ in range(2):
        once()
        assert_array_equal(binding.copy_outputs_to_cpu()[0], session.run(None, feeds)[0])
        feeds["x"] *= -1.0  # in place, where the session reads
    before = binding.get_outputs()[0].data_ptr()
    once()
    assert binding.get_outputs()[0].data_ptr() == before
    with Worker(file.path, {"x": ("float32", [2, 3])}, Setting(bind=True)) as worker:
        assert len(worker.run(3)) == 3


COMMANDS = {
    "missing.onnx": (1, "E0935"),
    "rubbish.onnx": (1, "E0935"),
    "loop.onnx": (1, "may run without end"),
    "unknown.onnx": (1, "E0935"),
    "good.net --provider coreml": (1, "E0965"),
    "good.net --batch 0": (2, "`0` isn't a number from 1"),
    "good.net --cuda-graph": (2, "it is for --provider cuda, tensorrt, not for cpu"),
    "good.net --provider cpu --provider coreml --bind": (2, "not for coreml"),
    f"good.net --batch {'9' * 5000}": (2, "isn't a number from 1"),
    "good.net --threads 1,x": (2, "`1,x` isn't a number from 0"),
    "good.net --roofline a.png": (2, "doesn't end in .svg"),
    "good.net two.net:other --roofline a.svg": (2, "--roofline is for one SPEC"),
    "fine.onnx --layers": (2, "not of a file"),
    "fine.onnx --size 7": (2, "doesn't name the sizes of a file"),
    "good.net --size 1": (1, "E0"),
    "good.net --seconds 0 --roofline none/a.svg": (1, "none/a.svg"),
}


@pytest.mark.parametrize("words", COMMANDS)
def test_what_is_refused(words: str, run: Runner) -> None:
    status, text = COMMANDS[words]
    Path("rubbish.onnx").write_bytes(b"\x08rubbish")
    onnx.save(a_model("N", 3), "fine.onnx")
    onnx.save(a_model("N", 3, node="Loop"), "loop.onnx")
    onnx.save(a_model("N", 3, node="Nothing"), "unknown.onnx")
    done = run("bench", *words.split())
    assert done.status == status
    assert text in done.err
    assert "Traceback" not in done.err


def test_the_tables(run: Runner) -> None:
    onnx.save(a_model("N", 1, "H", "W"), "a.onnx")
    words = "bench good.net a.onnx --seconds 0 --batch 1,2 --threads 1 --layers"
    done = run(*words.split())
    assert done.status == 0, done.err
    lines = done.out.splitlines()
    heads = [line for line in lines if line.startswith("cpu, ")]
    assert [line.split(", inputs ")[1].rpartition(",")[0] for line in heads] == [
        "image [1, 1, 28, 28]", "image [2, 1, 28, 28]",
    ]  # fmt: skip
    rows = [line.split() for line in lines if line.startswith(("good.net", "a.onnx"))]
    assert [row[0] for row in rows] == ["good.net", "a.onnx"] * 2
    assert [row[-1] for row in rows] == ["MB", "x"] * 2
    assert sum(line.startswith("fc ") for line in lines) == 2


def test_names_are_shown_as_text(run: Runner) -> None:
    """Nothing in a file's name is read by the terminal."""
    onnx.save(a_model("N", 3), "a\x1b[31m.onnx")
    done = run("bench", "a\x1b[31m.onnx", "--seconds", "0")
    assert done.status == 0
    assert "\x1b" not in done.out + done.err
    assert "a\\x1b[31m.onnx" in done.out


def test_a_process_that_dies(tmp_path: Path) -> None:
    """What became of it is told; nothing waits for it."""
    file = saved(a_model("N", 3), tmp_path / "a.onnx")
    worker = Worker(file.path, {"x": ("float32", [1, 3])}, Setting(threads=1))
    worker.kill()
    with pytest.raises(NetlangError, match="its process ended with status -9"):
        worker.run(1)
