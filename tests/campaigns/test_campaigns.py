"""Short runs of the campaigns, the cases that long ones left, and whether they would notice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from netlang.examine import Examined
from netlang.ir.op import Case, Sample
from netlang.ops import all_operators
from netlang.ops.activation import Elu
from tests.campaigns import differences, formatter, halves, inject, lint, mutate, train
from tests.campaigns.files import cases
from tests.campaigns.of_specs import Check, replayed
from tests.campaigns.payloads import ALL, payload
from tests.campaigns.rebuild import LAYERS, Step
from tests.campaigns.rebuild.derived import layer_of
from tests.campaigns.running import MOST, Campaign, run_here
from tests.onnx.support import program_of

SHORT = (
    (mutate.CAMPAIGN, 40),
    (formatter.CAMPAIGN, 12),
    (train.CAMPAIGN, 25),
    (lint.CAMPAIGN, 6),
    (halves.CAMPAIGN, 8),
    (differences.CAMPAIGN, 20),
)
OF_SPECS: dict[str, Check] = {
    "formatter": formatter.wrong,
    "train": train.wrong,
    "lint": lint.wrong,
}
STRINGS = ("canary", '"""\nopen("canary", "w")\n"""', "</text><script>alert(1)</script>", "\x1b[2J")


@pytest.mark.parametrize(("campaign", "count"), SHORT, ids=lambda each: getattr(each, "name", ""))
def test_a_short_run_finds_nothing(campaign: Campaign, count: int) -> None:
    state = run_here(campaign, count, 1)
    assert state.failures == []
    assert state.counts


@pytest.mark.parametrize("text", STRINGS)
@pytest.mark.parametrize("slot", ["escaped label", "docstring of the net", inject.FILE_NAME, "net"])
def test_injection(slot: str, text: str) -> None:
    assert inject.complaints(slot, text)[0] == []


@pytest.mark.parametrize("text", ["..", "//", ".", "~"])
def test_an_injection_reads_nothing_but_its_own_folder(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`netlang check -- ..` read all specs in the folder of temporary files, and `//` all."""
    checked: list[str] = []

    def examined(spec: str) -> Examined:
        checked.append(Path(spec).name)
        return Examined((), ())

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("netlang.cli.verbs.check._examined", examined)
    (tmp_path / "other.net").write_text(inject.PLAIN, encoding="utf-8")
    assert inject.complaints(inject.COMMAND, text)[0] == []
    assert set(checked) == ({"~"} if text == "~" else {"main.net"})


def test_every_seed_has_strings_of_its_own() -> None:
    one, other = ([payload(seed * MOST + n) for n in range(500)] for seed in (1, 2))
    assert one[: len(ALL)] == other[: len(ALL)] == list(ALL)
    assert not set(one[len(ALL) :]) & set(other[len(ALL) :])


def _kept(*campaigns: str) -> list[tuple[str, Path]]:
    return [(campaign, folder) for campaign in campaigns for folder in cases(campaign)]


@pytest.mark.parametrize("folder", list(cases("mutate")), ids=lambda path: path.name)
def test_kept_texts_are_answered(folder: Path) -> None:
    assert mutate.judged((folder / "main.net").read_bytes())[1] == ""


@pytest.mark.parametrize("folder", list(cases("inject")), ids=lambda path: path.name)
def test_kept_injections_do_nothing(folder: Path) -> None:
    slot, text = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    assert inject.complaints(slot, text)[0] == []


@pytest.mark.parametrize(("campaign", "folder"), _kept(*OF_SPECS), ids=str)
def test_kept_specs_are_right(campaign: str, folder: Path) -> None:
    assert replayed(folder, OF_SPECS[campaign]) == []


# --- the network in plain torch ------------------------------------------------------------------


def test_every_operator_is_rebuilt() -> None:
    names = {op.name for op in all_operators()}
    assert names - LAYERS.keys() == set()


def test_an_elementwise_operator_is_rebuilt_by_its_module() -> None:
    x = torch.linspace(-2.0, 2.0, 24).reshape(2, 3, 4)
    step = Step([x], {}, {"alpha": 0.5}, [[3, 4]], training=False)
    made, expected = layer_of(Elu)(step), LAYERS["elu"](step)
    assert isinstance(made, Tensor)
    assert isinstance(expected, Tensor)
    torch.testing.assert_close(made, expected)


def _cases() -> Iterator[tuple[str, Case]]:
    for op in all_operators():
        for index, case in enumerate(op.cases()):
            if _is_plain(case):
                yield f"{op.name}-{index}", case


def _is_plain(case: Case) -> bool:
    """Whether random inputs do, and there are some that have a batch."""
    meant = all(each is not Sample.PLACES for each in case.samples)
    return meant and bool(case.inputs) and all(x.batch is not None for x in case.inputs)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in _cases()])
def test_every_case_trains_as_in_plain_torch(case: Case) -> None:
    program = program_of(case.op, case.inputs, {})
    assert train.compared(program, 0)[0] == []


def test_a_small_difference_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(case for name, case in _cases() if name == "tanh-0")
    program = program_of(case.op, case.inputs, {})
    right = LAYERS["tanh"]

    def wrong(step: Step) -> Tensor:
        made = right(step)
        assert isinstance(made, Tensor)
        return 0.999 * made

    monkeypatch.setitem(LAYERS, "tanh", wrong)
    found = train.compared(program, 0)[0]
    assert {each.split(":")[0] for each in found} == {"evaluation", "training"}
    assert any("gradient of x0" in each for each in found)


# --- injection and mutation would be noticed -----------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "import os\n", "print(1)\n", "def f(x):\n    return eval(x)\n",
        "def f(x):\n    return x.__class__\n", "f = lambda: 0\n", "class A:\n    x = f'{1}'\n",
    ],
)  # fmt: skip
def test_other_python_is_complained_of(text: str) -> None:
    from tests.campaigns.allowed import python_complaints

    assert list(python_complaints(text))


def test_scripts_in_a_picture_are_complained_of() -> None:
    from tests.campaigns.allowed import svg_complaints

    namespace = 'xmlns="http://www.w3.org/2000/svg"'
    assert list(svg_complaints(f"<svg {namespace}><script/></svg>"))
    assert list(svg_complaints(f'<svg {namespace}><g onload="x"/></svg>'))
    assert not list(svg_complaints(f"<svg {namespace}><g/></svg>"))


def test_too_much_work_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: object) -> object:
        while True:
            pass

    monkeypatch.setattr(mutate, "ANSWERING", 1_000)
    monkeypatch.setattr(mutate, "answer", endless)
    assert mutate.judged(b"k = 1\n") == ("failed", "too much work")
    monkeypatch.undo()
    monkeypatch.setattr(mutate, "LATER", 1_000)
    monkeypatch.setattr(mutate, "format_source", endless)
    assert mutate.judged(b"k = 1\n") == ("failed", "too much work")


def test_a_crash_is_noticed_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    right = mutate.answer

    def wrong(content: bytes) -> object:
        if b"relu" in content:
            raise KeyError("relu")
        return right(content)

    monkeypatch.setattr(mutate, "answer", wrong)
    text = "net a {\n    input x: [2]\n    relu\n}\n"
    fate, what = mutate.judged(text.encode())
    assert (fate, what) == ("failed", "KeyError in test_campaigns.py, wrong")
    found = run_here(mutate.CAMPAIGN, 12, 1).failures
    assert {failure["what"] for _, failure in found} == {what}
    small = mutate.shrink(mutate.failure(what, text.encode()))
    assert small.files["main.net"] == "relu"
