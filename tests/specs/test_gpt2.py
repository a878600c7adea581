"""GPT-2 at several lengths, as a module and as a file, and its tied embedding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from netlang.analysis.facts import Facts
from netlang.backends.onnx import export
from netlang.backends.torch import build, emit
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from tests.onnx.support import check_file, run
from tests.specs.plain.language import Gpt2

SMALL = "gpt2(width=16, depth=2, heads=2, words=50, dropout=0.0)"


def test_texts_of_any_length(tmp_path: Path) -> None:
    torch.manual_seed(0)
    program, theirs = load_program(SMALL), Gpt2(16, 2, 2, 50, 0.0).eval()
    for value in theirs.parameters():
        torch.nn.init.normal_(value, std=0.5)
    ours = build(program).eval()
    state = theirs.state_dict()
    ours.load_state_dict(state)
    path = tmp_path / "gpt2.onnx"
    export(program, path, weights={key: value.numpy() for key, value in state.items()})
    check_file(path)
    for length in (1, 7, 40):
        tokens = torch.randint(50, (2, length))
        with torch.no_grad():
            expected, found = theirs(tokens), ours(tokens)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
        (told,) = run(path, {"tokens": tokens.numpy()})
        torch.testing.assert_close(torch.from_numpy(told), expected, rtol=1e-4, atol=1e-4)


def test_a_word_depends_on_those_before_it_alone() -> None:
    ours = build(load_program(SMALL)).eval()
    tokens = torch.randint(50, (1, 12))
    changed = tokens.clone()
    changed[:, 8] = (changed[:, 8] + 1) % 50
    with torch.no_grad():
        one, two = ours(tokens), ours(changed)
    torch.testing.assert_close(one[:, :8], two[:, :8])
    assert not torch.allclose(one[:, 8:], two[:, 8:])


def test_the_embedding_is_the_classifier() -> None:
    ours = build(load_program(SMALL))
    assert ours.get_parameter("lm_head.weight") is ours.get_parameter("transformer.wte.weight")
    assert Facts(load_program("gpt2")).params == 124_439_808


def test_no_text_is_longer_than_the_table_of_positions() -> None:
    with pytest.raises(NetlangError, match="E0451"):
        load_program("gpt2(longest=16)")


def test_its_class_of_attention_is_right_for_any_width() -> None:
    """What attention gives is as wide as its values, whatever their width."""
    names: dict[str, Any] = {}
    exec(emit(load_program(SMALL)), names)
    for width in (16, 32):
        attention = names["AttentionOf"](width, heads=2)
        assert attention(torch.zeros(1, 3, width)).shape == (1, 3, width)
