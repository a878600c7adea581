"""Labels: what a step must be called, and a name for one that others read."""

from __future__ import annotations

import keyword
import re

from netlang.backends.torch.importing.steps import SourceStep
from netlang.ops import operator_names

__all__ = ["RESERVED", "is_word", "label_text", "proposed", "read_text", "snake"]

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
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
    return text if text.isdigit() and str(int(text)) == text else f'"{text}"'


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


def snake(name: str) -> str:
    """The name of a class as that of a block."""
    word = name.rpartition(".")[2].strip("_")
    word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", word).lower()
    word = word if is_word(word) else "unit"
    taken = word in RESERVED or word in operator_names() or keyword.iskeyword(word)
    return f"{word}_block" if taken else word
