"""Errors about files, spec names, output kinds and installed packages (E00xx).

They have no span.
"""

from __future__ import annotations

from pathlib import Path

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "BadInputType", "BadSpec", "BrokenInstallation", "ExtraMissing", "FileNotFound", "FileNotUtf8",
    "FileTooLarge", "FileUnreadable", "GitMissing", "InputsMissing", "IsADirectory", "NetNotInFile",
    "NoNetInFile", "NoRecipeInFile", "NoSpecInModel", "NotAFile", "NotANetFile", "NotInRevision",
    "OnnxruntimeTwice", "RevisionUnknown", "SameOutputTwice", "SeveralNets", "UnknownBackend",
    "UnknownBundled", "UnknownSuffix", "WriteFailed",
]  # fmt: skip


class FileNotFound(Diagnostic):
    """`advice` names files of a similar name, or says what was searched."""

    code = "E0001"
    title = "there is no file `{path}`"
    help = "{advice}"

    path: str
    advice: str = "a bundled net is named without a path: `netlang list` shows them"


class IsADirectory(Diagnostic):
    code = "E0002"
    title = "`{path}` is a directory"
    help = "{advice}"

    path: str
    advice: str = "name a file in it"


class FileNotUtf8(Diagnostic):
    code = "E0003"
    title = "`{path}` is not UTF-8 text: byte {offset} is {byte}"
    help = "save it as UTF-8"

    path: str
    offset: int
    byte: str


class FileUnreadable(Diagnostic):
    code = "E0004"
    title = "can't read `{path}`: {reason}"

    path: str
    reason: str


class NotAFile(Diagnostic):
    """Nothing of it is read, since it may never end or never produce anything."""

    code = "E0016"
    title = "`{path}` is {kind}"
    help = "name a file; `netlang fmt -` reads from a pipe"

    path: str
    kind: str


class NotANetFile(Diagnostic):
    code = "E0005"
    title = "`{path}` is not a `.net` file"
    help = "a spec is a file whose name ends in `.net`{advice}"

    path: str
    advice: str = ""


class NoSpecInModel(Diagnostic):
    """An ONNX file without the entry of its metadata that has the net as a text."""

    code = "E0027"
    title = "`{path}` is an ONNX file that has no spec in its metadata"
    help = (
        "netlang didn't write it, or with `--no-spec`: name the `.net` file, or make one of what it"
        " computes: `netlang import {path} -o {net}`"
    )

    path: str
    net: str


class UnknownBundled(Diagnostic):
    """`advice` names the nearest bundled names."""

    code = "E0006"
    title = "no bundled {kind} is called `{name}`"
    help = "{advice}"

    name: str
    kind: str = "net"
    advice: str = "`netlang list` shows what is bundled"


class NetNotInFile(Diagnostic):
    code = "E0007"
    title = "`{path}` has no {kind} `{name}`"
    help = "it has {available}"

    path: str
    name: str
    available: str
    kind: str = "net"
    is_block: bool = False


class SeveralNets(Diagnostic):
    code = "E0008"
    title = "`{path}` has several {kind}s: {available}"
    help = "say which: `{example}`"

    path: str
    available: str
    example: str
    kind: str = "net"


class NoNetInFile(Diagnostic):
    code = "E0009"
    title = "`{path}` has no net"
    help = (
        "blocks are parts of nets; `compile`, `summary` and `draw` take FILE:BLOCK with the shape "
        "of its input, `--input '[64, H=56, W=56]'`"
    )

    path: str


class NoRecipeInFile(Diagnostic):
    code = "E0015"
    title = "`{path}` has no recipe"
    help = "{advice}"

    path: str
    advice: str


class BadSpec(Diagnostic):
    code = "E0010"
    title = "`{text}` doesn't name a net"
    help = "write `resnet50`, `file.net` or `file.net:net`, or call one: `'resnet50(classes=10)'`"

    text: str


class UnknownSuffix(Diagnostic):
    code = "E0011"
    title = "nothing writes `{path}`: its kind is not known"
    help = "the suffix says the kind; it may be {available}"

    path: str
    available: str


class ExtraMissing(Diagnostic):
    """A package that an optional part needs isn't installed."""

    code = "E0012"
    title = "{package} isn't installed"
    help = "pip install 'netlang[{extra}]'"

    package: str
    extra: str


class OnnxruntimeTwice(Diagnostic):
    """Both packages install the module `onnxruntime`, and the later one hides the other."""

    code = "E0013"
    title = "both onnxruntime and onnxruntime-gpu are installed, and they overwrite each other"
    help = (
        "pip uninstall -y onnxruntime onnxruntime-gpu, then install one of 'netlang[onnx]' and"
        " 'netlang[gpu]'"
    )


class WriteFailed(Diagnostic):
    code = "E0014"
    title = "can't write `{path}`: {reason}"

    path: str
    reason: str

    @classmethod
    def of(cls, path: Path | str, error: OSError) -> WriteFailed:
        """The error for what the system refused at `path`."""
        return cls(span=None, path=str(path), reason=error.strerror or str(error))


class FileTooLarge(Diagnostic):
    code = "E0018"
    title = "`{path}` has {size}; a spec may have {limit}"
    help = "say repetition with `repeat` or `for`"

    path: str
    size: str
    limit: str


class SameOutputTwice(Diagnostic):
    code = "E0019"
    title = "`{path}` is named twice as an output"
    help = "give each output a name of its own"

    path: str


class UnknownBackend(Diagnostic):
    """A backend of netlang or of an extension isn't registered."""

    code = "E0020"
    title = "no backend `{name}` is installed"
    help = "installed are {available}"

    name: str
    available: str


class BrokenInstallation(Diagnostic):
    code = "E0021"
    title = "{package} is installed but doesn't load: {reason}"
    help = "install it anew: {command}"

    package: str
    command: str
    reason: str


class InputsMissing(Diagnostic):
    """A block is wanted by itself, and nothing says what it is given."""

    code = "E0022"
    title = "block `{name}` by itself needs {what}"
    help = "say what it is given, as a net does: `{example}`"

    name: str
    what: str
    example: str


class BadInputType(Diagnostic):
    """The type of an input of a block that is wanted by itself."""

    code = "E0023"
    title = "`{text}` isn't the type of an input"
    help = "write it as in a net: `[64, H=56, W=56]`, or `int64[128]`; the batch isn't part of it"

    text: str


class GitMissing(Diagnostic):
    """A file in a revision is asked of git."""

    code = "E0024"
    title = "`{path}` in a revision is read with git, which isn't installed"
    help = "install git, or name a file on the disk"

    path: str


class RevisionUnknown(Diagnostic):
    code = "E0025"
    title = "git has no revision `{revision}` of `{path}`: {reason}"
    help = "name a commit, branch or tag of the repository of the file: `{path}@HEAD~1`"

    path: str
    revision: str
    reason: str


class NotInRevision(Diagnostic):
    """What is there instead of a file: nothing, or a link."""

    code = "E0026"
    title = "`{path}` {what} in revision `{revision}`"
    help = "`git ls-tree -r --name-only {revision}` lists its files; links aren't followed"

    path: str
    revision: str
    what: str
