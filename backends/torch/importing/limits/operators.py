"""How much work an operator of ATen is, known from shapes alone.

The unit is a multiplication of a matrix product, which processors do fastest. Everything is counted
in it, by how long it takes beside such a product; `measured` work is of the right order, not exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from typing import Any, TypeAlias

from torch import Tensor

__all__ = ["NUMBER", "RULES", "narrowness", "work_of"]

NUMBER = 32
"""Units for a number that is read, written, added or compared. On a processor with AVX2, PyTorch
and ONNX Runtime do some 60 thousand million units a second, and some thousand million of these."""
_WIDE = 64

_Given: TypeAlias = "Mapping[str, Any]"


def narrowness(channels: int) -> int:
    """Units for a multiplication of a convolution of so many channels, in or out, of a group.

    Vectors of few channels are mostly empty: a depthwise convolution takes 60 times as long as a
    matrix product of as many multiplications.
    """
    return -(-_WIDE // max(1, min(channels, _WIDE)))


def work_of(target: Any, args: Sequence[Any], options: Mapping[str, Any], results: Any) -> int:
    """The units of an operator that is applied to tensors without memory, and gives such."""
    schema = getattr(target, "_schema", None)
    assert schema is not None
    names = (each.name for each in schema.arguments)
    given = {**dict(zip(names, args, strict=False)), **options}
    written = list(_tensors(results))
    numbers = sum(each.numel() for each in (*_tensors([*given.values()]), *written))
    rule = RULES.get(target.overloadpacket.__name__)
    return NUMBER * numbers + (rule(given, written[0]) if rule is not None and written else 0)


def _tensors(held: Any) -> Iterable[Tensor]:
    """The tensors among arguments or results."""
    if isinstance(held, Tensor):
        yield held
    elif isinstance(held, list | tuple):
        for each in held:
            yield from _tensors(each)


def _product_of(name: str) -> Callable[[_Given, Tensor], int]:
    """A matrix product of which the left factor is called so."""
    return lambda given, result: result.numel() * int(given[name].shape[-1])


def _convolution(given: _Given, result: Tensor) -> int:
    weight, groups = given["weight"], given.get("groups", 1)
    narrow = narrowness(min(weight.shape[1], weight.shape[0] // groups))
    return result.numel() * int(prod(weight.shape[1:])) * narrow


def _transposed(given: _Given, result: Tensor) -> int:
    weight, groups = given["weight"], given.get("groups", 1)
    narrow = narrowness(min(weight.shape[1], weight.shape[0] // groups))
    return int(given["input"].numel()) * int(prod(weight.shape[1:])) * narrow


def _windows(axes: int) -> Callable[[_Given, Tensor], int]:
    """A pool over so many axes."""

    def counted(given: _Given, result: Tensor) -> int:
        kernel = given["kernel_size"]
        sizes = [kernel] if isinstance(kernel, int) else list(kernel)
        return NUMBER * result.numel() * prod(sizes * axes if len(sizes) == 1 else sizes)

    return counted


def _attention(given: _Given, result: Tensor) -> int:
    keys = int(given["key"].shape[-2])
    return (int(given["query"].numel()) + result.numel()) * keys + NUMBER * (
        result.numel() // max(1, result.shape[-1]) * keys
    )


def _einsum(given: _Given, result: Tensor) -> int:
    """Each pair of factors is multiplied for all of the indices that there are."""
    sizes: dict[str, int] = {}
    words = given["equation"].replace(" ", "").partition("->")[0].split(",")
    for word, factor in zip(words, given["tensors"], strict=False):
        before, dots, behind = word.partition("...")
        around = len(before), len(factor.shape) - len(behind)
        if dots:
            sizes["..."] = max(sizes.get("...", 1), prod(factor.shape[slice(*around)]))
        axes = [*zip(before, factor.shape, strict=False),
                *zip(behind, factor.shape[around[1] :] if dots else (), strict=False)]  # fmt: skip
        for letter, size in axes:
            sizes[letter] = max(sizes.get(letter, 1), size)
    return max(1, len(words) - 1) * prod(sizes.values())


def _recurrent(given: _Given, result: Tensor) -> int:
    """Each step of each example multiplies by all weights."""
    x = given["x"] if "x" in given else given["input"]
    weights = given["weights"] if "weights" in given else given["params"]
    steps = int(x.numel()) // max(1, int(x.shape[-1]))
    return steps * sum(int(each.numel()) for each in weights)


def _neighbours(given: _Given, result: Tensor) -> int:
    return NUMBER * result.numel() * int(given["size"])


RULES: Mapping[str, Callable[[_Given, Tensor], int]] = {
    **dict.fromkeys(("matmul", "bmm"), _product_of("self")),
    "linear": _product_of("input"),
    "addmm": _product_of("mat1"),
    "baddbmm": _product_of("batch1"),
    **{f"conv{n}d": _convolution for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _transposed for n in (1, 2, 3)},
    **{f"{kind}_pool{n}d": _windows(n) for kind in ("avg", "max") for n in (1, 2, 3)},
    **{f"max_pool{n}d_with_indices": _windows(n) for n in (1, 2, 3)},
    "scaled_dot_product_attention": _attention,
    "einsum": _einsum,
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu", "recurrent"), _recurrent),
    "local_response_norm": _neighbours,
}
"""What operators do that read a number more than a few times, by their names."""
