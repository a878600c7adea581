"""Labels: what a step must be called, and a name for one that others read."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from netlang.analysis.render.literal import KEYWORDS
from netlang.backends.torch.importing.steps import SourceStep
from netlang.backends.torch.importing.text.lines import cut
from netlang.ops import operator_names

__all__ = ["input_word", "net_name", "output_words", "proposed", "snake"]

_is_word = re.compile(r"[A-Za-z_][A-Za-z0-9_]*").fullmatch
# Some acronyms have lowercase letters: ViT, ReLU, SiLU; and the D of Conv1D goes with its digit.
_BETWEEN_WORDS = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])(?!(?<=i)T(?![a-z])|LU(?![a-z])|(?<=[0-9])D(?![a-z]))"
    r"|(?<=[A-Z])(?=[A-Z][a-z])(?![A-Z]iT(?![a-z]))|(?<=iT)(?=[A-Z])"
)
_RESERVED = KEYWORDS | {"bn", "gap", "body", "none", "same", "hole"}


def proposed(step: SourceStep, inside: str) -> str:
    """A name for a step without weights: that of its module, or of its operator."""
    path = step.modules[-1].path if step.modules else inside
    last = cut(path, inside).rpartition(".")[2]
    if path != inside and _is_word(last) and last not in operator_names():
        return last if last not in _RESERVED else f"{last}_"
    taken = step.op in operator_names() or step.op in _RESERVED
    return f"{step.op}1" if taken else step.op


def net_name(text: str) -> str:
    """A text as the name of a net, which is that of no operator: the net may apply it."""
    word = re.sub(r"\W+", "_", text.rpartition("/")[2], flags=re.ASCII).strip("_").lower()[:60]
    if not word or word[0].isdigit():
        return f"net_{word}".rstrip("_")
    return f"{word}_net" if word in _RESERVED or word in operator_names() else word


def input_word(name: str, taken: Set[str]) -> str:
    """The name of an argument of the source as that of an input, which none of `taken` is."""
    word = re.sub(r"\W", "_", name, flags=re.ASCII)
    while word in taken or word in _RESERVED - {"input"}:
        word += "_"
    return word


def output_words(names: Sequence[str]) -> tuple[str, ...]:
    """Keys of the source as names of outputs: words, each another one."""
    found: list[str] = []
    for name in names:
        word = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
        word = word if _is_word(word) and word not in _RESERVED else f"output_{word}".rstrip("_")
        number, base = 1, word
        while word in found:
            number += 1
            word = f"{base}_{number}"
        found.append(word)
    return tuple(found)


def snake(name: str) -> str:
    """The name of a class as that of a block."""
    word = name.rpartition(".")[2].strip("_")
    word = _BETWEEN_WORDS.sub("_", word).lower()
    word = word if _is_word(word) and word != "block" else "unit"
    taken = word in _RESERVED or word in operator_names()
    return f"{word}_block" if taken else word
