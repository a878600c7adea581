"""Kernels and other lists as arguments of classes: where one number may stand for all items."""

from __future__ import annotations

import pytest
import torch

import netlang

# The inner block reads each side of its kernel, the outer one passes the kernel on.
PADDED = """
block unit(width, k) { conv(width, k, pad=same) -> relu }

block tower(width, k) {
    one: unit(width, k)
    two: unit(2 * width, k)
}

net a {
    input image: [3, 9, 9]
    output a: tower(4, 1x3)
    output b: tower(8, 3x3)
    output c: tower(8, 5)
}
"""
# No side is read by itself.
VALID = PADDED.replace(", pad=same", "")
# To PyTorch the shape of a tensor is a tuple: one number is the shape of a vector.
TABLE = """
block table(k) {
    adaptive_avgpool(k) -> pooled: relu
    half: full(k, 0.5)
    (pooled, half) -> add
}

block tower(k) {
    conv(4, 1x1)
    table(k)
}

net a {
    input image: [3, 9, 9]
    output a: tower(5x3)
    output b: tower(4x4)
    output c: tower(1x2)
}
"""
CASES = {
    "padded": (PADDED, [(8, 9, 9), (16, 9, 9), (16, 9, 9)], "tuple[int, int]"),
    "valid": (VALID, [(8, 9, 5), (16, 5, 5), (16, 1, 1)], "int | tuple[int, int]"),
    "table": (TABLE, [(4, 5, 3), (4, 4, 4), (4, 1, 2)], "tuple[int, int]"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_list_is_passed_on_as_the_class_behind_takes_it(case: str) -> None:
    text, shapes, type_ = CASES[case]
    net = netlang.loads(text)
    outputs = net.torch()(torch.zeros(2, 3, 9, 9))
    assert [tuple(each.shape[1:]) for each in outputs] == shapes
    tower = net.source().partition("class Tower")[2].partition(" -> None")[0]
    assert tower.partition("k: ")[2].rstrip(",) \n") == type_
