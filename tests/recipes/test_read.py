"""What recipes mean: those of the bundled specs, and what the command line replaces in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.diagnostics.errors import NetlangError
from netlang.evaluate.values import Range
from netlang.modules.library import Library
from netlang.recipes import Epochs, Precision, Recipe, Steps, load_recipe, read_recipe
from netlang.recipes.description import Description
from netlang.recipes.tables import KINDS, table
from netlang.recipes.words.color import ColorPca
from netlang.recipes.words.data import Digits, ImageFolder, Mnist1d
from netlang.recipes.words.geometry import Hflip
from netlang.recipes.words.initializations import KaimingNormal
from netlang.recipes.words.losses import BinaryCrossEntropy, CrossEntropy, KlNormal, Mse
from netlang.recipes.words.normalizations import Imagenet
from netlang.recipes.words.optimizers import Adam, Sgd
from netlang.recipes.words.schedules import Cosine, Plateau, Step, Warmup
from netlang.recipes.words.sizes import RandomCrop, RandomResizedCrop, ResizeShorter, TenCrop
from netlang.recipes.words.timing import Chain
from netlang.source import Source


def terms(recipe: Recipe) -> list[tuple[float, Description, tuple[str, ...]]]:
    return [
        (term.factor, term.function, tuple(str(operand) for operand in term.operands))
        for term in recipe.loss.terms
    ]


def read(text: str) -> Recipe:
    """A recipe with the lines given, on a net with outputs `logits` and `rebuilt`."""
    source = f"""
