"""The core's view of a backend that makes specs of what others have built."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, final

from netlang.atomic import replace_file, require_place
from netlang.build import Written
from netlang.ir.program import Program
from netlang.records import Record
from netlang.targets.backends import Backend, backend, backends, written_by

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = [
    "ImportOptions", "ImportedNet", "ImportingBackend", "ModuleImporter", "importing_backend",
    "module_importer", "require_places", "write_import",
]  # fmt: skip


@final
class ImportOptions(Record):
    """What to import: ``torchvision:NAME``, ``timm:NAME``, ``package.module:factory(1, a=2)``.

    Or a file that a backend reads: ``FILE.onnx``, ``FILE.pt2``, ``FILE.keras``.

    `inputs` are the types of what the net is given, ``[3, 224, 224]``, where the source doesn't say
    it. `name` is the name of the net in the spec. Without `blocks`, every step is written out.
    Without `batch`, the inputs of a file are those of one example, without an axis for several.
    Without `spec`, the graph of a file is read, though it has a spec in its metadata. `weights`
    says whether the weights are asked for. A `stub` has holes where the language can't say
    something. With `library`, a net that the bundled library has is imported from there.
    A `large` file may take more memory and time than its size justifies.
    """

    source: str
    inputs: tuple[str, ...] = ()
    name: str | None = None
    blocks: bool = True
    batch: bool = True
    spec: bool = True
    weights: bool = False
    stub: bool = False
    library: bool = False
    large: bool = False


@final
class ImportedNet(Record, eq=False):
    """A spec as text, the program that it compiles to, and the weights of the source by key.

    One with holes compiles to none.
    `proof` says in words what was compared, `notes` what is different on purpose.
    """

    text: str
    program: Program | None
    weights: Mapping[str, Tensor]
    proof: str
    notes: tuple[str, ...] = ()


class ImportingBackend(Backend):
    """A backend that makes specs of sources: of files of its kind, or of modules."""

    @abstractmethod
    def import_source(self, options: ImportOptions, say: Callable[[str], None]) -> ImportedNet:
        """The net that a source names, which may run code of the source: `say` is told before.

        Raises `NetlangError` if it can't be said, or if the spec isn't the source.
        """

    @abstractmethod
    def write_weights(self, imported: ImportedNet, path: Path) -> None:
        """Write the weights of a net that was imported as a safetensors file, atomically.

        Refusals of the system are `OSError`s.
        """


class ModuleImporter(ImportingBackend):
    """A backend that can trace a module of its framework."""

    @abstractmethod
    def import_module(
        self, module: nn.Module, example: Sequence[Tensor], name: str | None
    ) -> ImportedNet:
        """The net of a module, for inputs like those of `example`; errors as above."""

    @abstractmethod
    def import_keras(self, model: object, name: str | None) -> ImportedNet:
        """The net of a model of Keras; errors as above, and `TypeError` for what is none."""


def require_places(found: ImportingBackend, paths: Sequence[Path]) -> None:
    """Raises `NetlangError` if one of the files couldn't be written, before the work for them."""

    def tried(end: Path) -> Written:
        require_place(end)
        return Written(end)

    for path in paths:
        written_by(found, path, tried)


def write_import(
    found: ImportingBackend, imported: ImportedNet, spec: Path, weights: Path | None
) -> Iterator[Written]:
    """Write the spec, and then the weights; system errors become `NetlangError`s."""

    def text(end: Path) -> Written:
        replace_file(end, imported.text.encode())
        return Written(end)

    def tensors(end: Path) -> Written:
        found.write_weights(imported, end)
        return Written(end)

    yield written_by(found, spec, text)
    if weights is not None:
        yield written_by(found, weights, tensors)


def importing_backend(source: str) -> ImportingBackend:
    """The backend for what a source names: that of a file's kind, or else the one for modules."""
    kind = Path(source).suffix.lower()
    for found in backends().values():
        if isinstance(found, ImportingBackend) and kind and kind in found.suffixes:
            return found
    return module_importer()


def module_importer() -> ModuleImporter:
    """The backend for PyTorch."""
    found = backend("torch")
    assert isinstance(found, ModuleImporter)
    return found
