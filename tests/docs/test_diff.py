"""The page on `netlang diff`: its commands print what it says, and its picture is theirs."""

from __future__ import annotations

import re
import shlex

import netlang
from tests.cli.support import Runner
from tests.quality import ROOT

PAGE = (ROOT / "docs" / "diff.md").read_text(encoding="utf-8")
SPECS = dict(re.findall(r"^```net (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
SHOWN = re.findall(r"^```sh\n([^\n]+)\n```\n\n```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page(run: Runner) -> None:
    from safetensors.torch import save_file

    for name, text in SPECS.items():
        (run.folder / name).write_text(text, encoding="utf-8")
    module = netlang.load(str(run.folder / "before.net")).torch(seed=1)
    save_file(module.state_dict(), run.folder / "before.safetensors")
    assert len(SHOWN) == 2
    for command, printed in SHOWN:
        program, *arguments = shlex.split(command)
        assert program == "netlang"
        assert run(*arguments).out == printed


def test_the_picture(run: Runner) -> None:
    for name, text in SPECS.items():
        (run.folder / name).write_text(text, encoding="utf-8")
    assert run("diff", "before.net", "after.net", "-o", "diff.svg").status == 0
    drawn = [
        re.findall(r">([^<>]+)</text>", (folder / "diff.svg").read_text(encoding="utf-8"))
        for folder in (run.folder, ROOT / "docs")
    ]
    assert drawn[0] == drawn[1]
