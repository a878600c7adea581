"""What files of strangers say where a training script says what its weights were trained with."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from netlang.backends.torch.recipes.normalize import Normalizer
from netlang.backends.weights import facts_beside, read_entry
from netlang.backends.weights.facts import facts_in
from tests.work import counted


def test_facts_of_others(tmp_path: Path) -> None:
    """What a stranger's file says under these names is read with care."""
    weights: dict[str, object] = {"model": {"fc.weight": torch.zeros(2, 3)}}
    numbers: dict[str, object] = {"mean": torch.zeros(3), "std": torch.ones(3)}
    strangers: list[dict[str, object]] = [
        {"facts": 3},
        {"facts": {"recipe": 3}, **numbers},
        numbers,
    ]
    for number, beside in enumerate(strangers):
        torch.save({**weights, **beside}, tmp_path / f"{number}.pth")
        assert facts_beside(tmp_path / f"{number}.pth") == {}
    told = {"facts": {"recipe": "r 0", "classes": [1, 2]}, "normalization": 7, "step": "many"}
    torch.save({**weights, **told}, tmp_path / "told.pth")
    assert facts_beside(tmp_path / "told.pth") == {
        "recipe": "r 0",
        "classes": None,
        "normalization": {},
    }
    (tmp_path / "none.pth").write_bytes(b"nothing")
    assert facts_beside(tmp_path / "none.pth") == {}


def strided_twice() -> Tensor:
    """A thousand rows, each a number further on in the same two thousand numbers."""
    return torch.zeros(2000).as_strided((1000, 1000), (1, 1))


def sparse() -> Tensor:
    places = torch.tensor([[0]])
    return torch.sparse_coo_tensor(places, torch.ones(1), (2**40,), check_invariants=True)


# What isn't a plain array of floats that the file holds, and no larger than a normalization.
ODD: dict[str, Callable[[], Tensor]] = {
    "expanded": lambda: torch.zeros(1).expand(2**28),
    "expanded a little": lambda: torch.zeros(1).expand(2**20),
    "expanded, of 16 bits": lambda: torch.zeros(1, dtype=torch.bfloat16).expand(2**20),
    "overlapping": strided_twice,
    "endless": lambda: torch.zeros(1).expand(2**31, 2**31),
    "large": lambda: torch.zeros(3072**2 + 1, dtype=torch.float16),
    "sparse": sparse,
    "meta": lambda: torch.empty(10**6, 10**6, device="meta"),
    "quantized": lambda: torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.qint8),
    "nested": lambda: torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)]),
    "complex": lambda: torch.zeros(3, dtype=torch.complex64),
    "conjugated": lambda: torch.zeros(3, dtype=torch.complex64).conj(),
    "whole": lambda: torch.zeros(3, dtype=torch.int64),
    "boolean": lambda: torch.zeros(3, dtype=torch.bool),
    "of 8 bits": lambda: torch.zeros(3, dtype=torch.float8_e4m3fn),
}
MOST_BYTES, MOST_STEPS = 4 << 20, 3_000_000


def told(path: Path, **beside: object) -> dict[str, object]:
    """The facts of a script's checkpoint with this in it; reading them takes few bytes."""
    weights = {"model": {"fc.weight": torch.zeros(2, 3)}, "facts": {"recipe": "r 0"}}
    torch.save({**weights, **beside}, path)
    facts_beside(path)  # the first time, modules are imported
    tracemalloc.start()
    try:
        found = [facts_beside(path), facts_in(read_entry(path, None).metadata)]
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    assert found[0] == found[1]
    return dict(found[0])


@pytest.mark.parametrize("name", ODD)
@pytest.mark.filterwarnings(
    "ignore:.*nested tensors is in prototype", "ignore:.*[Qq]uantiz", "ignore:TypedStorage"
)
def test_numbers_that_are_no_array(name: str, tmp_path: Path) -> None:
    """Nothing but floats that the file holds becomes numbers; what it says is never an error."""
    odd, plain, path = ODD[name](), torch.ones(3), tmp_path / "odd.pth"
    none: dict[str, object] = {"recipe": "r 0", "classes": None, "normalization": {}}
    for mean, std in ((odd, plain), (plain, odd), (odd, odd)):
        assert told(path, mean=mean, std=std) == none
        assert told(path, normalization=("white", mean, std)) == none
    assert told(path, mean=plain) == none
    assert told(path, normalization=(plain, plain, plain)) == none


def normalizer(facts: dict[str, object]) -> Normalizer:
    assert isinstance(facts["normalization"], dict)
    return Normalizer.from_facts(facts["normalization"], {}, torch.device("cpu"))


def test_numbers_that_a_file_holds(tmp_path: Path) -> None:
    """A matrix by columns, and floats of other types: in a file as they are, told as float32."""
    matrix = torch.rand(80, 80).T
    facts = told(tmp_path / "kept.pth", normalization=("white", torch.zeros(80).half(), matrix))
    made = normalizer(facts)
    assert torch.equal(made.numbers[1], matrix)
    assert torch.equal(made.numbers[0], torch.zeros(80))
    facts = told(
        tmp_path / "wide.pth", mean=torch.full((3, 1, 1), 1e300, dtype=torch.float64), std=matrix
    )
    with pytest.raises(ValueError, match="infinite"):
        normalizer(facts)


def test_texts_that_a_file_repeats(tmp_path: Path) -> None:
    """A pickle has an object once, however often it is listed."""
    long = "a" * 100_000
    pairs: list[object] = ["a"]
    for _ in range(40):
        pairs = [pairs, pairs]
    for number, classes in enumerate(([long] * 10_000, pairs, [torch.zeros(1).expand(2**40)])):
        facts = {"recipe": "r 0", "classes": classes}
        with counted(MOST_STEPS):
            found = told(tmp_path / f"{number}.pth", facts=facts, step=1 << 80)
        assert found == {"recipe": "r 0", "classes": None}
    names = {"recipe": "r 0", "classes": ["a", "b"]}
    assert told(tmp_path / "names.pth", facts=names, step=7) == {**names, "step": 7}
