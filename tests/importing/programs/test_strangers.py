"""Programs of strangers: each is refused with a code, nothing outside is touched or run."""

from __future__ import annotations

import json
import os
import pickle
import stat
import tarfile
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from netlang.backends.torch.importing.holes.stub import Stub
from netlang.backends.torch.importing.layouts import BATCH
from netlang.backends.torch.importing.programs import graph
from netlang.diagnostics.errors import NetlangError
from tests.importing.programs.support import (
    Records,
    changed,
    exported,
    imported,
    program,
    records,
    written,
)

MODEL, WEIGHTS = "models/model.json", "data/weights/model_weights_config.json"


class _Running:
    """A pickle of this makes a file when it is loaded."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return open, ("was_run", "w")


PICKLE = pickle.dumps(_Running())


def _tar() -> bytes:
    held = BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("net"))
    return held.getvalue()


BYTES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "text": (b"hello, world", "a text"),
    "page": (b"<!DOCTYPE html><html></html>", "a web page"),
    "pickle": (PICKLE, "end of the archive"),
    "tar": (_tar(), "a tar archive"),
    "git lfs": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    "beginning of a zip": (b"PK\x03\x04" + b"\0" * 100, "end of the archive"),
    "end of a zip": (b"PK\x05\x06" + b"\xff" * 18, "list of records"),
    "noise": (bytes(range(256)) * 20, "end of the archive"),
}


@pytest.mark.parametrize("name", BYTES)
def test_other_files(tmp_path: Path, name: str) -> None:
    content, reason = BYTES[name]
    (tmp_path / "net.pt2").write_bytes(content)
    with pytest.raises(NetlangError, match=f"E0988.*{reason}"):
        imported(tmp_path / "net.pt2")


def _without(name: str) -> Records:
    return {key: each for key, each in records().items() if key != name}


def _tensor(**about: Any) -> Records:
    """The program with another description of its first tensor."""

    def change(whole: Any) -> None:
        whole["config"]["0.weight"]["tensor_meta"].update(about)

    return changed(WEIGHTS, change)


def _entry(**about: Any) -> Records:
    return changed(WEIGHTS, lambda whole: whole["config"]["0.weight"].update(about))


def _whole(**about: Any) -> Records:
    return changed(MODEL, lambda whole: whole.update(about))


def _ints(*values: int) -> list[dict[str, int]]:
    return [{"as_int": value} for value in values]


ARCHIVES: dict[str, tuple[Callable[[], Records], str]] = {
    "out of the folder": (lambda: {**records(), "../a": b"x"}, "E0988.*outside"),
    "out of everything": (lambda: {**records(), "a/../../../b": b"x"}, "E0988.*outside"),
    "absolute": (lambda: {**records(), "!/etc/a": b"x"}, "E0988.*several folders"),
    "only absolute": (lambda: {f"!//{k}": v for k, v in records().items()}, "E0988.*outside"),
    "of Windows": (lambda: {**records(), "..\\a": b"x"}, "E0988.*outside"),
    "two folders": (lambda: {**records(), "!other/a": b"x"}, "E0988.*several folders"),
    "one name": (lambda: {**records(), MODEL.replace("m", "M"): b"x"}, "E0988.*one name"),
    "no format": (lambda: _without("archive_format"), "E0988.*archive_format"),
    "another format": (lambda: {**records(), "archive_format": b"pt3"}, "E0988.*archive of"),
    "other bytes": (lambda: {**records(), "byteorder": b"big"}, "E0988.*order of bytes"),
    "old": (lambda: {"serialized_exported_program.json": b"{}"}, "E0989.*before 2.8"),
    "script": (lambda: {"code/__torch__.py": b"", "data.pkl": PICKLE}, "E0989.*TorchScript"),
    "no program": (lambda: _without(MODEL), "E0989.*0 programs"),
    "two programs": (lambda: {**records(), "models/b.json": b"{}"}, "E0989.*2 programs"),
    "an object": (
        lambda: {**records(), "data/constants/custom_obj_0": PICKLE}, "E0989.*could run any code",
    ),
    "an opaque object": (
        lambda: {**records(), "data/constants/opaque_obj_0": PICKLE}, "E0989.*could run any code",
    ),
    "a library": (lambda: {**records(), "data/x/model.so": b"\x7fELF"}, "E0989.*compiled code"),
    "compiled": (lambda: {**records(), "data/aotinductor/model/a.cpp": b""}, "E0989.*compiled"),
    "pickled weights": (lambda: _entry(use_pickle=True), "E0989.*could run any code"),
    "old weights": (
        lambda: {**_without(WEIGHTS), "data/weights/model.pt": PICKLE}, "E0988.*no record",
    ),
    "a record elsewhere": (lambda: _entry(path_name="../../models/model.json"), "E0988.*a name"),
    "a record absent": (lambda: _entry(path_name="weight_99"), "E0988.*no record"),
    "a record by number": (lambda: _entry(path_name=3), "E0988.*a name"),
    "a huge tensor": (lambda: _tensor(sizes=_ints(1 << 40, 3, 3, 3)), "E0988.*ends before"),
    "an endless tensor": (lambda: _tensor(sizes=_ints(1 << 60)), "E0988.*no tensor has"),
    "a tensor of one number": (
        lambda: _tensor(sizes=_ints(1 << 40), strides=_ints(0)), "E0988.*more numbers",
    ),
    "negative strides": (lambda: _tensor(strides=_ints(-27, 9, 3, 1)), "E0988.*no tensor has"),
    "behind the end": (lambda: _tensor(storage_offset={"as_int": 99}), "E0988.*ends before"),
    "a formula as size": (
        lambda: _tensor(sizes=[{"as_expr": {"expr_str": "open('was_run','w')"}}]), "E0988",
    ),
    "a strange type": (lambda: _tensor(dtype=10), "E0988.*of a type"),
    "a type as text": (lambda: _tensor(dtype="float"), "E0988.*of a type"),
    "half a number": (lambda: {**records(), "data/weights/weight_0": b"123"}, "E0988.*whole"),
    "no JSON": (lambda: {**records(), MODEL: b"{'a': 1}"}, "E0988.*isn't JSON"),
    "deep JSON": (lambda: {**records(), MODEL: b"[" * 200_000}, "E0988.*isn't JSON"),
    "endless JSON": (lambda: {**records(), MODEL: b"[" * 1_000_001}, "E0988.*parts"),
    "long JSON": (lambda: {**records(), MODEL: b" " * ((1 << 24) + 1)}, "E0988.*bytes"),
    "a long number": (lambda: {**records(), MODEL: b"9" * 100_000}, "E0988.*isn't JSON"),
    "another JSON": (lambda: {**records(), MODEL: b"[1, 2]"}, "E0988.*contradict"),
    "another schema": (lambda: _whole(schema_version={"major": 9}), "E0988.*version"),
    "no graph": (lambda: _whole(graph_module={}), "E0988.*contradict"),
}  # fmt: skip


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    make, reason = ARCHIVES[name]
    path = written(make(), tmp_path / "net.pt2")
    with pytest.raises(NetlangError, match=reason):
        imported(path)
    assert os.listdir(tmp_path) == ["net.pt2"]


def _node(**about: Any) -> Callable[[Any], None]:
    """The graph with another activation."""
    return lambda graph: graph["nodes"][1].update(about)


def _makes(target: str, *arguments: dict[str, Any]) -> Callable[[Any], None]:
    """The graph with an operator in front, whose value the activation reads."""
    made = {
        "target": target,
        "inputs": [{"name": "", "arg": each, "kind": 1} for each in arguments],
        "outputs": [{"as_tensor": {"name": "made"}}],
        "metadata": {},
    }

    def change(graph: Any) -> None:
        graph["nodes"].insert(0, made)
        graph["nodes"][2]["inputs"][0]["arg"] = {"as_tensor": {"name": "made"}}

    return change


def _numbers(count: int) -> Callable[[Any], None]:
    """A number that is multiplied by itself, again and again."""

    def change(graph: Any) -> None:
        for place in range(count):
            before = {"as_int": 1 << 32} if not place else {"as_sym_int": {"as_name": f"n{place}"}}
            graph["nodes"].insert(place, {
                "target": "_operator.mul",
                "inputs": [{"name": n, "arg": before, "kind": 1} for n in "ab"],
                "outputs": [{"as_sym_int": {"as_name": f"n{place + 1}"}}],
                "metadata": {},
            })  # fmt: skip

    return change


def _computes(target: str, *given: dict[str, Any]) -> Callable[[Any], None]:
    """The graph with a number in front, which nothing reads."""
    made = {
        "target": target,
        "inputs": [{"name": "", "arg": each, "kind": 1} for each in given],
        "outputs": [{"as_sym_int": {"as_name": "n"}}],
        "metadata": {},
    }
    return lambda graph: graph["nodes"].insert(0, made)


def _input_alone() -> Any:
    values = json.loads(records()[MODEL])["graph_module"]["graph"]["tensor_values"]
    return {"input": values["input"]}


def _product(size: int) -> Callable[[Any], None]:
    """The graph with a product of constants in front, which the activation reads."""

    def change(graph: Any) -> None:
        given = {"as_ints": [size, size]}, {"as_int": 1}
        _makes("torch.ops.aten.full.default", *given)(graph)
        graph["nodes"][0]["outputs"][0]["as_tensor"]["name"] = "table"
        factors = [{"as_tensor": {"name": "table"}}] * 2
        _makes("torch.ops.aten.matmul.default", *factors)(graph)
        graph["nodes"].insert(0, graph["nodes"].pop(1))

    return change


def _pool_alone(graph: Any) -> None:
    """The graph with a pool of many windows in front, which nothing reads."""
    _makes("torch.ops.aten.full.default", {"as_ints": [1, 1, 2000, 2000]}, {"as_int": 1})(graph)
    graph["nodes"][0]["outputs"][0]["as_tensor"]["name"] = "table"
    sizes = ({"as_ints": [size] * 2} for size in (301, 1, 150))
    _makes("torch.ops.aten.max_pool2d.default", {"as_tensor": {"name": "table"}}, *sizes)(graph)
    graph["nodes"].insert(0, graph["nodes"].pop(1))
    _unread(graph)


def _unread(graph: Any) -> None:
    """Let the net be what it was, which reads nothing of what was made in front."""
    convolution = next(each for each in graph["nodes"] if "conv" in each["target"])
    convolution["inputs"][0]["arg"] = {"as_tensor": {"name": "input"}}
    relu = next(each for each in graph["nodes"] if "relu" in each["target"])
    relu["inputs"][0]["arg"] = convolution["outputs"][0]


def _table_alone(graph: Any) -> None:
    """The graph with numbers in front that nothing reads."""
    _makes("torch.ops.aten.full.default", {"as_ints": [1 << 26]}, {"as_int": 1})(graph)
    _unread(graph)


TEXT = {"as_string": "was_run"}
GRAPHS: dict[str, tuple[Callable[[Any], object], str]] = {
    "a file": (
        _makes("torch.ops.aten.from_file.default", TEXT, {"as_bool": True}, {"as_int": 4}),
        "E0982(.|\n)*from_file",
    ),
    "Python": (_node(target="builtins.exec"), "E0982(.|\n)*exec"),
    "a command": (_node(target="os.system"), "E0982(.|\n)*os.system"),
    "inside of PyTorch": (_node(target="torch.ops.aten.__class__.mro"), "E0982"),
    "another package": (_node(target="torch.ops.prims.x.default"), "E0982(.|\n)*another package"),
    "no text": (_node(target={"a": 1}), "E0982"),
    "a huge table": (
        _makes("torch.ops.aten.full.default", {"as_ints": [1 << 40]}, {"as_int": 1}),
        "E0982(.|\n)*numbers",
    ),
    "a large table": (
        _makes("torch.ops.aten.arange.default", {"as_int": 1 << 26}), "E0982(.|\n)*numbers",
    ),
    "a product of constants": (_product(2890), "E0982(.|\n)*operations"),
    "a pool that nothing reads": (_pool_alone, "E0985.*operations"),
    "a table that nothing reads": (_table_alone, "E0985.*bytes at once"),
    "negative sizes": (
        _makes("torch.ops.aten.zeros.default", {"as_ints": [-5]}), "E0982(.|\n)*don't fit",
    ),
    "a number of 65 bits": (
        _makes("torch.ops.aten.zeros.default", {"as_ints": [1 << 64]}), "E0988.*64 bits",
    ),
    "powers": (_numbers(40), "E0988.*64 bits"),
    "a long text": (
        _computes("_operator.mul", TEXT, {"as_int": 1 << 50}), "E0988.*else than numbers",
    ),
    "a long list": (
        _computes("_operator.mul", {"as_ints": [1]}, {"as_int": 1 << 50}), "E0988.*else than numb",
    ),
    "a long line": (
        _computes("_operator.mod", {"as_string": "%99999999999d"}, {"as_int": 1}),
        "E0988.*else than numbers",
    ),
    **{
        f"pieces by {name}": (
            _makes(f"torch.ops.aten.{name}", {"as_tensor": {"name": "p_0_weight"}}, *given),
            "E0982(.|\n)*number of values",
        )
        for name, given in {
            "unbind.int": [], "split.Tensor": [{"as_int": 1}], "chunk.default": [{"as_int": 9}],
        }.items()
    },
    "a name from nowhere": (
        _node(inputs=[{"name": "", "arg": {"as_tensor": {"name": "x9"}}, "kind": 1}]),
        "E0988.*no node gives",
    ),
    "two outputs of one": (
        _node(outputs=[{"as_tensor": {"name": "relu"}}, {"as_tensor": {"name": "b"}}]),
        "E0982(.|\n)*number of values",
    ),
    "an output of no shape": (
        lambda graph: (_node(target="a.b")(graph), graph["tensor_values"].clear(),
                       graph["tensor_values"].update(_input_alone())),
        "E0982(.|\n)*a.b",
    ),
    "another shape": (
        lambda graph: graph["tensor_values"]["relu"].update(sizes=_ints(2, 4, 6, 7)),
        "E0982(.|\n)*its sizes",
    ),
    "many axes": (
        lambda graph: graph["tensor_values"]["relu"].update(sizes=_ints(*[1] * 99)), "E0988.*axes",
    ),
    "an object as argument": (
        _node(inputs=[{"name": "", "arg": {"as_custom_obj": {"name": "o"}}, "kind": 1}]),
        "E0988.*argument",
    ),
    "many nodes": (
        lambda graph: graph.update(nodes=graph["nodes"] * 20_000), "E0988.*(nodes|bytes|parts)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    change, reason = GRAPHS[name]
    path = written(program(change), tmp_path / "net.pt2")
    with pytest.raises(NetlangError, match=reason):
        imported(path)
    assert os.listdir(tmp_path) == ["net.pt2"]


def test_as_many_steps_as_an_onnx_file_may_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph, "MOST_STEPS", 3)
    with pytest.raises(NetlangError, match=r"E0988.*more than 3 steps"):
        imported(written(records(), tmp_path / "net.pt2"))


@pytest.mark.parametrize("module", [
    nn.Conv2d(3, 3, 31, padding=15, groups=3), nn.MaxPool2d(301, 1, 150), nn.AvgPool2d(301, 1, 150),
])  # fmt: skip
def test_steps_of_more_work_than_so_small_a_file_may_be(tmp_path: Path, module: nn.Module) -> None:
    path = exported(module, (3, 1008, 1008), tmp_path / "net.pt2", any_size=False)
    with zipfile.ZipFile(path) as archive:
        names = [each for each in archive.namelist() if "sample_inputs" not in each]
        held = {each.partition("/")[2]: archive.read(each) for each in names}
    path = written(held, path)
    with pytest.raises(NetlangError, match=r"E0982(.|\n)*operations for an example"):
        imported(path)


class _Attends(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attend = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.attend(x, x, x, need_weights=False)[0]
        return found


def _widened(whole: Any, times: int) -> None:
    """An attention with a value of so many times its size, said to be as large as before."""
    graph = whole["graph_module"]["graph"]
    values, nodes = graph["tensor_values"], graph["nodes"]
    place = next(place for place, each in enumerate(nodes) if "linear" in each["target"])
    said, metadata = values["linear"], nodes[place]["metadata"]
    for node in nodes[place + 1 :]:
        for each in node["inputs"]:
            if each["arg"].get("as_tensor", {}).get("name") == "linear":
                each["arg"] = {"as_tensor": {"name": "back"}}
    given: dict[str, list[Any]] = {
        "repeat.default": ["linear", "wide", {"as_ints": [times, 1, 1]}],
        "slice.Tensor": ["wide", "back", {"as_int": 0}, {"as_int": 0}, said["sizes"][0]],
    }
    for target, (read, made, *rest) in reversed(given.items()):
        values[made] = said
        arguments = [{"as_tensor": {"name": read}}, *rest]
        nodes.insert(place + 1, {
            "target": f"torch.ops.aten.{target}",
            "inputs": [{"name": "", "arg": each, "kind": 1} for each in arguments],
            "outputs": [{"as_tensor": {"name": made}}],
            "metadata": metadata,
        })  # fmt: skip


def _records_of(path: Path) -> Records:
    with zipfile.ZipFile(path) as archive:
        return {each.partition("/")[2]: archive.read(each) for each in archive.namelist()}


@pytest.mark.parametrize("times", [1, 5000])
def test_sizes_inside_an_attention_are_those_that_are_computed(tmp_path: Path, times: int) -> None:
    path = exported(_Attends(), (4, 8), tmp_path / "net.pt2", any_size=False)
    held = _records_of(path)
    whole = json.loads(held[MODEL])
    _widened(whole, times)
    written({**held, MODEL: json.dumps(whole).encode()}, path)
    if times == 1:
        assert not isinstance(imported(path), Stub)
        return
    with pytest.raises(NetlangError, match=r"E0982(.|\n)*repeat.*aren't those that the file says"):
        imported(path)


@pytest.mark.parametrize(("examples", "fits"), [(2, True), (2048, False)])
def test_a_batch_that_is_computed_whole(tmp_path: Path, examples: int, fits: bool) -> None:
    """A program for many examples computes them all, whatever few are compared."""
    net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 1, 3))
    made = torch.export.export(net.eval(), (torch.zeros(examples, 1, 66, 66),))
    path = tmp_path / "net.pt2"
    torch.export.save(made, path)
    held = {key: each for key, each in _records_of(path).items() if "sample_inputs" not in key}
    written(held, path)
    if fits:
        assert not isinstance(imported(path), Stub)
        return
    with pytest.raises(NetlangError, match=r"E0985.*268,435,456 bytes at once"):
        imported(path)


class _Filled(nn.Module):
    """Adds the largest number of a table for so many examples, which is as large as it is said."""

    def __init__(self, whole: bool) -> None:
        super().__init__()
        self.shape = BATCH, 100_000
        self.whole = whole

    def forward(self, x: Tensor) -> Tensor:
        table = torch.full(self.shape if self.whole else (1, 1), 0.5)
        largest: Tensor = table.expand(*self.shape).amax()
        return x + largest


def test_constants_are_computed_for_all_examples(tmp_path: Path) -> None:
    """Each number of a table takes memory, also where its size is one that stands for examples."""
    path = exported(_Filled(whole=True), (4, 8), tmp_path / "net.pt2", any_size=True)
    with pytest.raises(NetlangError, match=r"tables of [\d,]+ numbers"):
        imported(path)
    path = exported(_Filled(whole=False), (4, 8), tmp_path / "net.pt2", any_size=True)
    assert not isinstance(imported(path), Stub)


def test_sizes_are_those_of_the_examples_that_are_compared(tmp_path: Path) -> None:
    """A table that nothing reads, of one number for the examples with which the graph is read."""

    def change(whole: Any) -> None:
        graph = whole["graph_module"]["graph"]
        number = {"as_name": "n2"}
        table = {"as_sym_ints": [number]}, {"as_int": 1}
        _makes("torch.ops.aten.full.default", *table)(graph)
        _unread(graph)
        steps: dict[str, tuple[dict[str, Any], int]] = {
            "_operator.sub": ({"as_sym_int": {"as_name": "n0"}}, BATCH),
            "_operator.mul": ({"as_sym_int": {"as_name": "n1"}}, -(1 << 20)),
            "torch.ops.aten.sym_size.int": ({"as_tensor": {"name": "input"}}, 0),
        }
        for name, made in (("_operator.mul", "n2"), ("_operator.sub", "n1"),
                           ("torch.ops.aten.sym_size.int", "n0")):  # fmt: skip
            read, other = steps[name]
            _computes(name, read, {"as_int": other})(graph)
            graph["nodes"][0]["outputs"] = [{"as_sym_int": {"as_name": made}}]

    with pytest.raises(NetlangError, match=r"E0985.*bytes at once"):
        imported(written(changed(MODEL, change), tmp_path / "net.pt2"))


def test_objects_as_inputs_are_refused(tmp_path: Path) -> None:
    def change(whole: Any) -> None:
        spec = {"custom_obj": {"arg": {"name": "o", "class_fqn": "a.B"}, "custom_obj_name": "o"}}
        whole["graph_module"]["signature"]["input_specs"].append(spec)

    with pytest.raises(NetlangError, match=r"E0988.*objects"):
        imported(written(changed(MODEL, change), tmp_path / "net.pt2"))


def test_a_tensor_that_repeats_its_numbers(tmp_path: Path) -> None:
    """The comparison writes into weights, which it can't where two numbers are one."""
    made = imported(written(_tensor(strides=_ints(27, 0, 3, 1)), tmp_path / "net.pt2"))
    assert made.weights["0.weight"].shape == (4, 3, 3, 3)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    held = {**records(), "data/weights/weight_0": b"\0" * (1 << 26)}
    with pytest.raises(NetlangError, match=r"E0988.*compressed"):
        imported(written(held, tmp_path / "net.pt2", zipfile.ZIP_DEFLATED))