net small {{
    input x: [40]
    code: {{ linear(8) -> relu }}
    output logits: linear(10)
    output rebuilt: code -> linear(40)
}}
train sketch {{
    model: small()
    data: mnist1d
    batch: 100
    steps: 10
    {text}
}}
"""
    return read_recipe(Library().module(Source("sketch.net", source), None), "sketch")


def test_resnet() -> None:
    recipe, program = load_recipe("resnet:imagenet")
    assert program.name == "resnet"
    assert recipe.data == ImageFolder(
        dataset="imagenet", train="train", validation="none", test="val"
    )
    assert recipe.augment == (
        ResizeShorter(size=Range(256, 480)),
        RandomCrop(size=224),
        Hflip(),
        ColorPca(std=0.1),
    )
    assert recipe.normalize == Imagenet()
    assert recipe.test == (TenCrop(size=224),)
    assert recipe.init == (KaimingNormal(mode="fan_out"),)
    assert recipe.optimizer == Sgd(lr=0.1, momentum=0.9, weight_decay=1e-4)
    assert recipe.schedule == Plateau(factor=0.1)
    assert (recipe.batch, recipe.length) == (256, Steps(600_000))
    assert terms(recipe) == [(1.0, CrossEntropy(), ())]


def test_googlenet() -> None:
    recipe, _ = load_recipe("googlenet:imagenet")
    assert recipe.augment[0] == RandomResizedCrop(size=224, scale=Range(0.08, 1.0))
    assert recipe.schedule == Step(every=8, gamma=0.96)
    assert recipe.length == Epochs(90)
    assert terms(recipe) == [
        (1.0, CrossEntropy(), ("logits", "label")),
        (0.3, CrossEntropy(), ("aux1", "label")),
        (0.3, CrossEntropy(), ("aux2", "label")),
    ]


def test_mnist1d() -> None:
    recipe, program = load_recipe("mnist1d")
    assert program.name == "cnn"
    assert recipe.data == Mnist1d()
    assert recipe.optimizer == Adam(lr=1e-2)
    assert (recipe.batch, recipe.length, recipe.seed) == (100, Steps(6000), 42)


def test_vae() -> None:
    recipe, _ = load_recipe("vae:digits")
    assert recipe.data == Digits(size=28)
    assert terms(recipe) == [
        (1.0, BinaryCrossEntropy(), ("reconstruction", "image")),
        (1.0, KlNormal(), ("mean", "logvar")),
    ]


@pytest.mark.parametrize(
    ("written", "factors"),
    [
        ("cross_entropy(logits, label) - mse(rebuilt, x)", [1.0, -1.0]),
        ("(cross_entropy(logits, label) + 3 * mse(rebuilt, x)) / 2", [0.5, 1.5]),
        ("-(mse(rebuilt, x) * 2)", [-2.0]),
        ("2 ** 3 * (1 + 1) * mse(rebuilt, x)", [16.0]),
    ],
)
def test_loss_is_a_sum_with_factors(written: str, factors: list[float]) -> None:
    recipe = read(f"loss: {written}\n    optimizer: adam(lr=1)")
    assert [term.factor for term in recipe.loss.terms] == factors


def test_loss_settings_are_named() -> None:
    recipe = read("loss: mse(rebuilt, x, reduction=sum)\n    optimizer: adam(lr=1)")
    assert terms(recipe) == [(1.0, Mse(reduction="sum"), ("rebuilt", "x"))]


def test_warmup_and_then_another_schedule() -> None:
    recipe = read(
        "loss: mse(rebuilt, x)\n    optimizer: adam(lr=1)\n    schedule: warmup(5) -> cosine"
    )
    assert recipe.schedule == Chain(phases=(Warmup(length=5), Cosine()))


def test_overrides_replace_parameters_and_keys() -> None:
    changes = ("arch=mlp", "steps=2 * 100", "seed=1", "optimizer=sgd(lr=0.1)", "precision=bf16")
    recipe, program = load_recipe("mnist1d", changes)
    assert program.name == "mlp"
    assert (recipe.length, recipe.seed) == (Steps(200), 1)
    assert recipe.optimizer == Sgd(lr=0.1)
    assert recipe.precision is Precision.BF16


def test_epochs_on_the_command_line_replace_steps() -> None:
    assert load_recipe("mnist1d", ["epochs=3"])[0].length == Epochs(3)


def test_a_path_and_none_on_the_command_line() -> None:
    recipe, _ = load_recipe("resnet:imagenet", ["augment=random_crop(224) -> hflip", "init=none"])
    assert recipe.augment == (RandomCrop(size=224), Hflip())
    assert recipe.init == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("stpes=3", "E0720"),
        ("steps", "E0721"),
        ("=3", "E0721"),
        ("steps=", "E0721"),
        ("steps=3\nseed=4", "E0721"),
        ("steps=3; seed: 3", "E0721"),
        ("arch=hflip -> hflip", "E0707"),
        ("seed=1.5", "E0305"),
    ],
)
def test_bad_overrides(change: str, code: str) -> None:
    with pytest.raises(NetlangError) as caught:
        load_recipe("mnist1d", [change])
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert diagnostic.span is None or change.startswith(diagnostic.span.source.text)


def test_a_file_behind_an_option_that_has_one() -> None:
    """As in `--ensemble a.safetensors b.safetensors`."""
    with pytest.raises(NetlangError, match="written before each of them"):
        load_recipe("mnist1d", ["b.safetensors"])


@pytest.mark.parametrize("change", ["lr 0.1", "optimizer.lr"])
def test_words_with_a_dot_are_no_files(change: str) -> None:
    with pytest.raises(NetlangError, match="write it as"):
        load_recipe("mnist1d", [change])


@pytest.mark.parametrize(
    "change", ["steps=3 3", "steps=(", 'steps="', "steps={3}", "steps=3 } net x {"]
)
def test_malformed_overrides_point_into_the_argument(change: str) -> None:
    with pytest.raises(NetlangError) as caught:
        load_recipe("mnist1d", [change])
    for diagnostic in caught.value.diagnostics:
        assert diagnostic.span is not None
        assert diagnostic.span.source.text == change


def test_an_override_given_twice() -> None:
    with pytest.raises(NetlangError) as caught:
        load_recipe("mnist1d", ["seed=1", "seed=2"])
    assert [each.code for each in caught.value.diagnostics] == ["E0702"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_word_has_a_page(kind: str) -> None:
    for name, cls in table(kind).items():
        assert cls.name == name
        assert cls.__doc__


def test_a_recipe_says_what_it_does() -> None:
    described = load_recipe("mnist1d", ["seed=7"])[0].describe()
    assert described["seed"] == "7"
    assert described["optimizer"].startswith("adam(lr=0.01, betas=[0.9, 0.999]")


@pytest.mark.parametrize(
    ("override", "advice"),
    [
        ("lr=0.2", "`lr` is an argument of `sgd`: write `optimizer='sgd(lr=0.2, momentum=0.9)'`"),
        (
            "nesterov=true",
            "`nesterov` is an argument of `sgd`: write"
            " `optimizer='sgd(lr=0.1, momentum=0.9, nesterov=true)'`",
        ),
        (
            "label_smoothing=0.1",
            "`label_smoothing` is an argument of `cross_entropy`: write"
            " `loss='cross_entropy(logits, label, label_smoothing=0.1)'`",
        ),
        ("every=5", "`every` is an argument of `step`: write `schedule='step(5)'`"),
        ("std=0.02", "`std` is an argument of `noise`: write `augment='noise(0.02)'`"),
    ],
)
def test_an_argument_is_no_key(tmp_path: Path, override: str, advice: str) -> None:
    """What is to be written instead, with the recipe's own other arguments; it is tried."""
    (tmp_path / "a.net").write_text(
        "net a {\n    input x: [40]\n    output logits: linear(10)\n}\n"
        "train mine {\n    model: a()\n    data: mnist1d\n    loss: cross_entropy(logits, label)\n"
        "    optimizer: sgd(lr=0.1, momentum=0.9)\n    schedule: step(3)\n    augment: noise(0.1)\n"
        "    batch: 100\n    steps: 10\n}\n"
    )
    with pytest.raises(NetlangError) as caught:
        load_recipe(tmp_path / "a.net", [override])
    (problem,) = caught.value.diagnostics
    assert problem.code == "E0720"
    assert problem.help_text == advice
    again = advice.partition("write `")[2].rstrip("`").replace("'", "")
    recipe, _ = load_recipe(tmp_path / "a.net", [again])
    assert override in ", ".join(recipe.describe().values()).replace(" ", "")


@pytest.mark.parametrize(
    "written",
    [
        "mse(rebuilt, x, reduction=sum)",
        "cross_entropy(logits, label, label_smoothing=0.1) + 0.5 * mse(rebuilt, x)",
        "0.01 * value(abs(logits) + 2 * x) - mse(rebuilt, x) + 1e-4 * l2_penalty",
        'l1_penalty(below=["fc"]) + 2 * focal(logits, label)',
    ],
)
def test_a_loss_is_described_as_a_recipe_would_write_it(written: str) -> None:
    loss = read(f"loss: {written}\n    optimizer: adam(lr=1)").loss
    assert read(f"loss: {loss}\n    optimizer: adam(lr=1)").loss == loss
    assert "[]" not in str(loss)
