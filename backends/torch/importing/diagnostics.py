"""Errors of importing modules and programs: E0980 to E0985, E0988 and E0989."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "BadSource", "NotProved", "NotSaid", "NotTraced", "NothingProved", "ProgramNotTaken",
    "ProgramUnreadable", "SpecRefused",
]  # fmt: skip


class BadSource(Diagnostic):
    """A source that names nothing that can be imported."""

    code: ClassVar[str] = "E0980"
    title: ClassVar[str] = "can't import `{source}`: {reason}"
    help: ClassVar[str] = "{advice}"

    source: str
    reason: str
    advice: str


class NotTraced(Diagnostic):
    """A module that PyTorch can't trace, with what PyTorch or the module says."""

    code: ClassVar[str] = "E0981"
    title: ClassVar[str] = "the module can't be traced: {reason}"
    help: ClassVar[str] = "{advice}"

    reason: str
    advice: str = "its steps must not depend on the numbers in the input, nor fail for its size"


class NotSaid(Diagnostic):
    """Steps that the language has no operator for; the rows say which."""

    code: ClassVar[str] = "E0982"
    title: ClassVar[str] = "{count} of {total} steps can't be said in the language"
    help: ClassVar[str] = "{advice}"

    count: int
    total: int
    advice: str = "nothing is written; `--stub` writes the rest of it, with holes there"


class SpecRefused(Diagnostic):
    """A spec that was written for a source and that the compiler refuses; the rows say why."""

    code: ClassVar[str] = "E0983"
    title: ClassVar[str] = "the spec of the source doesn't compile"
    help: ClassVar[str] = "nothing is written; the source does what an operator can't take"


class NotProved(Diagnostic):
    """A spec that doesn't compute what its source computes."""

    code: ClassVar[str] = "E0984"
    title: ClassVar[str] = "the spec isn't its source: {reason}"
    help: ClassVar[str] = "nothing is written; {advice}"

    reason: str
    advice: str = "please report it with the name of the source"


class NothingProved(Diagnostic):
    """A source whose outputs show nothing, so that its spec can't be compared with it."""

    code: ClassVar[str] = "E0985"
    title: ClassVar[str] = "the spec can't be compared with its source: {reason}"
    help: ClassVar[str] = "nothing is written; {advice}"

    reason: str
    advice: str = "give the source other weights, or another --input"


class ProgramUnreadable(Diagnostic):
    """A file that isn't a program of torch.export or a model of Keras, or contradicts itself."""

    code: ClassVar[str] = "E0988"
    title: ClassVar[str] = "can't read `{path}`: {reason}"
    help: ClassVar[str] = "nothing is written; a source is a file of {wanted}"

    path: str
    reason: str
    wanted: str = "torch.export.save"


class ProgramNotTaken(Diagnostic):
    """A program, or a model of Keras, with what no spec can have, or with code of its own."""

    code: ClassVar[str] = "E0989"
    title: ClassVar[str] = "can't import `{path}`: {reason}"
    help: ClassVar[str] = "{advice}"

    path: str
    reason: str
    advice: str
