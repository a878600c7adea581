"""Every bomb is answered: a result or coded errors, with little work and in little memory.

A text may take as many steps of Python as eleven checks of resnet50, or, if it is so long that
this is less, 3.4 times as many for each of its characters as resnet50 takes for each of those that
it reads. Both figures are written down here, so that a cheaper resnet50 lowers no bound; a dearer
one is noticed. Imports aren't counted. One bomb has a bound of its own: see `LOOPED`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.endless import ENDLESS
from tests.quality import ROOT
from tests.robustness import bombs
from tests.robustness.more_bombs import MORE_BOMBS, MORE_FILES

Server = subprocess.Popen[str]
BOMBS = {**bombs.BOMBS, **MORE_BOMBS}
FILES = {**bombs.FILES, **MORE_FILES}
RESNET50 = 180_000
"""Steps that `check resnet50` may take; it took 170,321 when this was written."""
PER_CHARACTER = 235
"""3.4 times the steps for each of the 2,233 characters that it read then: its file, what that
imports, and the prelude."""
TIMES = 11
"""As much work as that of so many checks of resnet50."""
LOOPED = {"as many shrinking steps as are allowed": 80}
"""Checks of resnet50 where loops add all of the 2,500 steps that they may, each of another type."""
LOOKS = (("summary",), ("explain",), ("expand",), ("draw", "-o", "x.dot"))
DEAR = {
    "as many shrinking steps as are allowed": "draw",
    "blocks doubling 60 deep whose windows alternate": "explain",
    "blocks doubling 60 deep": "expand", "a thousand images": "draw",
    "a thousand sizes": "summary", "repeats 40 deep": "draw",
    "a comparison of 10^4 numbers": "expand",
}  # fmt: skip
"""Of texts that take seconds when steps are counted, the verb of the short run."""
LOOKED = 5
"""As much work as that of so many checks."""
ACCEPTED = (
    "repeat of 10^9", "repeat of 10^18", "repeat in repeat in repeat", "blocks doubling 60 deep",
    "channels of 10^9 squared", "stride of 10^18", "as many shrinking steps as are allowed",
    "a line of 10^6 blanks", "periods of large primes", "a thousand sizes",
    "lists inside lists, compared", "layers inside layers, each once",
    "a number that is what it was made of", "a number handed on and doubled",
    "channels doubled 60 times", "a comparison of 10^4 numbers", "a pad of 10^29",
    "periods of many axes", "conditions on a product", "a remainder by a prime",
    "a split of 10^9", "repeats 40 deep", "blocks doubling 60 deep whose windows alternate",
    "a thousand images", "repeats in blocks 166 deep",
)  # fmt: skip
"""Texts that `check` accepts, so that other commands go on from there."""
ENDLESS_NETS = ("repeat of 10^9", "repeat in repeat in repeat", "blocks doubling 60 deep",
                "repeats in blocks 166 deep")  # fmt: skip
WRITING = (
    ("verify",), ("expand",), ("compile", "-o", "a.py"), ("compile", "-o", "a.onnx"), ("bench",),
)  # fmt: skip
"""Verbs that write every step out."""
MOST = 50_000_000
"""Steps after which any text is given up."""
MEGABYTES = 150
# A file without mistakes, one with warnings and one with errors: with them, the server imports what
# most answers need. To import it for each would take most of the time.
IMPORTED = {
    "good.net": "net good {\n    input x: [3, H=8, W=8]\n    conv(4, 3x3) -> bn -> relu\n}\n",
    "warned.net": "net warned {\n    input x: [3, 8, 8]\n    bn -> bn -> relu -> relu\n}\n",
    "wrong.net": (
        "net wrong {\n    input x: [3, 8, 8]\n    conv1: conv(8, 3x3) -> rleu\n"
        "    a: add { conv(4, 3x3); identity }\n    linear(3, 4)\n}\n"
        "train wrong {\n    model: wrong()\n}\nnet open {\n    input x: [4]\n"
    ),
}

# Each answer comes from a process of its own, a copy of a small one that has imported the command:
# what it takes doesn't depend on what was answered before, and its peak memory begins at that of
# the one that was copied. For each line of its input, the server says how the copy ended and what
# it took at most, in MB.
SERVER = """
import contextlib, io, json, os, resource, sys, traceback
sys.path.insert(0, sys.argv[1])
from netlang.cli import main
from netlang.modules.files import forget_parsed
from tests.work import counted

for spec in sys.argv[4:]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        with contextlib.suppress(SystemExit):
            main(["check", spec])
forget_parsed()