def test_records_that_overlap(tmp_path: Path) -> None:
    """Each record is listed many times in the directory, and is there once."""
    path = written({**records(), "data/weights/weight_2": b"\0" * (1 << 20)}, tmp_path / "a.pt2")
    with zipfile.ZipFile(path, "a") as archive:
        last = archive.infolist()[-1]
        for number in range(20):
            again = zipfile.ZipInfo(f"net/more{number}")
            again.file_size = again.compress_size = last.file_size
            again.header_offset, again.CRC = last.header_offset, last.CRC
            archive.filelist.append(again)
        archive.comment = b"more"  # so that the list is written anew
    with pytest.raises(NetlangError, match=r"E0988.*overlap"):
        imported(path)


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.99])
def test_a_part_of_it(tmp_path: Path, cut: float) -> None:
    path = written(records(), tmp_path / "net.pt2")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * cut)])
    with pytest.raises(NetlangError, match=r"E0988"):
        imported(path)


def test_links(tmp_path: Path) -> None:
    path = written(records(), tmp_path / "net.pt2")
    link = zipfile.ZipInfo("net/data/weights/weight_9")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(NetlangError, match=r"E0988.*is a link"):
        imported(path)


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "net.pt2"
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    with pytest.raises(NetlangError, match=f"E0988.*a (named )?{kind}"):
        imported(path)


def test_formulas_and_examples_are_never_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `torch.export.load` would evaluate or unpickle stays what it is, and the net is good."""
    monkeypatch.chdir(tmp_path)
    formula = "__import__('pathlib').Path('was_run').touch()"

    def change(whole: Any) -> None:
        whole["guards_code"] = [formula]
        whole["range_constraints"] = {formula: {"min_val": 1, "max_val": 2}}
        graph = whole["graph_module"]["graph"]
        size = {"as_expr": {"expr_str": formula, "hint": {"as_int": 2}}}
        for about in graph["tensor_values"].values():
            if about["sizes"][0] == {"as_int": 2}:
                about["sizes"][0] = size
        graph["sym_int_values"][formula] = size
        graph["nodes"][0]["metadata"]["nn_module_stack"] = f"{formula},{formula},{formula}"

    held = changed(MODEL, change)
    held["data/sample_inputs/model.pt"] = PICKLE
    made = imported(written(held, tmp_path / "net.pt2"))
    assert not isinstance(made, Stub)
    assert os.listdir(tmp_path) == ["net.pt2"]
    assert json.loads(held[MODEL])["guards_code"] == [formula]
