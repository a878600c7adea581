"""What `netlang diff` says of nets that people compare: read them as a person would.

With ``NETLANG_UPDATE_GOLDEN=1`` the files are written anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import netlang
from netlang.diff import compare
from netlang.diff.render.markdown import render_markdown
from netlang.diff.render.text import render_text
from netlang.ir.program import Program
from netlang.modules.files import bundled_files

GOLDENS = Path(__file__).with_name("goldens")
PAIRS = (
    ("resnet50", "resnext50_32x4d"),
    ("resnet50", "wide_resnet50_2"),
    ("resnet50", "se_resnet50"),
    ("resnet50", "resnet101"),
    ("vgg16", "vgg16_bn"),
    ("unet", "deeper_unet"),
    ("unet", "unet(width=32)"),
    ("swin_t", "swin_s"),
)


def program(spec: str) -> Program:
    if spec != "deeper_unet":
        return netlang.load(spec).program
    text = bundled_files()["unet"].read_text(encoding="utf-8")
    text = text.replace("range(2, 6)", "range(2, 7)").replace("range(4, 0", "range(5, 0")
    return netlang.loads(text).program


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
def test_it_says_what_a_person_would(pair: tuple[str, str]) -> None:
    found = compare(program(pair[0]), program(pair[1]), names=pair)
    held(f"{'-'.join(pair)}.txt", render_text(found))
    if pair == PAIRS[0]:
        held("pull_request.md", render_markdown(found))


def held(name: str, text: str) -> None:
    path = GOLDENS / name
    if os.environ.get("NETLANG_UPDATE_GOLDEN"):
        path.write_text(f"{text}\n", encoding="utf-8")
    assert text + "\n" == path.read_text(encoding="utf-8")
