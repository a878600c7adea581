"""`netlang diff` as a command: exit statuses, forms of output, strange names."""

from __future__ import annotations

import json

import pytest

from tests.cli.support import GOOD, Runner


def test_a_difference_is_no_failure(run: Runner) -> None:
    (run.folder / "other.net").write_text(GOOD.replace("relu", "gelu"))
    for arguments, told in (
        ((), "changed  1: relu -> gelu"),
        (("--steps",), "relu -> gelu"),
        (("--markdown",), "- **changed** `1`: relu -> gelu"),
    ):
        done = run("diff", "good.net", "other.net", *arguments)
        assert (done.status, done.err) == (0, "")
        assert told in done.out
    found = json.loads(run("diff", "good.net", "other.net", "--json").out)
    assert [line["verb"] for line in found["lines"]] == ["changed"]
    assert not json.loads(run("diff", "good.net", "good.net:tiny", "--json").out)["lines"]


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("good.net",), 2, "Missing argument 'AFTER'"),
        (("good.net", "good.net", "--json", "--markdown"), 2, "give one"),
        (("good.net", "wrong.net"), 1, "linear"),
        (("absent.net", "good.net"), 1, "E0001"),
        (("good.net", "two.net"), 1, "E0008"),
        (("good.net", "good.net", "-o", "x.py"), 1, "E0011"),
        (("good.net", "good.net", "--size", "D=3"), 1, "E0453"),
        (("good.net@-x", "good.net"), 1, "E0025"),
    ],
)
def test_refused(run: Runner, arguments: tuple[str, ...], status: int, told: str) -> None:
    done = run("diff", *arguments)
    assert done.status == status
    assert told in done.err


def test_sizes_and_calls(run: Runner) -> None:
    done = run("diff", "good.net", "good.net:tiny(classes=3)", "--size", "64")
    assert "changed  fc: linear: out 10 -> 3" in done.out
    assert done.out.count("[10]") == 2


def test_names_of_files_are_no_markup(run: Runner) -> None:
    name = "a`|<b>\x1b[2J.net"
    (run.folder / name).write_text(GOOD)
    for form in ("--markdown", "--steps"):
        assert "\x1b" not in run("diff", name, name, form).out
    heading = run("diff", name, "good.net", "--markdown").out.splitlines()[0]
    assert heading == "### `a'/<b>\\x1b[2J.net` → `good.net`"
    assert run("diff", name, "good.net", "-o", "x.dot").status == 0
    drawn = (run.folder / "x.dot").read_text(encoding="utf-8")
    assert "&lt;b&gt;" in drawn
    assert "\x1b" not in drawn


@pytest.mark.parametrize("name", ["halves", "times"])
def test_blocks_that_multiply_are_refused_or_taken_as_a_whole(run: Runner, name: str) -> None:
    """2^30 steps of two calls in each block, and as many of one that is repeated."""
    body = {"halves": "{0}\n    {0}", "times": "repeat 2 {{ {0} }}"}[name]
    blocks = ["block b0 { linear(4) }"]
    blocks += [f"block b{n} {{\n    {body.format(f'b{n - 1}')}\n}}" for n in range(1, 31)]
    net = "net a {\n    input x: [4]\n    b30\n}\n"
    (run.folder / "a.net").write_text("\n".join([*blocks, net]))
    done = run("diff", "a.net", "good.net")
    assert done.status == (1 if name == "halves" else 0)
    assert ("E0457" in done.err) == (name == "halves")
