"""The Python interface: a spec as an object with its facts, module, files and picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias, Unpack, cast, final

from netlang.build import BuildOptions, FileAsked, Fit, LowPrecision, OnnxOptions
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.loading import Loaded, loaded, loaded_block, loaded_text
from netlang.records import replace
from netlang.targets import backend, module_backend, needs, write
from netlang.uncaught import ends_at_the_caller, warn_the_caller

if TYPE_CHECKING:
    from torch import Tensor, nn

    from netlang.analysis.facts import Facts
    from netlang.analysis.summary import Summary
    from netlang.recipes.recipe import Recipe
    from netlang.targets.ends import Layout

__all__ = ["Net", "Weights", "from_keras", "from_torch", "load", "load_block", "loads"]

Weights: TypeAlias = "str | Path | Mapping[str, object] | nn.Module"
"""Where weights come from: a file, a state dict, a module."""


@ends_at_the_caller
def load(spec: str | Path, **arguments: object) -> Net:
    """The net that `spec` names: ``resnet50``, ``file.net`` or ``file.net:net``, perhaps called.

    `arguments` are those of the net: ``load("resnet50", classes=10)``. A recipe stands for the net
    that it trains, and its arguments are changes to it as in `train`. Raises `NetlangError`; what
    is legal but probably a mistake gives a `NetlangWarning`.
    """
    return _net(loaded(str(spec), arguments))


@ends_at_the_caller
def loads(text: str, /, name: str | None = None, **arguments: object) -> Net:
    """The net of a spec that is given as its text, which messages call ``<string>``.

    `name` says which net or recipe, if the text has several. Imports are of the bundled library,
    since no file is beside a text. Everything else is as in `load`. Raises `TypeError` for another
    type than str.
    """
    if not isinstance(text, str):
        raise TypeError(f"the text of a spec is a str, not a {type(text).__name__}")
    return _net(loaded_text(text, name, arguments))


@ends_at_the_caller
def load_block(spec: str, *inputs: str, **arguments: object) -> Net:
    """The block that `spec` names, ``resnet:bottleneck``, by itself.

    `inputs` are the types of what it is given, as in a net, and `arguments` those of the block:
    ``load_block("resnet:bottleneck", "[256, H=56, W=56]", width=64)``. Its `source` is a class that
    has the block's parameters as arguments. Raises `NetlangError`.
    """
    return _net(loaded_block(spec, inputs, arguments))


@ends_at_the_caller
def from_torch(
    module: nn.Module, example: Tensor | Sequence[Tensor], *, name: str | None = None
) -> Net:
    """The net that a PyTorch module computes in evaluation, as a spec that was proved to be it.

    `example` is what the module is given, a tensor or several: their first axis is the batch, and
    their shapes and types count, not their numbers. The net's `text` is the spec, `weights` are the
    module's, under the same keys: ``net.torch(net.weights)`` computes what the module does. `name`
    is the net's; without it that of the module's class. Raises `NetlangError` if the module can't
    be traced, if a step can't be said in the language, or if the spec isn't the module, and
    `TypeError` for what is no module or no tensor.
    """
    from netlang.targets.importing import module_importer

    found = module_importer()
    given = example if isinstance(example, list | tuple) else (example,)
    with needs(found.extra):
        made = found.import_module(module, cast("Sequence[Tensor]", given), name)
    assert made.program is not None
    return Net(made.program, text=made.text, weights=made.weights)


@ends_at_the_caller
def from_keras(model: object, *, name: str | None = None) -> Net:
    """The net that a Keras 3 model computes in evaluation, as a spec that was proved to be it.

    The model takes images [N, H, W, C]; the net takes [N, C, H, W], and so are its weights. The
    net's `text` is the spec, `weights` are the model's, by the names of layers: `conv1/kernel` is
    ``conv1.weight``. `name` is the net's; without it that of the model. Raises `NetlangError` for
    layers that aren't read, if a step can't be said in the language, or if the spec isn't the
    model, and `TypeError` for what is no `keras.Model`.
    """
    from netlang.targets.importing import module_importer

    found = module_importer()
    with needs(found.extra):
        made = found.import_keras(model, name)
    assert made.program is not None
    return Net(made.program, text=made.text, weights=made.weights)


def _net(found: Loaded) -> Net:
    """A net, after its warnings."""
    for caution in found.warnings:
        warn_the_caller(caution)
    return Net(found.program, found.recipe)


@final
class Net:
    """A compiled net, or a block by itself.

    Its facts describe it as deployed, without auxiliary heads. Of a net that was imported, `text`
    is the spec and `weights` are those of its source, by key; of others they are None.
    """

    def __init__(
        self,
        program: Program,
        recipe: Recipe | None = None,
        *,
        text: str | None = None,
        weights: Mapping[str, Tensor] | None = None,
    ) -> None:
        self.program = program
        self.text = text
        self.weights = weights
        self._recipe = recipe

    @property
    def name(self) -> str:
        return self.program.name

    @cached_property
    def _facts(self) -> Facts:
        from netlang.analysis.facts import Facts

        return Facts(self.program)

    @property
    def params(self) -> int:
        """Number of parameters."""
        return self._facts.params

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one example of the default size."""
        return self._facts.macs

    @property
    def flops(self) -> int:
        """Floating-point operations of the contractions for one example of the default size."""
        return self._facts.flops

    @property
    def constraints(self) -> tuple[str, ...]:
        """The conditions on the sizes of the input: ``H % 16 == 0``."""
        from netlang.analysis.constraints import solve

        return solve(self.program).texts

    @ends_at_the_caller
    def summary(self, batch: int = 1, **sizes: int) -> Summary:
        """Every layer and every total at some sizes: ``net.summary(H=256, W=256)``."""
        from netlang.analysis.summary import summarize

        return summarize(self.program, sizes, batch)

    @ends_at_the_caller
    def source(self, *, guard: bool = False) -> str:
        """The net as PyTorch source, which `torch` runs."""
        self._refuse_guard(guard)
        return module_backend().source(self.program, guard=guard)

    @ends_at_the_caller
    def torch(
        self,
        weights: Weights | None = None,
        *,
        seed: int | None = None,
        partial: bool = False,
        prefixes: Mapping[str, str] | None = None,
        entry: str | None = None,
        guard: bool = False,
    ) -> nn.Module:
        """The net as a PyTorch module in training mode, freshly initialized by PyTorch.

        `weights` come from a file, a state dict or another module; with `seed`, they start as in an
        ONNX file of that seed. With `partial`, the file may lack weights and contain others. Keys
        that start with a key of `prefixes` start with its value instead. `entry` names the weights
        to use in a checkpoint that has several. With `guard`, the module raises `ValueError` for
        inputs whose sizes don't meet `constraints`, or of another shape. Modules of one net share a
        class. They can be copied but not pickled, since no file defines the class: save their
        `state_dict()`.
        """
        self._refuse_guard(guard)
        built = module_backend()
        given = None
        if weights is not None or seed is not None:
            given = _options(
                weights, seed or 0, Fit(partial, tuple((prefixes or {}).items()), entry)
            )
        with needs(built.extra):
            return built.build(self.program, given, guard=guard)

    def _refuse_guard(self, guard: bool) -> None:
        if guard and self.program.alone is not None:
            raise ValueError("a guard is for nets: the class of a block takes inputs of any sizes")

    @ends_at_the_caller
    def onnx(  # noqa: PLR0913 - one for each option of the command
        self,
        path: str | Path,
        weights: Weights | None = None,
        *,
        seed: int = 0,
        partial: bool = False,
        prefixes: Mapping[str, str] | None = None,
        entry: str | None = None,
        fold: bool = True,
        preprocess: str | None = None,
        postprocess: str | None = None,
        layout: Layout = "nhwc",
        classes: Sequence[str] = (),
        precision: LowPrecision | None = None,
        say: Callable[[str], None] = lambda _: None,
        **file: Unpack[FileAsked],
    ) -> Path:
        """Write an ONNX file with `weights`, or with initial ones from `seed`.

        `weights` come from a file, a state dict or a module: ``net.onnx("a.onnx", module)``.
        `partial`, `prefixes` and `entry` are as for `torch`; `fold` and the following are as on the
        command line. With `precision`, numbers have fewer bits: ``LowPrecision("float16")``. `say`
        gets the notes that the command line prints, such as what that costs. With `preprocess` the
        file takes images, ``"imagenet"``, ``"recipe"`` or ``"pets.net:pets"``; with `postprocess`
        it gives classes: ``"topk(5)"``. `classes` are their names; a run's are there without.
        Of `file`, `runtime` is what has to load it, ``"onnxruntime==1.17"``, the others as there.
        """
        from netlang.targets.ends import ends_of

        options = _options(weights, seed, Fit(partial, tuple((prefixes or {}).items()), entry))
        ends = ends_of(preprocess, postprocess, layout, classes, self._recipe)
        asked = OnnxOptions(fold=fold, low=precision, ends=ends, **file)
        if asked.functions and precision is not None and precision.has_integers:
            raise ValueError("functions are for files in floats")
        options = replace(options, onnx=asked)
        written = write(backend("onnx"), self.program, Path(path), options)
        for note in written.notes:
            say(note)
        return written.path

    @ends_at_the_caller
    def draw(
        self, path: str | Path, *, depth: int | None = None, sizes: Mapping[str, int] | None = None
    ) -> Path:
        """Draw the net as .svg, .png, .pdf or .dot, by the suffix of `path`."""
        options = replace(BuildOptions(), depth=depth, sizes=sizes or {})
        return write(backend("graphviz"), self.program, Path(path), options).path

    def _repr_svg_(self) -> str | None:
        # Notebooks fall back to `repr` on None: the way to say that there is no picture to show.
        try:
            with TemporaryDirectory() as folder:
                return self.draw(Path(folder) / "net.svg").read_text(encoding="utf-8")
        except NetlangError:
            return None

    def __repr__(self) -> str:
        kind = "net" if self.program.alone is None else "block"
        return f"<netlang {kind} {self.name}: {self.params:,} params, {self.macs:,} MACs>"


def _options(weights: Weights | None, seed: int, fit: Fit) -> BuildOptions:
    return BuildOptions(None if weights is None else _source(weights), fit, seed)


def _source(weights: Weights) -> Path | Mapping[str, object]:
    """A file, or tensors by key from a state dict or module."""
    if isinstance(weights, str | Path):
        return Path(weights)
    if isinstance(weights, Mapping):
        return weights
    held = getattr(weights, "state_dict", None)
    if held is None:
        kind = type(weights).__name__
        raise TypeError(f"weights are a file, a state dict or a module, not {kind}")
    return dict(held())
