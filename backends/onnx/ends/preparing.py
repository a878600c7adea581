"""How pixels of an image become an input of the net: what is asked for, resolved and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import final

from netlang.analysis.constraints import checked_sizes
from netlang.backends.normalization import NormalizationNumbers, kept_normalization
from netlang.backends.onnx.ends.diagnostics import PreparationUnfit, PreparationUnknown, StepOutside
from netlang.backends.onnx.ends.kept_path import kept_path
from netlang.backends.onnx.ends.presets import Preset, preset_for
from netlang.backends.weights import WeightSource
from netlang.build import Ends
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.running import StatisticsMissing
from netlang.ir.program import Port, Program
from netlang.recipes.check.paths import place_of
from netlang.recipes.counterpart import frame_of
from netlang.recipes.recipe import Recipe
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.extents import Extent, Frame, shown_frame
from netlang.recipes.words.preparations import AsTorchvision
from netlang.recipes.words.sizes import CenterCrop, Crop, Resize, ResizeShorter
from netlang.records import Record, replace
from netlang.source import Span

__all__ = ["Preparing", "preparing_for"]

_ANY: Frame = (Extent(), Extent())
_CARRIED_OUT = (Resize, ResizeShorter, CenterCrop)


@final
class Preparing(Record):
    """How an image becomes the input `port`.

    An image has the size `before`, as far as it is known, and `after` when it went through `steps`;
    `sizes` are the symbols of the net that this gives. `numbers` normalize values of 0 to 1.
    `source` says what prepares images in this way. Pixels are resized across first, then down, as
    PyTorch does it; with `as_pillow` the order is Pillow's.
    """

    port: Port
    channels: int
    steps: tuple[Augmentation, ...]
    before: Frame
    after: Frame
    sizes: Mapping[str, int]
    source: str
    numbers: NormalizationNumbers | None = None
    cubic: bool = False
    as_pillow: bool = False


def preparing_for(
    program: Program,
    ends: Ends,
    facts: Mapping[str, object],
    weights: WeightSource | None,
    say: Callable[[str], None],
) -> Preparing | None:
    """What `ends` asks for; `facts` are those of the weights, `say` gets notes for the user.

    Raises `NetlangError` if nothing says how images are prepared, if a file can't do it, or if the
    net takes other images.
    """
    word = ends.preparation
    if word is None:
        return None
    port = _image_input(program)
    if isinstance(word, AsTorchvision):
        return _as_torchvision(program, port, word, weights)
    recipe = ends.preparing
    if recipe is None:
        made = _as_kept(program, port, facts, weights)
    else:
        made = _by_recipe(program, port, recipe)
    shape = (made.channels, *(side.exact for side in made.after))
    return replace(made, numbers=_normalization(recipe, facts, weights, shape, say))


def _image_input(program: Program) -> Port:
    """The net's only input, or first of several, that can be an image."""
    first = program.net.inputs[0] if program.net.inputs else None
    images = [each for each in program.net.inputs if _is_image(each)]
    if first is None or first not in images:
        found = "it has no inputs" if first is None else f"its first input is {first.type}"
        advice = "images have 1 or 3 channels, which come first: `input image: [3, H=224, W=224]`"
        raise _unfit(program, f"net `{program.name}` takes no images: {found}", advice)
    return first


def _is_image(port: Port) -> bool:
    shape = port.type.shape
    return len(shape) == 3 and shape[0] in (1, 3) and port.type.dtype.is_float


def _unfit(program: Program, what: str, advice: str) -> NetlangError:
    return NetlangError(PreparationUnfit(span=program.net.span, what=what, advice=advice))


def _as_torchvision(
    program: Program, port: Port, word: AsTorchvision, weights: WeightSource | None
) -> Preparing:
    if port.type.shape[0] != 3:
        what = f"`imagenet` is for colour images, and input `{port.name}` is {port.type}"
        raise _unfit(program, what, "prepare images by a recipe: --preprocess SPEC:recipe")
    preset = _chosen(program, port, word, weights)
    steps = ResizeShorter(size=preset.resize), CenterCrop(size=_size(preset.crop))
    numbers = _given(preset.subtract, preset.divide)
    source = f"torchvision's weights of {preset.weights}" if preset.weights else "torchvision"
    made = _made(program, port, _ImagePath(steps, source))
    return replace(made, numbers=numbers, cubic=preset.cubic, as_pillow=True)


def _size(sides: tuple[int, int]) -> int | tuple[int, int]:
    """Height and width as they are written."""
    return sides[0] if sides[0] == sides[1] else sides


