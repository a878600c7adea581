"""A script worker's processing of one image, in plain numbers.

Steps that change the size are computed for one image, where training computes them for many at
once; a test checks that both agree pixel for pixel. Other steps before the last of them run as in
training.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

from netlang.backends.torch.augment.path import AugmentationPath
from netlang.backends.torch.augment.stages import Change, PlacedStep, RegionCut, Stage
from netlang.backends.torch.eject.pixels.batched import BatchNames, batched
from netlang.backends.torch.eject.pixels.boxes import drawn_box, pair
from netlang.backends.torch.eject.pixels.scales import several_sizes, sides_of, way_of
from netlang.backends.torch.eject.text.sections import Section
from netlang.backends.torch.runtime import regions
from netlang.backends.torch.runtime.boxes import stretched
from netlang.backends.torch.runtime.cutting import cut_image
from netlang.backends.torch.runtime.geometry import hflip, ten_crop, vflip
from netlang.backends.torch.runtime.regions import whole
from netlang.records import Record

__all__ = ["WorkerFunction", "flips_of", "host_function"]

_HEIGHT, _WIDTH = "image.height", "image.width"


@final
class WorkerFunction(Record):
    """What a worker does with an image: `name(image, number, epoch)`, the front of a `path`.

    `about` is its docstring. Unless it is `drawn`, as in a test it isn't, nothing is random.
    `flips` are done here too: they give the same pixels in a batch.
    """

    path: AugmentationPath
    name: str
    about: str
    drawn: bool
    flips: tuple[PlacedStep, ...] = ()


def host_function(made: WorkerFunction, channels: int, *, alone: bool = False) -> Section:
    """The lines of a function, which returns uint8 `[H, W, C]`, with views `[V, H, W, C]`.

    Pixels keep the layout of images, channels last. `alone` says that no other function resizes
    images.
    """
    section, path = Section(), made.path
    if several_sizes(path):
        section.add(*_at_each_scale(path, made.name))
    else:
        section.add(f"def {made.name}(image, number, epoch):", f'    """{made.about}"""')
    in_full = path.exact and path.scales == 1 and _resizes(path)
    cut, views = _plain(way_of(path).front)
    if cut is None:
        if in_full:
            section.add("    image.load()  # a JPEG in full: a smaller one is grey levels away")
        _general(section, path, "number" if made.drawn else None)
        return section
    one = _One(section, channels, alone, in_full)
    for placed in cut.steps:
        one.step(placed)
    one.end(views, made.flips)
    return section


def _resizes(path: AugmentationPath) -> bool:
    """Whether an image, or a part of it, may shrink, so that less of a JPEG would do."""
    cuts = [stage for stage in way_of(path).front if isinstance(stage, RegionCut)]
    return any(placed.step.resizes for cut in cuts for placed in cut.steps)


def flips_of(path: AugmentationPath) -> tuple[PlacedStep, ...] | None:
    """The steps after the front of a path, if workers may do them; None if there are others.

    A mirrored image has the same bytes, whoever mirrors it.
    """
    way = way_of(path)
    steps = [stage.placed for stage in way.back if isinstance(stage, Change)]
    flips = all(each.step.call.function in (hflip, vflip) for each in steps)
    if len(steps) < len(way.back) or not flips or (steps and _plain(way.front)[0] is None):
        return None
    return tuple(steps)


def _at_each_scale(path: AugmentationPath, name: str) -> Iterator[str]:
    """The function that loops over the scales, and the header of the one for a single scale."""
    given = ", side" if path.scales > 1 else ""
    yield f"def {name}(image, number, epoch):"
    yield '    """A test image in a worker at each scale, uint8 [H, W, C]."""'
    if given:
        yield "    image.load()  # else the first scale would choose how a JPEG is decoded"
        yield f"    return [at_scale(image, side) for side in {sides_of(path)}]"
    else:
        yield "    return [at_scale(image)]"
    yield from ("", "", f"def at_scale(image{given}):")
    yield '    """A test image whose shorter side has a length."""'


def _plain(front: tuple[Stage, ...]) -> tuple[RegionCut | None, PlacedStep | None]:
    """The only cut of a front and the `ten_crop` after it; None as the cut if there is more."""
    cuts = [stage for stage in front if isinstance(stage, RegionCut)]
    views = [stage.placed for stage in front if isinstance(stage, Change)]
    is_plain = len(cuts) <= 1 and all(each.step.call.function is ten_crop for each in views)
    if not is_plain or len(views) > 1 or (views and isinstance(front[0], Change) and cuts):
        return None, None
    return (cuts[0] if cuts else RegionCut(())), (views[0] if views else None)


def _general(section: Section, path: AugmentationPath, number: str | None) -> None:
    """The front as in training, on a batch of one."""
    first, *stages = way_of(path).front
    if not isinstance(first, RegionCut):
        first, stages = RegionCut(()), [first, *stages]
    names = BatchNames(number)
    section.add(*batched(section, first, names, "image.height, image.width"))
    section.add("    x = cut_image(image, region) / 255.0", calls=(cut_image, whole))
    for stage in stages:
        section.add(*batched(section, stage, names))
    section.add("    x = (255.0 * x).round().to(torch.uint8)")
    section.add(f"    return x{'' if path.host_views > 1 else '[0]'}.movedim(-3, -1)")


@final
@dataclass
class _One:
    """Lines for one image: first a box of it, then, once resized, `x`, uint8 `[C, H, W]`.

    `height` and `width` are expressions of the current size, and `least` is a lower bound of both.
    `place` is where the box begins, `part` the last crop of `x`. If JPEGs are decoded `in_full`, no
    smaller decoding is asked for, which would be grey levels away.
    """

    section: Section
    channels: int
    alone: bool
    in_full: bool = False
    height: str = _HEIGHT
    width: str = _WIDTH
    least: int = 0
    place: tuple[str, str] | None = None
    resized: bool = False
    part: str = ""

    def step(self, placed: PlacedStep) -> None:
        """The lines of a step."""
        function, settings = placed.step.call.function, placed.step.call.settings
        if function is regions.resize_shorter:
            self._resize_shorter(placed)
        elif function in (regions.random_crop, regions.center_crop):
            self._crop(placed)
        else:
            if function is regions.random_resized_crop:
                self._random_box(placed)
            height, width = pair(settings["size"])
            self._resize(str(height), str(width), min(height, width))

    def end(self, views: PlacedStep | None, flips: tuple[PlacedStep, ...]) -> None:
        """The lines that return the pixels; of several views, all."""
        pixels = f"x{self.part}.movedim(0, -1)"
        if not self.resized:
            image = f"image.crop({self._box()})" if self.place else "image"
            grey = "[..., None]" if self.channels == 1 else ""
            pixels = f"torch.from_numpy(np.array({image})){grey}"
        if views is not None:
            self._ten(pixels, views)
            return
        last = self.section.lines[-1]
        if self.resized and not self.part and last.startswith("    x = "):
            pixels = f"{last.removeprefix('    x = ')}.movedim(0, -1)"
            del self.section.lines[-1]
        self.section.add(*self._flipped(pixels, flips))

    def _flipped(self, pixels: str, flips: tuple[PlacedStep, ...]) -> Iterator[str]:
        """The lines that mirror `[H, W, C]`, and return it."""
        for placed in flips:
            yield f"    x = {pixels}"
            axis = 1 if placed.step.call.function is hflip else 0
            chance = placed.step.call.settings["p"]
            pixels = f"x.flip({axis}) if {self._drawn(placed)} < {chance} else x"
        yield f"    return {pixels}"

    def _box(self) -> str:
        if self.place is None:
            return f"(0, 0, {self.width}, {self.height})"
        return f"(left, top, left + {self.width}, top + {self.height})"

    def _resize(self, height: str, width: str, least: int) -> None:
        if self.alone and self.place is None:
            self.section.add(*self._whole_resized(height, width))
        else:
            image = "image.copy()" if self.in_full else "image"  # a copy is decoded
            line = f"    x = stretched({image}, {self._box()}, ({height}, {width}))"
            self.section.add(line, calls=(stretched,))
        self.resized, self.place = True, None
        self.height, self.width, self.least = height, width, least

    def _whole_resized(self, height: str, width: str) -> Iterator[str]:
        """`stretched` for the whole image."""
        mode, axes = ("L", "[None, None]") if self.channels == 1 else ("RGB", "")
        axes = axes or ".permute(2, 0, 1)[None]"
        if not self.in_full:
            factor = f"int(min(image.height / {height}, image.width / {width})) // 2"
            yield f"    factor = max(1, {factor})"
            size = "(image.width // factor, image.height // factor)"
            yield f'    drafted = image.draft("{mode}", {size})'
            yield "    image = image.crop(drafted[1]) if drafted else image"
        yield f"    x = torch.from_numpy(np.array(image)){axes}"
        call = f'F.interpolate(x, ({height}, {width}), mode="bilinear", antialias=True)'
        yield f"    x = {call}[0]"

    def _resize_shorter(self, placed: PlacedStep) -> None:
        least, most = (placed.step.call.settings[name] for name in ("shortest", "longest"))
        assert isinstance(least, int)
        assert isinstance(most, int)
        side = str(least)
        if most > least:
            side = "side"
            drawn = f"{self._drawn(placed)}[0, 0]"
            self.section.add(f"    side = {least} + int({most - least + 1} * {drawn})")
        sides = f"({self.height}, {self.width})"
        shorter = "min(image.size)" if self.height == _HEIGHT else f"min{sides}"
        self.section.add(f"    height, width = ({side} * each // {shorter} for each in {sides})")
        self._resize("height", "width", least)

    def _random_box(self, placed: PlacedStep) -> None:
        bounds = (placed.step.call.settings[name] for name in ("scale", "ratio"))
        size, within = (self.height, self.width), self.place is not None
        self.section.add(*drawn_box(self._drawn(placed), size, *bounds, within=within))
        self.height, self.width, self.place = "h", "w", ("top", "left")

    def _crop(self, placed: PlacedStep) -> None:
        """Crops the box, or `x`."""
        settings = placed.step.call.settings
        (height, width), pad = pair(settings["size"]), settings["pad"]
        assert isinstance(pad, int)
        self._require(height - 2 * pad, width - 2 * pad)
        free = (2 * pad - height, self.height), (2 * pad - width, self.width)
        if placed.step.call.function is regions.random_crop:
            self.section.add(f"    u, v = {self._drawn(placed)}[0]")
            down, across = (_plus(side, spare + 1) for spare, side in free)
            places = [f"int(u * ({down}))", f"int(v * ({across}))"]
        else:
            places = [f"round(({_plus(side, spare)}) / 2)" for spare, side in free]
        places = [_plus(each, -pad) for each in places]
        if self.place is not None:
            places = [f"{name} + {each}" for name, each in zip(self.place, places, strict=True)]
        if self.part:
            self.section.add(f"    x = x{self.part}")
        self.section.add(f"    top, left = {', '.join(places)}")
        if self.resized:
            self.part = f"[:, top : top + {height}, left : left + {width}]"
        else:
            self.place = "top", "left"
        self.height, self.width, self.least = str(height), str(width), min(height, width)

    def _require(self, height: int, width: int) -> None:
        """A check that ends training if an image may be too small and is."""
        if self.least < max(height, width):
            shown = f"{self.height} >= {height} and {self.width} >= {width}"
            if height == width and self.height == _HEIGHT:
                shown = f"min(image.size) >= {height}"
            self.section.add(f'    assert {shown}, "an image is too small"')

    def _ten(self, pixels: str, placed: PlacedStep) -> None:
        """The corners and centre of `[H, W, C]` and of its mirror image."""
        settings = placed.step.call.settings
        (height, width), pad = pair(settings["size"]), settings["pad"]
        assert isinstance(pad, int)
        self._require(height - 2 * pad, width - 2 * pad)
        if pad:
            pixels = f"F.pad({pixels}, (0, 0, {pad}, {pad}, {pad}, {pad}))"
        self.section.add(
            f"    x = {pixels}",
            f"    below, right = x.shape[0] - {height}, x.shape[1] - {width}",
            "    places = (0, 0), (0, right), (below, 0), (below, right), "
            "(round(below / 2), round(right / 2))",
            f"    return torch.stack([v[i : i + {height}, j : j + {width}] "
            "for v in (x, x.flip(1)) for i, j in places])",
        )

    def _drawn(self, placed: PlacedStep) -> str:
        """The numbers of a step, `[1, k]`."""
        return f"chances(epoch, number, {placed.place}, {placed.step.numbers})"


def _plus(text: str, number: int) -> str:
    """`text` plus a number, as a person writes it."""
    if text.isdecimal():
        return str(int(text) + number)
    return f"{text} {'-' if number < 0 else '+'} {abs(number)}" if number else text
