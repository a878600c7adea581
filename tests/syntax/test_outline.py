"""The outline of a definition has the nodes of a walk but for those that it says it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.lint.registry import TREE_RULES
from netlang.modules.files import bundled_files
from netlang.source import Source
from netlang.syntax import ast
from netlang.syntax.ast.walk import LEFT_OUT, outline, walk
from netlang.syntax.parser import parse


@pytest.mark.parametrize("name", bundled_files())
def test_nodes_in_the_order_of_a_walk(name: str) -> None:
    path: Path = bundled_files()[name]
    for item in parse(Source(name, path.read_text(encoding="utf-8"))).items:
        if isinstance(item, ast.BlockDef | ast.NetDef):
            every = walk((item.parameters, item.body))
            assert outline(item).nodes == tuple(n for n in every if type(n) not in LEFT_OUT)
            assert outline(item) is outline(item)


def test_no_rule_watches_what_an_outline_lacks() -> None:
    assert all(LEFT_OUT.isdisjoint(rule.watches) for rule in TREE_RULES)
