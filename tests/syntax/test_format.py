"""The one layout: files that have it, texts that get it, and what it keeps of any text."""

from __future__ import annotations

import random
import re
from itertools import pairwise
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from netlang.diagnostics.errors import InternalError, NetlangError
from netlang.syntax import format as formatter
from netlang.syntax.format import format_source
from netlang.syntax.format.same import same_tree, tokens_of
from tests.syntax.scramble import scrambled
from tests.syntax.shape import tree
from tests.syntax.test_robustness import mutated
from tests.work import steps_of

ROOT = Path(__file__).parents[2]
FOLDERS = ("specs", "examples", "tests", "netlang")


def parses(path: Path) -> bool:
    try:
        return bool(tree(path.read_text(encoding="utf-8")))
    except NetlangError:
        return False


FILES = [path for each in FOLDERS for path in sorted((ROOT / each).rglob("*.net")) if parses(path)]
TEXTS = [path.read_text(encoding="utf-8") for path in FILES]
SPECS = [path for path in FILES if path.is_relative_to(ROOT / "specs")]
# What a campaign failed on stays as it was.
KEPT = ROOT / "tests" / "campaigns" / "cases"
WRITTEN = [path for path in FILES if not path.is_relative_to(KEPT)]
ODD = Path(__file__).with_name("odd.txt").read_text(encoding="utf-8")


def laid_out(text: str) -> str:
    """The layout of a text, after the promises that hold for any text."""
    formatted = format_source(text, "test.net")
    assert same_tree(tree(text), tree(formatted))
    assert comments(text) == comments(formatted)
    assert format_source(formatted, "test.net") == formatted
    return formatted


def comments(text: str) -> list[str]:
    """The comments of a text, sorted: one that stood inside an item may pass another."""
    tokens = tokens_of(text)
    ends = [0, *tokens.ends]
    starts = [*tokens.starts, len(text)]
    gaps = (text[end:start] for end, start in zip(ends, starts, strict=True))
    found = (line.partition("#")[2] for gap in gaps for line in gap.split("\n") if "#" in line)
    return sorted(word for line in found for word in re.split(r"[#\s]+", line) if word)


def seeds(count: int, most: int) -> list[ParameterSet]:
    """So many of them in every run, the rest in the long one."""
    return [
        pytest.param(seed, marks=() if seed < count else pytest.mark.slow) for seed in range(most)
    ]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_every_file_has_the_layout(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert laid_out(text) == text


def assert_it_comes_back(path: Path, seeds: range) -> None:
    text = format_source(path.read_text(encoding="utf-8"), path.name)
    for seed in seeds:
        other = scrambled(text, seed)
        assert same_tree(tree(other), tree(text))
        assert format_source(other, path.name) == text


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_scrambled_file_gets_its_layout_back(path: Path) -> None:
    assert_it_comes_back(path, range(3))


@pytest.mark.slow
@pytest.mark.parametrize("path", SPECS, ids=name_of)
def test_a_spec_scrambled_in_many_ways(path: Path) -> None:
    assert_it_comes_back(path, range(3, 20))


def test_scrambling_changes_the_layout() -> None:
    text = SPECS[0].read_text(encoding="utf-8")
    assert len({scrambled(text, seed) for seed in range(20)}) == 20


@pytest.mark.parametrize("seed", range(100))
def test_an_odd_file_scrambled(seed: int) -> None:
    text = laid_out(ODD)
    assert laid_out(scrambled(text, seed)) == text


@pytest.mark.parametrize(
    ("written", "expected"), [("1 .2", "1. 2"), ("1. 2 . 3", "1. 2.3"), ("a . 0. 1", "a.0.1")]
)
def test_a_part_of_a_number_is_no_decimal(written: str, expected: str) -> None:
    """The former is refused later on, with a reason."""
    text = "net n {{\n    input x: [3]\n    linear({})\n}}\n"
    assert laid_out(text.format(written)) == text.format(expected)


@pytest.mark.parametrize("seed", seeds(150, 300))
def test_a_mutated_file_keeps_its_meaning(seed: int) -> None:
    choose = random.Random(seed)
    for text in choose.sample([*TEXTS, ODD], 5):
        changed = mutated(text, choose)
        try:
            tree(changed)
        except NetlangError:
            continue
        laid_out(changed)


@pytest.mark.parametrize("seed", seeds(60, 200))
def test_comments_anywhere(seed: int) -> None:
    """A comment before any word where the grammar lets a line end."""
    choose = random.Random(seed)
    text = choose.choice([*TEXTS, ODD, ODD])
    tokens = tokens_of(text)
    for number, start in reversed(list(enumerate(tokens.starts))):
        if choose.random() < 0.1:
            comment = choose.choice((" ", "\n")) + f"# c{number}\n"
            changed = text[:start] + comment + text[start:]
            try:
                same = same_tree(tree(changed), tree(text))
            except NetlangError:
                continue
            text = changed if same else text
    laid_out(text)


@pytest.mark.parametrize("seed", range(100))
def test_breaks_of_long_lines(seed: int) -> None:
    """With names of any length, what is too long breaks, once and for all."""
    choose = random.Random(seed)
    text = choose.choice([*TEXTS, ODD])
    factor = choose.choice((2, 3, 5, 9))
    text = re.sub(r"\b[b-z]\w{2,}(?=[(,)\s])(?!\s+[\w\"{])", lambda m: m.group() * factor, text)
    try:
        tree(text)
    except NetlangError:
        return
    laid_out(text)


def test_the_meaning_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatter, "lay_out", lambda document: ["k = 2"])
    with pytest.raises(InternalError, match="would change what it says"):
        format_source("k = 1\n", "test.net")


def test_a_text_in_error_is_refused() -> None:
    with pytest.raises(NetlangError) as error:
        format_source("k = (1\n", "test.net")
    assert error.value.diagnostics[0].code == "E0102"


def test_work_is_linear() -> None:
    def steps(count: int) -> int:
        lines = "".join(f"    conv{i}: conv({i % 7 + 1}, 3x3, pad=1) -> bn\n" for i in range(count))
        text = f"net a {{\n    input image: [3, 32, 32]\n{lines}}}\n"
        return steps_of(lambda: format_source(text, "long.net"))

    steps(1)  # imports and fills caches
    counts = [steps(count) for count in (250, 500, 1_000, 2_000)]
    assert all(later < 1.1 * 2 * earlier for earlier, later in pairwise(counts))
