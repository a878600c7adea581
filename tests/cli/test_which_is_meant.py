"""Which net or recipe a file stands for: every verb takes the one that its name would, or none.

The files hold every choice of up to three definitions, in some order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations_with_replacement
from random import Random
from typing import NamedTuple

import pytest

import netlang
from netlang.diagnostics.errors import NetlangError
from tests.cli.support import Result, Runner
from tests.train.pictures import without_pictures

BODY = "    input x: [1, 8, 8]\n    flatten -> linear({})\n}}\n"
LIBRARY = "net lib(width) {\n" + BODY.format("width").replace("}}", "}")
DEFINITIONS = {
    "complete": "net {name} {{\n" + BODY,
    "open": "net {name}(width) {{\n" + BODY,
    "alias": "net {name} = lib({number})\n",
    "block": "block {name} {{ relu }}\n",
    "recipe": "train {name} {{\n    model: lib(10)\n    data: digits\n"
    "    optimizer: sgd(lr=0.1)\n    batch: {number}\n    steps: 1\n    loss: cross_entropy\n}}\n",
}
# `@` is the spec.
OF_NETS = {
    "summary": "summary @", "explain": "explain @ 1", "expand": "expand @",
    "draw": "draw @ -o a.dot", "compile": "compile @ -o a.py", "verify": "verify @",
    "diff to it": "diff lib.net(width=3) @ --json", "diff of it": "diff @ lib.net(width=3) --json",
    "bench": "bench @ --seconds 0 --threads 1", "migrate": "migrate @ @ --weights no.pth -o a.pth",
}  # fmt: skip
OF_RECIPES = {
    "train": "train @ batch=0", "search": "search @ batch=0", "doctor": "doctor @ batch=0",
    "eval": "eval @ --weights no.pth", "predict": "predict @ a.png --weights no.pth",
    "soup": "soup @ --weights no.pth --weights none.pth -o a.pth",
}  # fmt: skip
SLOW = ("verify", "bench")  # these take half a second for a net


class Written(NamedTuple):
    """The text of a file, and the names of what it defines, by their kind."""

    text: str
    names: dict[str, list[str]]

    def meant(self, kinds: tuple[str, ...]) -> list[str]:
        return [name for kind in kinds for name in self.names.get(kind, ())]

    @property
    def net(self) -> str | None:
        """The net that is meant: the only one, or the only one that is complete, or a recipe's."""
        nets = self.meant(("complete", "alias", "open"))
        complete = self.meant(("complete", "alias")) if len(nets) > 1 else nets
        return _only(complete if nets else self.meant(("recipe",)))

    @property
    def net_refused(self) -> str:
        """The code for a file that stands for no net, or one that lacks an argument."""
        if self.net is not None:
            return "E0302" if self.net in self.names.get("open", ()) else ""
        known = self.meant(("complete", "alias", "open")) or self.meant(("recipe",))
        return "E0008" if known else "E0009"

    @property
    def recipe(self) -> str | None:
        return _only(self.meant(("recipe",)))


def _only(names: list[str]) -> str | None:
    return names[0] if len(names) == 1 else None


def _files() -> Iterator[Written]:
    draw = Random(1)
    for count in range(4):
        for kinds in combinations_with_replacement(DEFINITIONS, count):
            yield _written(draw.sample(kinds, count))


def _written(kinds: list[str]) -> Written:
    names: dict[str, list[str]] = {}
    texts = ["from lib import lib\n"] if {"alias", "recipe"}.intersection(kinds) else []
    for number, kind in enumerate(kinds, 10):
        name = f"{kind}_{number}"
        names.setdefault(kind, []).append(name)
        width = "width" if kind == "open" else number
        texts.append(DEFINITIONS[kind].format(width, name=name, number=number))
    return Written("\n".join(texts) or "# nothing\n", names)


FILES = tuple(_files())


@pytest.fixture
def files(run: Runner) -> Runner:
    (run.folder / "lib.net").write_text(LIBRARY, encoding="utf-8")
    return run


