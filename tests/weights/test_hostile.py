"""Files of weights that ask for more than they hold: refused, in little time and memory.

They are read one after the other in a process that has imported torch, so that what one adds to the
most memory taken so far is its own.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zipfile
from copy import copy
from pathlib import Path

import pytest
import torch

from netlang.backends.weights import read_weights
from netlang.diagnostics.errors import NetlangError
from tests.work import counted

MOST_STEPS = 10_000_000
MOST_MEMORY = 300 << 20


def archive(path: Path, pickle: bytes) -> None:
    """A file of `torch.save` with this in place of what describes its tensors."""
    with zipfile.ZipFile(path, "w") as made:
        for name, text in (("data.pkl", pickle), ("version", b"3\n"), ("byteorder", b"little")):
            made.writestr(f"archive/{name}", text)


def expanded(path: Path) -> None:
    torch.save({"w": torch.zeros(1).expand(10**6, 10**6)}, path)


def meta(path: Path) -> None:
    torch.save({"w": torch.empty(10**6, 10**6, device="meta")}, path)


def nested(path: Path) -> None:
    rows = [torch.zeros(2), torch.zeros(3)]
    torch.save({"w": torch.nested.nested_tensor(rows, layout=torch.jagged)}, path)


def sparse(path: Path) -> None:
    places, values = torch.zeros(2, 1, dtype=torch.int64), torch.ones(1)
    made = torch.sparse_coo_tensor(places, values, (10**6, 10**6), check_invariants=True)
    torch.save({"w": made}, path)


def deflated(path: Path) -> None:
    torch.save({"w": torch.zeros(10**8)}, path)
    with zipfile.ZipFile(path) as whole:
        records = {each: whole.read(each) for each in whole.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in records.items():
            made.writestr(name, text)


def overlapping(path: Path) -> None:
    """One record that a thousand names stand for (Fifield, A better zip bomb, 2019)."""
    record = bytes(10**6)
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("archive/data.pkl", b"\x80\x02}.")
        made.writestr("archive/data/0", record)
        for number in range(1, 1000):
            other = copy(made.getinfo("archive/data/0"))
            other.filename = f"archive/data/{number}"
            made.filelist.append(other)
        made.comment = b"more"  # so that the list is written anew


def brackets(path: Path) -> None:
    archive(path, b"\x80\x02" + b"(" * (1 << 20))


def short_brackets(path: Path) -> None:
    archive(path, b"\x80\x02" + b"(" * 100_000)


def bare_brackets(path: Path) -> None:
    path.write_bytes(b"(" * (1 << 20))


def lists(path: Path) -> None:
    archive(path, b"\x80\x02" + b"]" * 1_000_000 + b".")


def asking(path: Path) -> None:
    """300 bytes that ask for 2 GiB of zeros."""
    archive(path, b"\x80\x02cbuiltins\nbytearray\nJ" + struct.pack("<i", 2**31 - 1) + b"\x85R.")


def asking_by_its_old_name(path: Path) -> None:
    """As Python 2 called it, which torch reads too."""
    archive(path, b"\x80\x02c__builtin__\nbytearray\nJ" + struct.pack("<i", 2**31 - 1) + b"\x85R.")


def asking_elsewhere(path: Path) -> None:
    """torch looks for the record without regard to case, in the folder of the first one."""
    with zipfile.ZipFile(path, "w") as made:
        text = b"\x80\x02cbuiltins\nbytearray\nJ" + struct.pack("<i", 2**31 - 1) + b"\x85R."
        made.writestr("archive/Data.pkl", text)
        made.writestr("archive/version", b"3\n")
        made.writestr("archive/below/data.pkl", b"\x80\x02}.")


def asking_twice(path: Path) -> None:
    archive(path, b"\x80\x02}.")
    with zipfile.ZipFile(path, "a") as made:
        made.writestr("archive/DATA.pkl", b"\x80\x02" + b"(" * 1000)


def tuples(path: Path) -> None:
    """A key that is nested so deep that its hash overflows the stack of C."""
    archive(path, b"\x80\x02})" + b"\x85" * 150_000 + b"K\x01s.")


def kept_tuples(path: Path) -> None:
    """The same by what the pickle keeps for later."""
    steps = b"".join(
        b"r" + struct.pack("<I", n) + b"0j" + struct.pack("<I", n) + b"\x85" for n in range(15_000)
    )
    archive(path, b"\x80\x02})" + steps + b"K\x01s.")


def long_directory(path: Path) -> None:
    """A list of records that only the end of a large archive says the length of."""
    archive(path, b"\x80\x02}.")
    with zipfile.ZipFile(path, "a") as made:
        for number in range(40_000):
            made.writestr(f"archive/data/{number}", b"")
    whole = bytearray(path.read_bytes())
    place = whole.rindex(b"PK\x05\x06")
    count, size, offset = struct.unpack_from("<HLL", whole, place + 10)
    end = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, place, 1)
    struct.pack_into("<L", whole, place + 12, 100)
    path.write_bytes(whole[:place] + end + locator + whole[place:])


def many(path: Path) -> None:
    one = torch.zeros(1)
    torch.save({f"k{number}": one for number in range(200_000)}, path)


def many_records(path: Path) -> None:
    torch.save({f"k{number}": torch.zeros(1) for number in range(40_000)}, path)


def old(path: Path) -> None:
    """The format before PyTorch 1.6, with brackets where the tensors are described."""
    torch.save({}, path, _use_new_zipfile_serialization=False)
    start = path.read_bytes()
    path.write_bytes(start[: start.index(b".", 20) + 1] + b"\x80\x02" + b"(" * (1 << 20))


PICKLED = (
    expanded, meta, nested, sparse, deflated, overlapping, brackets, short_brackets,
    bare_brackets, lists, asking, asking_by_its_old_name, asking_elsewhere, asking_twice, tuples,
    kept_tuples, long_directory, many, many_records, old,
)  # fmt: skip
# Tensors that are read and take no room: they fit no net.
ENDLESS = ("expanded", "meta", "nested", "sparse")


def header(path: Path, entries: dict[str, object]) -> None:
    text = json.dumps(entries).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text)


def empty_and_endless(path: Path) -> None:
    header(path, {"w": {"dtype": "F32", "shape": [0, 2**62], "data_offsets": [0, 0]}})


def many_entries(path: Path) -> None:
    entry = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    header(path, {f"k{number}": entry for number in range(200_000)})


def deep(path: Path) -> None:
    text = b"[" * 1_000_000
    path.write_bytes(struct.pack("<Q", len(text)) + text)


HOSTILE = {
    **{f"{each.__name__}.pth": each for each in PICKLED},
    **{f"{each.__name__}.safetensors": each for each in (empty_and_endless, many_entries, deep)},
}

# Reads every file of a folder and says of each what the process has taken since it started.
PROBE = """
import resource, sys
from pathlib import Path
import torch
from netlang.cli import main
taken = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
for path in map(Path, sys.argv[1:]):
    before = taken()
    try:
        main(["compile", "resnet18", "-o", "out.onnx", "--weights", str(path)])
    except SystemExit as end:
        print(path.name, end.code, taken() - before)
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    for name, make in HOSTILE.items():
        make(folder / name)
    return folder


def outcome(path: Path) -> list[str]:
    """The keys that a file has, or the codes of the errors that it is refused with."""
    try:
        return list(read_weights(path))
    except NetlangError as error:
        return [each.code for each in error.diagnostics]


@pytest.mark.parametrize("name", HOSTILE)
def test_few_steps(hostile: Path, name: str) -> None:
    with counted(MOST_STEPS):
        found = outcome(hostile / name)
    expected = ["w"] if name.split(".", maxsplit=1)[0] in ENDLESS else ["E0922"]
    assert found == expected


def test_little_memory_and_no_bug(hostile: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *(str(hostile / name) for name in HOSTILE)],
        cwd=hostile, capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [name for name, _, _ in rows] == list(HOSTILE)
    for name, status, taken in rows:
        assert status == "1", name
        assert int(taken) < MOST_MEMORY, name
