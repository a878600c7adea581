"""`netlang list`: every bundled file stands in one group, and words find families."""

from __future__ import annotations

import subprocess
import sys

import pytest

from netlang.cli.library import BLOCKS, OTHERS, groups
from netlang.elaborate import load_program
from netlang.modules.files import bundled_definitions, bundled_files
from tests.cli.support import Runner


def families(text: str) -> list[str]:
    """The families that were listed."""
    lines = text.splitlines()
    return [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]


def test_every_file_has_its_group() -> None:
    found = {group.title: [family.name for family in group.families] for group in groups()}
    assert found.pop(OTHERS) == [], "name the file in specs/groups.toml"
    assert all(name.startswith("blocks.") for name in found.pop(BLOCKS))
    assert all(found.values())
    names = [family.name for group in groups() for family in group.families]
    assert sorted(names) == sorted(bundled_files())


def test_groups_name_files_that_exist() -> None:
    import tomllib

    from netlang.modules.files import bundled_folder

    text = (bundled_folder() / "groups.toml").read_text(encoding="utf-8")
    named = [file for group in tomllib.loads(text)["group"] for file in group["files"]]
    assert len(named) == len(set(named))
    assert set(named) <= set(bundled_files())


def test_overview_shows_tasks_papers_and_nets(run: Runner) -> None:
    text = run("list").out
    assert families(text) == [family.name for group in groups() for family in group.families]
    lines = [line.strip() for line in text.splitlines()]
    places = [
        lines.index("Image classification"),
        next(i for i, line in enumerate(lines) if line.startswith("resnet  ")),
        lines.index("resnet18  resnet34  resnet50  resnet101  resnet152"),
        lines.index("Segmentation"),
        lines.index(BLOCKS),
    ]
    assert places == sorted(places)
    assert "Deep Residual Learning for Image Recognition" in lines[places[1]]
    assert "resnet(" not in text, "nets that need arguments aren't names to compile"
    assert f"{len(bundled_files())} files: " in lines[-2]
    assert "netlang list WORD..." in lines[-1]


def test_overview_names_what_compiles(run: Runner) -> None:
    words = set(run("list").out.split())
    assert {"se_resnet18", "lenet5", "vae", "plain56"} <= words
    assert load_program("plain56").name == "plain56"
    nets = {name for kind, name, _ in bundled_definitions() if kind == "net"}
    needing = {
        entry.name
        for group in groups()
        for family in group.families
        for entry in family.of("net")
        if entry.parameters
    }
    assert nets - needing <= words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["plain32"], ["resnet_cifar"]),  # the name of a net
        (["resnet18"], ["resnet", "se_resnet"]),  # a part of names
        (["Zagoruyko"], ["wide_resnet"]),  # an author
        (["1709.01507"], ["senet", "se_resnet", "se_resnext", "blocks.squeeze_excite"]),
        (["cifar"], ["nin", "resnet_cifar"]),  # the text of a file, in another case
        (["option", "zeros"], ["blocks.residual"]),  # the text of a block
        (["segment", "ronneberger"], ["unet", "unet_3d"]),  # a task and an author
        (["imagenet", "recipe", "szegedy"], ["googlenet"]),  # a kind
    ],
)
def test_words_find_families(run: Runner, words: list[str], expected: list[str]) -> None:
    assert families(run("list", *words).out) == expected


def test_a_task_is_a_word(run: Runner) -> None:
    found = families(run("list", "autoencoders").out)
    assert {"autoencoder", "conv_autoencoder", "vae", "dcgan"} <= set(found)


def test_what_is_found_is_shown_in_full(run: Runner) -> None:
    text = run("list", "resnet_cifar").out
    assert "nets     resnet_cifar(depth)  resnet20" in text
    assert "options B and C too" in text
    text = run("list", "blocks.residual").out
    assert "projected(out, stride): Options B and C: " in text
    assert "recipes  mnist1d" in run("list", "mnist1d").out
    assert "netlang list WORD" not in text


def test_words_are_no_patterns(run: Runner) -> None:
    assert run("list", ".*").status == 1
    assert run("list", "[").status == 1


def test_a_slip_is_corrected(run: Runner) -> None:
    said = run.refused("list", "resent")
    assert said == "nothing bundled matches `resent`; did you mean `netlang list resnet`?\n"
    said = run.refused("list", "nothing-like-this")
    assert said == "nothing bundled matches `nothing-like-this`\n"


def test_names_are_wrapped(run: Runner) -> None:
    texts = run("list").out + run("list", "regnet").out
    names = [line for line in texts.splitlines() if line.startswith("    ") and ": " not in line]
    assert max(len(line) for line in names) <= 100


def test_list_imports_no_backend() -> None:
    code = (
        "import sys\nfrom netlang.cli import main\ntry:\n    main(['list'])\nexcept SystemExit:\n"
        "    assert not {'torch', 'onnx', 'numpy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