def _chosen(
    program: Program, port: Port, word: AsTorchvision, weights: WeightSource | None
) -> Preset:
    """The preset of the net with the arguments of the word in its place."""
    file = Path(weights).name if isinstance(weights, str | Path) else None
    usual = checked_sizes(program)
    height, width = (usual.get(str(dim), dim) for dim in port.type.spatial)
    preset = preset_for(program.name, file, (int(str(height)), int(str(width))))
    if word.crop is not None:
        sides = word.crop if isinstance(word.crop, tuple) else (word.crop, word.crop)
        known = preset.weights if sides == preset.crop else None
        resize = preset.resize if known else round(max(sides) * 256 / 224)
        preset = Preset(resize, sides, preset.cubic, preset.subtract, preset.divide, weights=known)
    resize = word.resize or preset.resize
    cubic = preset.cubic if word.interpolation is None else word.interpolation == "bicubic"
    same = (resize, cubic) == (preset.resize, preset.cubic)
    return Preset(
        resize, preset.crop, cubic, preset.subtract, preset.divide,
        weights=preset.weights if same else None,
    )  # fmt: skip


def _given(subtract: tuple[float, ...], divide: tuple[float, ...]) -> NormalizationNumbers:
    import numpy as np

    first, second = np.array(subtract, np.float32), np.array(divide, np.float32)
    return NormalizationNumbers("affine", first, second)


def _as_kept(
    program: Program, port: Port, facts: Mapping[str, object], weights: WeightSource | None
) -> Preparing:
    """As a run stored it with the weights."""
    found = kept_path(facts, weights)
    if found is None:
        raise NetlangError(PreparationUnknown(span=program.net.span, net=program.name))
    return _made(program, port, _ImagePath(found, "the recipe of the weights"))


def _by_recipe(program: Program, port: Port, recipe: Recipe) -> Preparing:
    if not recipe.data.is_image or recipe.data.shape[0] != port.type.shape[0]:
        what = f"recipe `{recipe.name}` prepares `{recipe.data.name}`: it isn't {port.type}"
        raise _unfit(program, what, "name a recipe for images with as many channels")
    steps, source = recipe.test_path, f"recipe `{recipe.name}`"
    spans = tuple(place_of(recipe, "test", place) for place in range(len(steps)))
    before = _ANY if steps else frame_of(recipe.data)
    return _made(program, port, _ImagePath(steps, source, before, spans))


def _normalization(
    recipe: Recipe | None,
    facts: Mapping[str, object],
    weights: WeightSource | None,
    shape: tuple[int | None, ...],
    say: Callable[[str], None],
) -> NormalizationNumbers | None:
    """The numbers that a run stored with its weights, else those of the recipe."""
    if isinstance(weights, str | Path):
        kept = kept_normalization(recipe, facts, Path(weights), shape, say)
        if kept is not None:
            return kept.numbers
    wanted = None if recipe is None else recipe.normalize
    if wanted is None:
        return None
    if wanted.given is None:
        span = None if recipe is None else recipe.places.get("normalize")
        raise NetlangError(StatisticsMissing(span=span, normalization=wanted.name))
    return _given(*wanted.given)


@final
class _ImagePath(Record):
    """The steps that prepare an image, the size `before` them, and what says so, the `source`.

    `spans` are where the steps are written, if anywhere.
    """

    steps: tuple[Augmentation, ...]
    source: str
    before: Frame = _ANY
    spans: tuple[Span, ...] = ()


def _made(program: Program, port: Port, path: _ImagePath) -> Preparing:
    """The same without normalization."""
    frame, source = path.before, path.source
    for place, step in enumerate(path.steps):
        span = path.spans[place] if path.spans else None
        if not isinstance(step, _CARRIED_OUT):
            raise NetlangError(StepOutside(span=span, step=str(step), source=source))
        if isinstance(step, Crop) and not step.fits(frame):
            what = f"`{step}` is cut out of images that are smaller: {shown_frame(frame)}"
            raise _unfit(program, what, "resize them to that or more before")
        frame = step.after(frame)
    channels = port.type.shape[0]
    assert isinstance(channels, int)
    sizes = _sizes(program, port, frame, source)
    return Preparing(port, int(channels), path.steps, path.before, frame, sizes, source)


def _sizes(program: Program, port: Port, after: Frame, source: str) -> dict[str, int]:
    """The symbols of the net that prepared images fix."""
    found: dict[str, int] = {}
    for dim, side in zip(port.type.spatial, after, strict=True):
        fits = side.exact == dim or (not side.low and not side.high)
        if isinstance(dim, int) and not fits:
            what = f"images are prepared to {shown_frame(after)} by {source}"
            advice = f"input `{port.name}` of net `{program.name}` is {port.type}"
            raise _unfit(program, what, advice)
        if isinstance(dim, int) or side.exact is None:
            continue
        if found.setdefault(str(dim), side.exact) != side.exact:
            what = f"images are prepared to {shown_frame(after)} by {source}"
            advice = f"input `{port.name}` of net `{program.name}` takes squares: {port.type}"
            raise _unfit(program, what, advice)
    checked_sizes(program, found)
    return found
