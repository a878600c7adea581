"""One name for one thing: no two rooms have a class of the same name."""

from __future__ import annotations

import ast

from tests.test_architecture import MODULES, parsed

# The languages that netlang reads, writes and describes share words: `Call`, `Constant`, `Linear`.
OF_A_LANGUAGE = (
    "netlang.syntax.ast", "netlang.backends.torch.python.tree", "netlang.ops.",
    "netlang.recipes.words.", "netlang.ir.weights",
)  # fmt: skip
# What shares a class in PyTorch shares a drawing in a diagram.
SHARED_NAMES = {"Variant", "Variants"}


def test_a_class_has_a_name_of_its_own() -> None:
    found: dict[str, list[str]] = {}
    for module, path in MODULES.items():
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(module)
    own = {
        name: [module for module in modules if not module.startswith(OF_A_LANGUAGE)]
        for name, modules in found.items()
    }
    assert {name for name, modules in own.items() if len(modules) > 1} == SHARED_NAMES
