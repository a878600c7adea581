"""`netlang doctor RECIPE` as a command: what it prints, where, and its exit status."""

from __future__ import annotations

import json

import pytest

from netlang.backends.torch.doctor import examine
from netlang.backends.torch.doctor.net.batch_of_one import BatchOfOne
from netlang.backends.torch.doctor.net.frozen import FrozenParts
from netlang.backends.torch.doctor.net.layers import Layers
from netlang.cli.checkup import shown
from netlang.targets.doctor import CheckReport, Symptom
from tests.cli.support import Runner

TEXT = """\
net tiny {
    input image: [1, 8, 8]
    flatten -> one: linear(12) -> relu -> two: linear(10)
}

train tiny {
    model:     tiny
    data:      digits
    loss:      cross_entropy
    optimizer: adam(lr=1e-2)
    batch:     32
    steps:     20
}
"""


@pytest.fixture(autouse=True)
def _few_checks(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    few = (BatchOfOne, FrozenParts, Layers)
    monkeypatch.setattr(examine, "CHECKS", few)
    (run.folder / "tiny.net").write_text(TEXT, encoding="utf-8")


def test_nothing_is_wrong(run: Runner) -> None:
    done = run("doctor", "tiny.net:tiny", "--device", "cpu", "--out", "seen")
    assert done.status == 0, done.out
    assert "batch norm: not examined: the net has no trained batch norm" in done.out
    assert "layers: 3 on 128 examples, with the weights of the start" in done.out
    assert "looking at layers" in done.err
    files = {path.name for path in (run.folder / "seen").iterdir()}
    assert files == {"layers.svg", "layers.png"}


def test_a_finding_has_its_place_and_what_to_do(run: Runner) -> None:
    done = run("doctor", "tiny.net:tiny", 'freeze=["one"]', "--device", "cpu", "--quiet")
    assert done.status == 1
    assert not done.err
    lines = done.out.splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("  wrong: frozen layer: "))
    assert "-->" in lines[place + 1]
    assert lines[place + 2].startswith("    = help: give trained ones")


def test_json(run: Runner) -> None:
    done = run("doctor", "tiny.net:tiny", 'freeze=["one"]', "--device", "cpu", "--json", "--quiet")
    assert done.status == 1
    document = json.loads(done.out)
    assert document["wrong"] is True
    (finding,) = [each for check in document["checks"] for each in check["findings"]]
    assert finding["mistake"] == "frozen layer"
    assert finding["label"] == "one"
    assert {"what", "help", "file", "line", "column", "wrong"} <= finding.keys()


def test_what_check_refuses_is_a_finding(run: Runner) -> None:
    (run.folder / "tiny.net").write_text(TEXT.replace("linear(10)", "linear(7)"))
    done = run("doctor", "tiny.net:tiny")
    assert done.status == 1
    assert "error[E0715]" in done.err
    done = run("doctor", "tiny.net:tiny", "--json", "--quiet")
    assert done.status == 1
    (check,) = json.loads(done.out)["checks"]
    assert [each["mistake"] for each in check["findings"]] == ["E0715"]


def test_what_check_warns_of_is_a_finding(run: Runner) -> None:
    (run.folder / "tiny.net").write_text(TEXT.replace("linear(10)", "linear(10) -> softmax"))
    done = run("doctor", "tiny.net:tiny", "--device", "cpu")
    assert done.status == 1
    assert "wrong: W0301: " in done.out


def test_a_folder_that_can_not_be_written(run: Runner) -> None:
    (run.folder / "file").write_text("")
    done = run("doctor", "tiny.net:tiny", "--device", "cpu", "--out", "file/in")
    assert done.status == 1
    assert "file/in" in done.err


def test_wrong_usage(run: Runner) -> None:
    assert run("doctor").status == 2
    assert run("doctor", "tiny.net:tiny", "--runtime").status == 2


def test_interrupted(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found before stays on the screen."""

    def interrupted(*_: object) -> CheckReport:
        raise KeyboardInterrupt

    monkeypatch.setattr(Layers, "examine", interrupted)
    done = run("doctor", "tiny.net:tiny", "--device", "cpu")
    assert done.status == 130
    assert "frozen parts: 0 of" in done.out


def test_no_escape_of_a_stranger_reaches_the_terminal() -> None:
    symptom = Symptom("doubtful labels", "file \x1b[31m.png", "", wrong=False)
    text = shown(CheckReport("labels", "100 %", (symptom,)))
    assert "\x1b" not in text
    assert "  note: doubtful labels: " in text


@pytest.mark.parametrize("out", ["tiny.net", "tiny.net/below"])
def test_a_folder_that_is_a_file_is_refused_before_anything_is_done(run: Runner, out: str) -> None:
    done = run("doctor", "tiny.net", "--out", out)
    assert done.status == 1
    assert f"can't write `{out}`: `tiny.net` is a file, not a folder" in done.err
    assert not done.out
