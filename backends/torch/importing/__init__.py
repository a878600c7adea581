"""Makes specs of PyTorch modules, with weights that load key for key.

A module is traced (`trace`), each node of its graph becomes a step of the language (`walk`,
`operators/`), steps are put into regions and merges by the modules that they stand in (`tree/`),
and written as paths, blocks and loops (`text/`). `proof` compares what comes out with the module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from torch import Tensor, nn

from netlang.atomic import replacing, write_all
from netlang.backends.torch.importing.holes.stub import Stub
from netlang.backends.torch.importing.imported import Imported, import_module
from netlang.backends.torch.importing.keras.imported import import_keras, import_keras_file
from netlang.backends.torch.importing.keras.kinds import is_keras
from netlang.backends.torch.importing.sources import find, in_folder
from netlang.backends.torch.importing.spec import Asked
from netlang.backends.torch.importing.text.names import net_name
from netlang.targets.importing import ImportedNet, ImportOptions

__all__ = ["import_given", "import_given_keras", "import_named", "told", "write_weights"]


def import_named(options: ImportOptions, say: Callable[[str], None]) -> ImportedNet:
    """The net of a source. The code of a module is run: `say` is told before."""
    if options.source.endswith(".pt2"):
        from netlang.backends.torch.importing.programs.imported import import_program

        return told(import_program(options))
    if options.source.endswith(".keras"):
        return told(import_keras_file(options))
    with in_folder():
        found = find(options, say)
        asked = Asked.of(options, found.name, options.source)
        if is_keras(found.module):
            made = import_keras(found.module, asked)
        else:
            made = import_module(found.module, found.example, asked)
    return told(made)


def import_given(module: nn.Module, example: Sequence[Tensor], name: str | None) -> ImportedNet:
    """The net of a module. Raises `TypeError` for what is no module, or no tensors."""
    if not isinstance(module, nn.Module):
        raise TypeError(f"the module is a {type(module).__name__}, not a torch.nn.Module")
    for each in example:
        if not isinstance(each, Tensor):
            raise TypeError(f"the example is a {type(each).__name__}, not a tensor or several")
    kind = type(module)
    origin = f"Imported from {kind.__module__}.{kind.__qualname__}."
    return told(import_module(module, example, Asked(net_name(name or kind.__name__), origin)))


def import_given_keras(model: object, name: str | None) -> ImportedNet:
    """The net of a model of Keras. Raises `TypeError` for what is none."""
    if not is_keras(model):
        raise TypeError(f"the model is a {type(model).__name__}, not a keras.Model")
    own = name or str(getattr(model, "name", "model"))
    return told(import_keras(model, Asked(net_name(own), f"Imported from the Keras model {own}.")))


def write_weights(imported: ImportedNet, path: Path) -> None:
    """A safetensors file with the keys of the spec."""
    # It stands among the files of training runs, all of which would be loaded for an import alone.
    from netlang.backends.torch.train.files.encoding import encoded

    with replacing(path) as temporary:
        write_all(temporary, encoded(imported.weights, {}))


def told(made: Imported | Stub) -> ImportedNet:
    """What was imported, with its proof in words, or why there is none."""
    if isinstance(made, Stub):
        holes = "a hole" if made.holes == 1 else f"{made.holes} holes"
        text = f"{made.name}: not compared: it has {holes}, which `netlang check` refuses"
        notes = (*made.table, *_notes(made.left_out, "no step of the spec has"))
        return ImportedNet(made.text, None, made.weights, text, notes)
    proof = made.proof
    where = ", ".join(proof.inputs)
    text = (
        f"{made.program.name}: {proof.keys} keys are those of the source; outputs agree for inputs"
        f" of {where} (largest difference {proof.largest:.1g} of the largest value)"
    )
    notes = (*made.notes, *_notes(proof.left_out), *_decided(proof.decided))
    return ImportedNet(made.text, made.program, made.weights, text, notes)


def _decided(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    numbers = "1 number differs" if count == 1 else f"{count:,} numbers differ"
    return (f"{numbers} by more, as they do when only the last digits of weights and inputs do",)


def _notes(left_out: Sequence[str], why: str = "evaluation doesn't use") -> tuple[str, ...]:
    if not left_out:
        return ()
    shown = ", ".join(left_out[:3]) + (", ..." if len(left_out) > 3 else "")
    return (f"left out: {len(left_out)} weights that {why} ({shown})",)
