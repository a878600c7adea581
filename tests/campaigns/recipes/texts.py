"""A random recipe and its net, as the text of a spec.

Most of it fits together: outputs have the shapes of targets, losses are of the kind that a target
calls for, the last change of an image's size gives what the net takes. The rest is for `check`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from netlang.recipes.description import Description
from netlang.recipes.tables import table
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.losses import LossFunction
from netlang.recipes.words.timing import Phase
from tests.campaigns.recipes.sets import SETS, Set, Target
from tests.campaigns.recipes.values import Around, described

__all__ = ["NAME", "Written", "written"]

NAME = "tried"
MOST_OUTPUTS = 3
ODD = 0.1
"""How often something is drawn without regard to what fits."""
_FITTING = {
    "class": ("cross_entropy", "cross_entropy", "hinge"),
    "share": ("binary_cross_entropy_with_logits", "binary_cross_entropy", "focal", "dice", "mse"),
    "real": ("mse", "l1", "smooth_l1"),
    "chances": ("cross_entropy", "kl"),
}
_OF_PROBABILITIES = ("binary_cross_entropy", "dice")
_AROUND = (
    "2 * {}", "-{}", "{} - 1", "exp({})", "tanh({})", "relu({})", "softplus({})", "abs({})",
    "{} ** 2", "sqrt(abs({}))", "mean({})", "sum({})", "log(1 + exp({}))", "sigmoid({})",
    "softmax({})", "log_softmax({})", "float({})",
)  # fmt: skip


@dataclass(frozen=True)
class Written:
    """The text of a spec, and the set that its recipe trains on."""

    text: str
    data: Set


@dataclass(frozen=True)
class _Output:
    name: str
    target: Target


def written(number: int) -> Written:
    """The spec of a trial."""
    draw = Random(number)
    data = draw.choice(SETS)
    asked = draw.sample(data.targets, min(len(data.targets), draw.choice((1, 1, 2, 3))))
    if draw.random() > ODD:
        data = replace(data, targets=tuple(each for each in data.targets if each in asked))
    outputs = [_Output(f"y{i}", target) for i, target in enumerate(asked)]
    side = data.shape[-1] if draw.random() < 0.7 else draw.randint(6, data.shape[-1])
    net = "\n    ".join(_net(draw, data, outputs, side))
    lines = "\n    ".join(f"{key}: {value}" for key, value in _keys(draw, data, outputs, side))
    text = f"net {NAME} {{\n    {net}\n}}\n\ntrain {NAME} {{\n    {lines}\n}}\n"
    return Written(text, data)


def _net(draw: Random, data: Set, outputs: list[_Output], side: int) -> Iterator[str]:
    shape = [*data.shape[:1], side, side] if data.is_image else [*data.shape]
    yield f"input x: {shape}"
    act, norm = draw.choice(("relu", "tanh", "gelu")), draw.choice(("", " -> bn"))
    dropped = draw.choice(("", "", " -> dropout(0.3)"))
    if "more" in data.inputs:
        yield "input more: [1]"
        yield "seen: { x -> gap -> flatten }"
        yield f"(seen, more) -> concat -> stem: linear(5){norm} -> {act}{dropped}"
        kept: tuple[int, ...] = ()
    elif len(shape) == 1:
        yield f"stem: linear(7){norm} -> {act}{dropped}"
        kept = ()
    else:
        yield f"stem: conv(4, 3, pad=1){norm} -> {act}{dropped}"
        kept = tuple(shape[1:])
    for each in outputs:
        yield f"output {each.name}: {_head(draw, each.target, kept)}"


def _head(draw: Random, target: Target, kept: tuple[int, ...]) -> str:
    """Steps to the shape that a loss wants for a target, from channels and the places `kept`."""
    count = _channels(target)
    count = count if draw.random() > ODD else draw.randint(1, 5)
    by_place = len(target.shape) > (target.means != "class")
    head = f"conv({count}, 1)" if by_place else f"linear({count})"
    if kept and not by_place:
        head = f"gap -> flatten -> {head}"
    if not by_place and not target.shape and target.means != "class" and count == 1:
        head = f"{head} -> reshape([])"
    end = draw.choice((" -> sigmoid", " -> tanh", " -> softplus"))
    return head + (end if draw.random() < ODD else "")


def _keys(
    draw: Random, data: Set, outputs: list[_Output], side: int
) -> Iterator[tuple[str, object]]:
    """The lines of the recipe."""
    channels = data.shape[0] if len(data.shape) > 1 else 1
    around = Around(channels, side, outputs[0].target.classes, ("stem",))
    yield "model", f"{NAME}()"
    yield "data", data.text or _arrays(data)
    if path := _path(draw, data, around):
        yield "augment", path
    if data.is_image or draw.random() < ODD / 2:
        yield from _sometimes(draw, 0.25, "test", _test(draw, data, around))
    yield from _sometimes(draw, 0.4, "normalize", _word(draw, "normalization", around))
    yield "loss", _loss(draw, data, outputs, around)
    yield from _sometimes(draw, 0.3, "init", _init(draw, around))
    optimizer = _word(draw, "optimizer", around)
    yield "optimizer", optimizer
    yield from _sometimes(draw, 0.5, "schedule", _schedule(draw, around))
    yield "batch", draw.randint(3, 6) if draw.random() > ODD else draw.randint(1, 3)
    # An epoch of `signals` is long.
    yield ("epochs", 1) if draw.random() < 0.4 and data.text != "mnist1d" else ("steps", 3)
    yield from _others(draw, decays="decay" in optimizer)


def _others(draw: Random, *, decays: bool) -> Iterator[tuple[str, object]]:
    """Keys with a number or a word, each now and then."""
    watched = draw.random() < 0.3
    if watched:
        yield "validation", draw.choice((0.2, 0.4))
    if watched or draw.random() < ODD / 2:
        yield from _sometimes(draw, 0.3, "early_stopping", draw.choice((1, 2)))
    if decays or draw.random() < ODD / 2:
        yield from _sometimes(draw, 0.3, "no_decay", draw.choice(("[norms]", "[norms, biases]")))
    choices: dict[str, tuple[object, ...]] = {
        "freeze": ('["stem"]',),
        "rates": ('[("stem", 0.1)]',),
        "clip_norm": (0.1, 1.0),
        "clip_value": (0.1,),
        "accumulate": (2, 3),
        "ema": (0.5, 0.9),
        "swa": (1,),
        "precision": ("fp32", "bf16", "fp16"),
        "channels_last": ("true",),
        "sync_batch_norm": ("true",),
        "seed": (3,),
        "shuffle": ("false",),
        "evaluate_every": (1, 2),
        "checkpoint_every": (1, 3),
    }
    for key, values in choices.items():
        yield from _sometimes(draw, 0.12, key, draw.choice(values))


def _sometimes(draw: Random, share: float, key: str, value: object) -> Iterator[tuple[str, object]]:
    if draw.random() < share:
        yield key, value


def _arrays(data: Set) -> str:
    inputs = ", ".join(f'"{name}"' for name in data.inputs)
    targets = ", ".join(f'"{each.name}"' for each in data.targets)
    sizes = ", ".join(map(str, data.shape))
    return f'arrays("{data.name}", sizes=[{sizes}], inputs=[{inputs}], targets=[{targets}])'


def _word(draw: Random, kind: str, around: Around) -> str:
    return described(draw, draw.choice([*table(kind).values()]), around)


def _path(draw: Random, data: Set, around: Around) -> str:
    known = [cls for cls in _steps() if cls.for_training]
    if not data.is_image and draw.random() > ODD:
        known = [cls for cls in known if cls.for_signals]
    steps = draw.sample(known, draw.choice((0, 1, 2, 3)))
    found = [described(draw, cls, around) for cls in steps]
    if data.is_image and (data.name == "photos" or around.side != data.shape[-1]):
        # What the net takes has one size.
        place = draw.randint(0, len(found))
        found.insert(place, f"{draw.choice(('resize', 'random_resized_crop'))}({around.side})")
    return " -> ".join(found)


def _test(draw: Random, data: Set, around: Around) -> str:
    if draw.random() > ODD:
        side = around.side
        begun = draw.choice(("", f"resize({side + 2}) -> ", f"resize_shorter({side + 3}) -> "))
        crop = draw.choice(("center_crop", "ten_crop", "resize"))
        twice = " -> flip" if crop != "ten_crop" and draw.random() < 0.3 else ""
        return f"{begun}{crop}({side}){twice}"
    known = [cls for cls in _steps() if cls.for_tests]
    return " -> ".join(described(draw, cls, around) for cls in draw.sample(known, 2))


def _steps() -> list[type[Augmentation]]:
    found: list[type[Description]] = [*table("augmentation").values()]
    return [cls for cls in found if issubclass(cls, Augmentation)]


def _init(draw: Random, around: Around) -> str:
    return " -> ".join(_word(draw, "initialization", around) for _ in range(draw.choice((1, 1, 2))))


def _schedule(draw: Random, around: Around) -> str:
    phases = [cls for cls in table("schedule").values() if issubclass(cls, Phase)]
    count = draw.choice((1, 1, 2, 3))
    found = [
        described(draw, draw.choice(phases), around, ("length", "unit") if i < count - 1 else ())
        for i in range(count)
    ]
    if len(found) > 1 and draw.random() < 0.5:
        found[0] = "warmup(1, unit=steps)"
    return " -> ".join(found)


def _loss(draw: Random, data: Set, outputs: list[_Output], around: Around) -> str:
    terms = []
    for each in outputs:
        factor = draw.choice(("", "", "0.5 * "))
        settings = replace(around, classes=_channels(each.target))
        terms.append(f"{factor}{_term(draw, each, len(data.targets) == 1, settings)}")
    if draw.random() < 0.2:
        terms.append(f"0.01 * {draw.choice(('l1_penalty', 'l2_penalty'))}")
    if draw.random() < 0.1:
        terms.append(f"value({_operand(draw, outputs[0].name)})")
    if draw.random() < 0.1:
        terms.append(f"kl_normal({outputs[0].name}, {_operand(draw, outputs[0].name)})")
    return " + ".join(terms)


def _channels(target: Target) -> int:
    return target.classes if target.means == "class" else next(iter(target.shape), 1)


def _term(draw: Random, output: _Output, alone: bool, around: Around) -> str:
    known = {
        name: cls for name, cls in table("loss").items()
        if issubclass(cls, LossFunction) and len(cls.operands) == 2
    }  # fmt: skip
    fitting = [
        each for each in _FITTING[output.target.means]
        if not (output.target.shape and each == "hinge")
    ]  # fmt: skip
    name = draw.choice(fitting)
    name = name if draw.random() > ODD else draw.choice([*known])
    text = described(draw, known[name], around)
    if alone and draw.random() < 0.5:
        return text
    target = output.target.name if draw.random() > ODD else draw.choice(("label", "x", "1"))
    prediction = output.name
    if name in _OF_PROBABILITIES and draw.random() > ODD:
        made = ("sigmoid", "softmax") if output.target.shape else ("sigmoid",)
        prediction = f"{draw.choice(made)}({prediction})"
    operands = f"{_operand(draw, prediction)}, {_operand(draw, target)}"
    settings = text.partition("(")[2]
    return f"{name}({operands}{', ' + settings if settings else ')'}"


def _operand(draw: Random, name: str) -> str:
    return draw.choice(_AROUND).format(name) if draw.random() < 0.15 else name
