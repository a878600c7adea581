"""Fixes for words of recipes outside recipes: in constants, defaults and nets."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.diagnostics.diagnostic import Edit, Fix
from netlang.source import Span

__all__ = ["RECIPE_WORDS", "SPACES", "data_source", "in_a_recipe"]

# By the key that takes them; words that may mean much else, such as `step`, are left out.
RECIPE_WORDS: Mapping[str, tuple[str, ...]] = {
    "optimizer": (
        "sgd", "adagrad", "rmsprop", "adadelta", "adam", "adamax", "adamw", "nadam", "muon",
    ),
    "schedule": (
        "multistep", "exponential", "poly", "cosine", "one_cycle", "plateau", "warmup",
    ),
    "loss": (
        "cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits", "mse",
        "smooth_l1", "hinge", "kl_normal", "l1_penalty", "l2_penalty",
    ),
    "data": (
        "mnist1d", "digits", "image_folder", "shards", "arrays", "idx", "cifar10", "cifar100",
        "hugging_face",
    ),
    "augment": (
        "resize_shorter", "random_crop", "center_crop", "random_resized_crop", "ten_crop", "hflip",
        "vflip", "rotate", "scale", "translate", "shear", "grayscale", "noise", "blur",
        "color_jitter", "color_pca", "cutout", "random_erasing", "trivial_augment",
        "rand_augment", "mixup", "cutmix",
    ),
    "normalize": ("standardize", "subtract_mean", "min_max", "pca_whitening", "zca_whitening"),
    "weights": ("pretrained",),
}  # fmt: skip


SPACES = ("uniform", "log_uniform", "int_uniform", "int_log_uniform", "choice")
"""What `netlang search` chooses values from."""


def in_a_recipe(name: str) -> Fix | None:
    """Says where a word belongs, if it is a word of recipes."""
    if name in SPACES:
        return Fix(
            f"`{name}` is for `netlang search`: it stands for the value of a recipe's parameter"
            " or key, and a `step` names the parameter"
        )
    key = next((key for key, words in RECIPE_WORDS.items() if name in words), None)
    if key is None:
        return None
    return Fix(f"`{name}` stands in a recipe only, as what its key takes: `{key}: {name}`")


def data_source(name: str, span: Span) -> Fix | None:
    """The source that reads the files of a data set which is known by its name, and isn't one."""
    word = name.lower().replace("_", "").replace("-", "")
    reader = {
        "mnist": 'idx("mnist")', "fashionmnist": 'idx("fashion_mnist")', "kmnist": 'idx("kmnist")',
        "imagenet": 'image_folder("imagenet")',
    }.get(word)  # fmt: skip
    if reader is None:
        return None
    return Fix(f"its files are read by `{reader}`", (Edit(span, reader),))