def _said(run: Runner, command: str, name: str | None = None) -> tuple[Result, list[bytes]]:
    """What a command answers of a file, or of a name in it, and what it writes."""
    spec = f"f.net:{name}" if name else "f.net"
    with without_pictures():
        said = run(*(word.replace("@", spec) for word in command.split()))
    if command.startswith("bench"):  # it says how long it took
        said = Result(said.status, "", "")
    said = Result(said.status, said.out.replace(spec, "f.net"), said.err)
    paths = [path for path in sorted(run.folder.glob("a.*")) if path.suffix != ".net"]
    content = [path.read_bytes() for path in paths]
    for path in paths:
        path.unlink()
    return said, content


@pytest.mark.parametrize("verb", OF_NETS)
def test_the_net_of_a_file(verb: str, files: Runner) -> None:
    slow = 0
    for written in FILES:
        (files.folder / "f.net").write_text(written.text, encoding="utf-8")
        slow += not written.net_refused
        if written.net_refused:
            assert f"error[{written.net_refused}]" in files.refused(
                *(word.replace("@", "f.net") for word in OF_NETS[verb].split())
            )
        elif verb not in SLOW or slow < 3:
            named = _said(files, OF_NETS[verb], written.net)
            assert _said(files, OF_NETS[verb]) == named, written.text
    assert len(FILES) == 56


@pytest.mark.parametrize("verb", OF_RECIPES)
def test_the_recipe_of_a_file(verb: str, files: Runner) -> None:
    for written in FILES:
        (files.folder / "f.net").write_text(written.text, encoding="utf-8")
        said = _said(files, OF_RECIPES[verb])
        if written.recipe is not None:
            assert said == _said(files, OF_RECIPES[verb], written.recipe), written.text
        else:
            code = "E0008" if written.meant(("recipe",)) else "E0015"
            assert f"error[{code}]" in said[0].err, written.text


def test_look_takes_a_recipe_or_else_a_net(files: Runner) -> None:
    for written in FILES:
        (files.folder / "f.net").write_text(written.text, encoding="utf-8")
        said = _said(files, "look @ --weights no.pth")
        meant = written.recipe or written.net
        if written.recipe or not written.net_refused:
            assert said == _said(files, "look @ --weights no.pth", meant), written.text
        else:
            assert f"error[{written.net_refused}]" in said[0].err, written.text


@pytest.mark.filterwarnings("ignore::netlang.NetlangWarning")
def test_python_takes_the_same_net(files: Runner) -> None:
    path = files.folder / "f.net"
    for written in FILES:
        path.write_text(written.text, encoding="utf-8")
        loaded: list[Callable[[], netlang.Net]] = [partial(netlang.load, str(path))]
        if "lib" not in written.text:
            loaded.append(partial(netlang.loads, written.text))
        for load in loaded:
            if written.net_refused:
                with pytest.raises(NetlangError, match=written.net_refused):
                    load()
            else:
                assert load().name in (written.net, "lib")


def test_check_is_content_with_each(files: Runner) -> None:
    """Whether other verbs would know what is meant or not."""
    for written in FILES:
        (files.folder / "f.net").write_text(written.text, encoding="utf-8")
        said = files("check", "f.net")
        assert said.status == 0, said.err
        checked = written.meant(("complete", "alias")) or written.meant(("recipe",))
        for name in checked:
            assert name in said.out, written.text
        assert ("has no net" in said.out) == (not checked), written.text


SUFFIXES = (".txt", ".NET", ".net.txt", ".net.TXT", ".yaml", ".json", ".md", ".conf", ".a.b")
EVERY = (*OF_NETS.values(), *OF_RECIPES.values(), "check @", "look @ --weights no.pth")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_spec_with_another_suffix(suffix: str, files: Runner) -> None:
    """Every verb says the same, and with the name that is advised it is one."""
    path = files.folder / f"f{suffix}"
    path.write_text(_written(["complete"]).text, encoding="utf-8")
    said = {files.refused(*command.replace("@", path.name).split()) for command in EVERY}
    assert len(said) == 1, said
    advised = re.search(r"rename it to `([^`]+)`", said.pop())
    assert advised is not None
    path.rename(files.folder / advised[1])
    assert files("check", advised[1]).status == 0
    assert advised[1].count(".net") == 1
