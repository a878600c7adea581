"""`netlang check` in its formats and with `--fix`, and `netlang rule`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netlang.diagnostics.catalogue import codes
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.language.names import UnknownLayer
from netlang.elaborate.check import Checked
from netlang.source import Source, Span
from tests.cli.support import Runner
from tests.work import steps_of

FIXABLE = """\
net a {
    input x: [3, 8, 8]
    add{ relu; identity }  # stays
    Conv(8, 3\u00d73, pad="same")
    linaer(2)
}
"""


def test_fix_applies_what_is_safe(run: Runner) -> None:
    path = run.folder / "b.net"
    path.write_text(FIXABLE, encoding="utf-8")
    path.chmod(0o640)
    result = run("check", "--fix", "b.net")
    assert result.status == 1
    assert path.read_text(encoding="utf-8") == FIXABLE.replace("add{", "add {").replace(
        "\u00d7", "x"
    ).replace("Conv", "conv").replace('"same"', "same")
    assert path.stat().st_mode & 0o777 == 0o640
    lines = result.err.splitlines()
    fixed = [line for line in lines if line.startswith("fixed ")]
    assert [line.split()[1] for line in fixed] == ["E0106", "E0107", "E0201", "E0305"]
    assert fixed[1] == "fixed E0107 at b.net:4:14: write `x`"
    assert "error[E0201]: unknown operator or block `linaer`" in lines
    again = run("check", "--fix", "b.net")
    assert "fixed" not in again.err


def test_fix_keeps_line_ends_and_links(run: Runner) -> None:
    path, link = run.folder / "b.net", run.folder / "link.net"
    text = "net a {\n    input x: [8]\n    add{ linear(8); identity }\n}\n"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    link.symlink_to(path)
    assert run("check", "--fix", "link.net:a").status == 0
    assert link.is_symlink()
    assert path.read_bytes() == text.replace("add{", "add {").replace("\n", "\r\n").encode()


def test_fix_leaves_a_good_file_and_bundled_nets_alone(run: Runner) -> None:
    path = run.folder / "good.net"
    before = path.stat().st_mtime_ns
    assert run("check", "--fix", "good.net", "resnet18").status == 0
    assert path.stat().st_mtime_ns == before


def test_fix_that_can_not_be_written(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    (run.folder / "b.net").write_text(FIXABLE, encoding="utf-8")

    def refused(path: Path, content: bytes, mode: int | None = None) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("netlang.repair.replace_file", refused)
    result = run("check", "--fix", "b.net", "--format", "json")
    assert result.status == 1
    assert [each["code"] for each in json.loads(result.out)["diagnostics"]] == ["E0014"]


def test_rule(run: Runner) -> None:
    result = run("rule", "e0412")
    assert result.status == 0
    assert result.out.startswith("E0412: the branches differ in shape\n\n")
    assert "Wrong:\n\n    net a {\n" in result.out
    assert "Right:\n\n    net a {\n" in result.out
    listed = run("rule").out.splitlines()
    assert [line.split()[0] for line in listed] == list(codes())
    unknown = run("rule", "E9999")
    assert unknown.status == 2
    assert "netlang rule" in unknown.err


def test_work_on_many_warnings_is_linear(run: Runner) -> None:
    def steps(count: int) -> int:
        unused = "".join(f"k{i} = {i}\n" for i in range(count))
        (run.folder / "many.net").write_text(f"net a {{\n    input x: [4]\n    relu\n}}\n{unused}")
        return steps_of(lambda: run("check", "many.net"))

    run("check", "good.net", "wrong.net")  # what it imports isn't part of its work
    assert steps(1_600) < 1.2 * 4 * steps(400)


def test_no_two_errors_are_compared_with_each_other() -> None:
    def steps(count: int) -> int:
        checked = Checked()
        spans = [Span(Source("a.net", "a" * count), at, at + 1) for at in range(count)]
        errors = [NetlangError(UnknownLayer(span=span, name="a", fix=None)) for span in spans]

        def report() -> None:
            for error in errors + errors:
                checked.report(error)

        return steps_of(report)

    assert steps(800) < 1.2 * 8 * steps(100)


RECIPE = """\
net a {
    input image: [3, 8, 8]
    flatten -> linear(2)
}

train pets {
    model:     a
    data:      image_folder("pets")
    augment:   resize(8)
    early_stopping: 3
    loss:      cross_entropy
    optimizer: sgd(lr=0.1)
    batch:     4
    epochs:    9
}
"""


def test_what_only_the_data_can_tell(run: Runner) -> None:
    """A folder may have a part for validation or not: that isn't an error, and no secret either."""
    said = "`early_stopping` of `pets` needs a part for validation in the data"
    path = run.folder / "p.net"
    path.write_text(RECIPE)
    assert said in run("check", "p.net").out
    path.write_text(RECIPE.replace("    loss:", "    validation: 0.2\n    loss:"))
    done = run("check", "p.net")
    assert (done.status, said in done.out) == (0, False)


@pytest.fixture
def apart(run: Runner) -> Runner:
    """A recipe in a file of its own, which imports its net."""
    net, recipe = RECIPE.split("train pets")
    (run.folder / "nets.net").write_text(net)
    (run.folder / "r.net").write_text(f"from nets import a\n\ntrain pets{recipe}")
    return run


def test_a_recipe_by_its_name(apart: Runner) -> None:
    done = apart("check", "r.net:pets")
    assert done.status == 0
    assert done.out.startswith("a: 386 params, 384 MACs\nr.net:pets: the recipe is right: pets\n")
    assert "`early_stopping` of `pets` needs a part for validation" in done.out
    said = apart.refused("check", "r.net:dogs")
    assert "E0007" in said
    assert "it has no net, and the recipe `pets`" in said


def test_a_recipe_by_its_name_that_is_wrong(apart: Runner) -> None:
    """The recipe that was named alone, with the same errors as in its file."""
    path = apart.folder / "r.net"
    text = path.read_text()
    path.write_text(text.replace("resize(8)", "resize(9)"))
    assert apart.refused("check", "r.net:pets") == apart.refused("check", "r.net")
    other = text.partition("\n\n")[2].replace("pets {", "dogs {").replace("lr=0.1", "lr=-1")
    path.write_text(f"{text}\n{other}")
    assert apart("check", "r.net").status == 1
    assert apart("check", "r.net:pets").status == 0
    assert "`lr` of `sgd` must be" in apart.refused("check", "r.net:dogs")


def test_warnings_of_a_recipe_by_its_name(apart: Runner) -> None:
    path = apart.folder / "r.net"
    path.write_text(path.read_text().replace("train pets", "unused = 3\n\ntrain pets"))
    done = apart("check", "r.net:pets")
    assert (done.status, done.err) == (0, apart("check", "r.net").err)
    assert "W0102" in done.err
    assert apart("check", "r.net:pets", "--strict").status == 1
