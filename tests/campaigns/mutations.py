"""Texts that are nearly specs: good ones with bytes, tokens or lines changed, and plain rubbish.

Everything is drawn from a `Random`, so that a number gives the same text every time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from random import Random

from tests.campaigns.generator import generate
from tests.quality import ROOT

__all__ = ["KINDS", "changed", "corpus", "mutated"]

# What the mutated texts are drawn from; long files are drawn seldom, since they take long to check.
FOLDERS = ("specs", "examples", "tests/elaborate", "tests/torch", "tests/errors")
USUAL = 1500

WORD = re.compile(r'"[^"\n]*"|[A-Za-z_]\w*|\d[\w.]*|->|[<>=!]=|\*\*|//|\n|[ \t]+|[^\w\s]')
PIECES = (
    "(", ")", "[", "]", "{", "}", "->", ":", ";", ",", "=", "==", "\n", " ", ".", "..", '"', '"""',
    "#", "*", "**", "/", "//", "%", "-", "+", "<=", "\\", "\t", "\r\n", "\x00", "\x1b", "\u00d7",
    "\u202e", "\ufeff", "\U0001f600", "{i}", "{0}", "in", "if", "else", "for", "repeat", "reuse",
    "input", "output", "auxiliary", "net", "block", "train", "from", "import", "as", "assert",
    "not", "and", "or", "true", "false", "0", "1", "-1", "3x3", "0x0", "1.5", "1e999", "1e-9",
    "1_000_000_000", "9" * 30, "14M", "H", "W", "N", "in.channels", "in.shape", "len", "range(9)",
    "same", "conv", "linear", "relu", "add", "concat", "maxpool", "flatten", "reshape", "parameter",
    "identity", "batch_norm", "multi_head_attention", "lstm", "stride=0", "pad=same", "groups=3",
    "kernel=3x3", "axis=-9", "x: ", "{ identity; relu }", "([1, 2], )", "for i in range(3) {",
)  # fmt: skip


@cache
def corpus() -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The texts to start from, and how often to draw each."""
    paths = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.net")))
    texts = tuple(sorted({path.read_text(encoding="utf-8") for path in paths}))
    return texts, tuple(min(1.0, USUAL / (len(text) + 1)) ** 1.5 for text in texts)


def _start(draw: Random) -> str:
    if draw.random() < 0.3:
        return generate(draw.randrange(100_000)).text
    texts, weights = corpus()
    return draw.choices(texts, weights)[0]


def _bytes(draw: Random) -> bytes:
    """Bytes changed, added, doubled or left out: the text need not be UTF-8 any more."""
    data = bytearray(_start(draw).encode())
    for _ in range(draw.choice((1, 1, 2, 3, 8))):
        place = draw.randrange(len(data) + 1)
        length = draw.choice((0, 1, 1, 2, 5, 30))
        new = draw.choice((b"", bytes([draw.randrange(256)]), bytes([draw.randrange(32, 127)])))
        if draw.random() < 0.1:
            new = bytes(data[place : place + length]) * 2
        data[place : place + length] = new
    return bytes(data)


def _tokens(draw: Random) -> bytes:
    """Words left out, doubled, exchanged, or taken from another spec."""
    return changed(_start(draw), draw)


def changed(text: str, draw: Random) -> bytes:
    """A text with some of its words changed."""
    words = WORD.findall(text)
    other = WORD.findall(_start(draw)) if draw.random() < 0.3 else words
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        place = draw.randrange(len(words) + 1)
        change = draw.randrange(5)
        if change == 0:
            del words[place : place + draw.choice((1, 1, 2, 4))]
        elif change == 1:
            words[place:place] = words[place : place + draw.choice((1, 2, 6))]
        elif change == 2:
            words[place : place + 1] = [draw.choice(other or [""])]
        elif change == 3:
            words[place : place + draw.randrange(2)] = [draw.choice(PIECES)]
        else:
            _swap(words, place, draw.randrange(len(words) + 1))
    return "".join(words).encode()


def _lines(draw: Random) -> bytes:
    """Lines left out, doubled, exchanged, indented anew, or taken from another spec."""
    lines = _start(draw).split("\n")
    other = _start(draw).split("\n") if draw.random() < 0.4 else lines
    for _ in range(draw.choice((1, 1, 2, 4))):
        place = draw.randrange(len(lines) + 1)
        change = draw.randrange(5)
        if change == 0:
            del lines[place : place + draw.choice((1, 1, 3))]
        elif change == 1:
            lines[place:place] = lines[place : place + draw.choice((1, 2, 5))]
        elif change == 2:
            first = draw.randrange(len(other) + 1)
            lines[place:place] = other[first : first + draw.choice((1, 1, 4))]
        elif change == 3:
            lines[place : place + 2] = [" ".join(lines[place : place + 2])]
        else:
            _swap(lines, place, draw.randrange(len(lines) + 1))
    return "\n".join(lines).encode()


def _swap(items: list[str], one: int, two: int) -> None:
    if one < len(items) and two < len(items):
        items[one], items[two] = items[two], items[one]


def _numbers(draw: Random) -> bytes:
    """Numbers and names of a good spec replaced: it parses, and is wrong further on."""
    words = WORD.findall(_start(draw))
    places = [i for i, word in enumerate(words) if word[0].isalnum()]
    numbers = [i for i in places if words[i][0].isdigit()]
    for _ in range(draw.choice((1, 1, 2, 3))):
        if numbers and draw.random() < 0.7:
            words[draw.choice(numbers)] = draw.choice(
                ("0", "1", "2", "3", "5", "7", "64", "-1", "1x1", "3x3", "2x3x4", "0.5", "1e-3",
                 "true", '"a"', "[1, 2]", "10_000", "100_000_000", "1e400", "10G", "x", "same")
            )  # fmt: skip
        elif places:
            words[draw.choice(places)] = words[draw.choice(places)]
    return "".join(words).encode()


def _rubbish(draw: Random) -> bytes:
    """Random characters, random pieces, or random bytes."""
    kind = draw.randrange(3)
    if kind == 0:
        return "".join(draw.choices(PIECES, k=draw.randrange(60))).encode()
    if kind == 1:
        tops = draw.choices((128, 0xD800), k=draw.randrange(80))
        return "".join(chr(draw.randrange(top)) for top in tops).encode()
    return draw.randbytes(draw.randrange(200))


KINDS: dict[str, Callable[[Random], bytes]] = {
    "bytes": _bytes,
    "tokens": _tokens,
    "lines": _lines,
    "numbers": _numbers,
    "rubbish": _rubbish,
}


def mutated(kind: str, draw: Random) -> bytes:
    """A text of a kind, as the bytes of its file."""
    return KINDS[kind](draw)
