"""Files of tensors: any reader of the format opens ours, and ours opens theirs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from netlang.atomic import write_all
from netlang.backends.torch.train.files.encoding import DTYPES, encode, encode_signed
from netlang.backends.torch.train.files.reader import opened
from netlang.backends.weights.signature import DIGEST, digest_of

METADATA = {"facts": '{"step": 3, "sha256": "' + "0" * 64 + '"}', "ä": '"'}


def samples() -> dict[str, Tensor]:
    """A tensor of each type, an empty one, a number, parts of others and odd names."""
    generator = torch.Generator().manual_seed(3)
    bits = torch.randint(0, 2, (5, 8), generator=generator, dtype=torch.uint8)
    named = {name: bits.to(dtype) for name, dtype in DTYPES.items()}
    whole = torch.randn(6, 4, generator=generator)
    return {
        **named,
        "empty": torch.empty(0, 3),
        "number": torch.tensor(2.5),
        "transposed": whole.T,
        "part": whole[::2],
        "ü/0.weight ✓": torch.nn.Parameter(whole),
    }


def written(path: Path, parts: list[memoryview]) -> Path:
    path.touch()
    write_all(path, parts)
    return path


def test_the_library_of_the_format_reads_ours(tmp_path: Path) -> None:
    path = written(tmp_path / "ours.safetensors", encode(samples(), METADATA))
    found = load_file(path)
    assert found.keys() == samples().keys()
    for name, expected in samples().items():
        assert found[name].dtype == expected.dtype
        assert torch.equal(found[name].float(), expected.float()), name
    with safe_open(path, framework="pt") as file:
        assert file.metadata() == METADATA


def test_we_read_files_of_the_library(tmp_path: Path) -> None:
    path = tmp_path / "theirs.safetensors"
    stored = {name: value.detach().contiguous().clone() for name, value in samples().items()}
    save_file(stored, path, METADATA)
    with opened(path) as file:
        file.check_signature()
        assert file.header.metadata == METADATA
        assert file.digest() == digest_of([path.read_bytes()])
        for name, expected in stored.items():
            assert file.read(name).dtype == expected.dtype
            assert torch.equal(file.read(name).float(), expected.float()), name


def test_the_same_content_gives_the_same_bytes() -> None:
    one = b"".join(encode(samples(), METADATA))
    other = dict(reversed(samples().items())), dict(reversed(METADATA.items()))
    assert b"".join(encode(*other)) == one


def test_a_signed_file_notices_every_flipped_bit(tmp_path: Path) -> None:
    tensors = {"weight": torch.arange(5.0), "count": torch.tensor(7)}
    path = written(
        tmp_path / "signed.safetensors", encode_signed(tensors, {"netlang": "{}", **METADATA})
    )
    whole = path.read_bytes()
    assert torch.equal(load_file(path)["weight"], tensors["weight"])
    with opened(path) as file:
        file.check_signature()
        assert len(file.header.metadata[DIGEST]) == 64
    missed = []
    for bit in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            with opened(path) as file:
                file.check_signature()
        except ValueError:
            continue
        missed.append(bit)
    assert missed == []


@pytest.mark.parametrize("length", [0, 7, 8, 40, -1])
def test_a_signed_file_notices_that_it_is_cut(tmp_path: Path, length: int) -> None:
    path = written(tmp_path / "signed.safetensors", encode_signed({"w": torch.ones(9)}, {}))
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match=r"cut off|empty|its header wants"), opened(path):
        pass
