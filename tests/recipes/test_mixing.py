"""What check says of mixed targets once their types are known from the data."""

from __future__ import annotations

import pytest

from netlang.diagnostics.recipes.steps import MixedTarget
from netlang.ir.types import DType, TensorType
from netlang.recipes.check.mixing import check_mixing, mixed_classes
from tests.train.support import sketch

NET = """
input image: [1, 8, 8]
flatten
auxiliary few: linear(5)
output many: linear(10)
"""
MASKS = """
input image: [1, 8, 8]
conv(3, 1x1)
"""
NUMBER = TensorType((), DType.INT64)
MASK = TensorType((8, 8), DType.INT64)


def messages(net: str, loss: str, step: str, targets: dict[str, TensorType]) -> list[str]:
    names = ", ".join(f'"{name}"' for name in targets)
    data = f'data: arrays("pairs", [1, 8, 8], targets=[{names}])'
    recipe, program = sketch(net, data, f"loss: {loss}", f"augment: {step}")
    found = list(check_mixing(recipe, program, targets))
    return [f"{each.message}: {each.why}" for each in found if isinstance(each, MixedTarget)]


@pytest.mark.parametrize("step", ["mixup", "cutmix"])
def test_classes_are_equally_many(step: str) -> None:
    targets = {"label": NUMBER, "kind": NUMBER}
    loss = "cross_entropy(many, label) + 0.5 * cross_entropy(few, kind)"
    assert messages(NET, loss, step, targets) == [
        f"`{step}` can't mix `kind` for `cross_entropy`: of 5 classes, but `label` has 10"
    ]
    alike = "cross_entropy(many, label) + 0.5 * focal(many, kind)"
    assert messages(NET, alike, step, targets) == []


def test_numbers_are_mixed_for_any_loss() -> None:
    targets = {"label": TensorType((10,), DType.FLOAT32), "size": TensorType((5,), DType.FLOAT32)}
    assert messages(NET, "mse(many, label) + l1(few, size)", "mixup", targets) == []


def test_masks_are_cut_but_mixed_as_classes() -> None:
    targets = {"mask": MASK}
    assert messages(MASKS, "cross_entropy", "cutmix", targets) == []
    assert messages(MASKS, "cross_entropy", "mixup", targets) == []


def test_classes_are_those_of_the_logits() -> None:
    for step, expected in (("mixup", 10), ("noise(0.1)", None)):
        recipe, program = sketch("input x: [40]\nlinear(10)", f"augment: {step}")
        assert mixed_classes(recipe, program) == expected
