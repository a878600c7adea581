"""Labels: what a step must be called, and a name for one that others read."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence, Set

from netlang.backends.torch.importing.steps import SourceStep
from netlang.ops import operator_names

__all__ = [
    "RESERVED", "input_word", "is_word", "label_text", "net_name", "output_words", "proposed",
    "read_text", "snake",
]  # fmt: skip

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
RESERVED = {
    "block", "net", "train", "from", "import", "as", "input", "output", "auxiliary", "if", "else",
    "for", "in", "repeat", "reuse", "assert", "and", "or", "not", "true", "false", "here", "inline",
    "body", "bn", "gap", "none", "same",
}  # fmt: skip


def is_word(text: str) -> bool:
    return _WORD.fullmatch(text) is not None


def _part(text: str, *, read: bool) -> str:
    if is_word(text):
        return f'"{text}"' if read and text in RESERVED else text
    if re.fullmatch(r"0|[1-9][0-9]{0,8}", text):
        return text
    for char, escape in _ESCAPES.items():
        text = text.replace(char, escape)
    return f'"{text}"'


def label_text(path: str) -> str:
    """A label as it is written in front of its step."""
    return ".".join(_part(part, read=False) for part in path.split("."))


def read_text(path: str) -> str:
    """A label as it is written where it is read."""
    parts = path.split(".")
    shown = ".".join(_part(part, read=True) for part in parts)
    return f'"{path}"' if len(parts) == 1 and path.isdigit() else shown


def proposed(step: SourceStep, inside: str) -> str:
    """A name for a step without weights: that of its module, or of its operator."""
    for module in reversed(step.modules):
        own = module.path.removeprefix(f"{inside}.") if inside else module.path
        last = own.rpartition(".")[2]
        if own and module.path != inside and is_word(last) and last not in operator_names():
            return last if last not in RESERVED else f"{last}_"
        break
    return step.op if step.op not in operator_names() and step.op != "gap" else f"{step.op}1"


def net_name(text: str) -> str:
    """A text as the name of a net, which is that of no operator: the net may apply it."""
    word = re.sub(r"\W+", "_", text.rpartition("/")[2], flags=re.ASCII).strip("_").lower()[:60]
    if not word or word[0].isdigit():
        return f"net_{word}".rstrip("_")
    return f"{word}_net" if word in RESERVED or word in operator_names() else word


def input_word(name: str, taken: Set[str]) -> str:
    """The name of an argument of the source as that of an input, which none of `taken` is."""
    word = re.sub(r"\W", "_", name, flags=re.ASCII)
    while word in taken or word in RESERVED - {"input"}:
        word += "_"
    return word


def output_words(names: Sequence[str]) -> tuple[str, ...]:
    """Keys of the source as names of outputs: words, each another one."""
    found: list[str] = []
    for name in names:
        word = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
        word = word if is_word(word) and word not in RESERVED else f"output_{word}".rstrip("_")
        number, base = 1, word
        while word in found:
            number += 1
            word = f"{base}_{number}"
        found.append(word)
    return tuple(found)


def snake(name: str) -> str:
    """The name of a class as that of a block."""
    word = name.rpartition(".")[2].strip("_")
    word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", word).lower()
    word = word if is_word(word) else "unit"
    taken = word in RESERVED or word in operator_names() or keyword.iskeyword(word)
    return f"{word}_block" if taken else word