def answer(folder, arguments):
    os.chdir(folder)
    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[3]), int(sys.argv[3])))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.dup2(os.open("messages", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
    with counted(int(sys.argv[2])) as work:
        try:
            main(arguments)
        except SystemExit as ended:
            return ended.code
        finally:
            with open("steps", "w") as file:
                file.write(str(work.steps))

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = answer(*json.loads(line))
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    _, status, usage = os.wait4(child, 0)
    print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024]), flush=True)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("imported")
    for name, text in IMPORTED.items():
        (folder / name).write_text(text, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    limits = [str(ROOT), str(MOST), str(round(ENDLESS))]
    files = [str(folder / name) for name in IMPORTED]
    command = [sys.executable, "-c", SERVER, *limits, *files]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


def check(
    server: Server, folder: Path, spec: str = "main.net", verb: Sequence[str] = ("check",)
) -> tuple[int, str, int, float]:
    """A command in a process of its own: status, messages, steps, peak MB."""
    assert server.stdin
    assert server.stdout
    first, *others = verb
    arguments = [first, spec, *others]
    print(json.dumps([str(folder), arguments]), file=server.stdin, flush=True)
    status, megabytes = json.loads(server.stdout.readline())
    steps = int((folder / "steps").read_text()) if status >= 0 else 0  # killed ones say nothing
    return status, (folder / "messages").read_text(encoding="utf-8"), steps, megabytes


def most(characters: int, times: int = TIMES) -> int:
    """The steps that a text of so many characters may take."""
    return max(times * RESNET50, characters * PER_CHARACTER)


def test_resnet50_takes_no_more_than_is_written_here(server: Server, tmp_path: Path) -> None:
    status, _, steps, _ = check(server, tmp_path, "resnet50")
    assert status == 0
    assert 10_000 < steps <= RESNET50


def assert_answered(server: Server, folder: Path, bound: int) -> None:
    status, text, steps, megabytes = check(server, folder)
    assert status in (0, 1), text[-2000:]
    assert "Traceback" not in text
    assert (status == 0) == (text == "" or text.startswith("warning[")), text[:2000]
    if status:
        assert re.match(r"error\[E\d{4}\]: ", text), text[:2000]
    assert len(text) < 60_000  # a hundred errors and warnings at most
    assert 1_000 < steps <= bound  # fewer were not counted
    assert megabytes < MEGABYTES


@pytest.mark.parametrize("name", BOMBS)
def test_bomb(server: Server, name: str, tmp_path: Path) -> None:
    text = BOMBS[name]()
    (tmp_path / "main.net").write_text(text, encoding="utf-8")
    assert_answered(server, tmp_path, most(len(text), LOOPED.get(name, TIMES)))


def _looks() -> Iterator[ParameterSet]:
    for name, verb in product(ACCEPTED, LOOKS):
        later = DEAR.get(name, verb[0]) != verb[0]
        marks = pytest.mark.slow if later else ()
        yield pytest.param(name, verb, id=f"{name}-{verb[0]}", marks=marks)


@pytest.mark.parametrize(("name", "verb"), [*_looks()])
def test_what_is_accepted_can_be_looked_at(
    server: Server, name: str, verb: Sequence[str], tmp_path: Path
) -> None:
    """Figures, fields and pictures of nets that look small and aren't."""
    text = BOMBS[name]()
    (tmp_path / "main.net").write_text(text, encoding="utf-8")
    nets = re.findall(r"^net (\w+)", text, re.MULTILINE)
    spec = f"main.net:{nets[-1]}"
    status, told, steps, megabytes = check(server, tmp_path, spec, verb)
    assert status in (0, 1), told[-2000:]
    assert "Traceback" not in told
    assert 1_000 < steps <= LOOKED * most(len(text), LOOPED.get(name, TIMES))
    assert megabytes < MEGABYTES


@pytest.mark.parametrize("name", ENDLESS_NETS)
@pytest.mark.parametrize("verb", WRITING, ids=" ".join)
def test_what_is_too_long_to_write_out_is_refused(
    server: Server, name: str, verb: Sequence[str], tmp_path: Path
) -> None:
    """`verify` listed the weights of all times before it looked how many there are."""
    text = BOMBS[name]()
    (tmp_path / "main.net").write_text(text, encoding="utf-8")
    status, told, _, megabytes = check(server, tmp_path, verb=verb)
    assert status == 1
    assert re.search(r"^error\[E0457\]: ", told, re.MULTILINE), told[:2000]
    assert megabytes < MEGABYTES


@pytest.mark.parametrize("name", FILES)
def test_bomb_of_files(server: Server, name: str, tmp_path: Path) -> None:
    files = FILES[name]()
    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
    assert_answered(server, tmp_path, most(sum(map(len, files.values()))))


def test_there_are_a_hundred() -> None:
    assert len(BOMBS) + len(FILES) >= 100
