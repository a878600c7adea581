"""What the emitted Python may be made of, and what the pictures may be: lists in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from xml.etree import ElementTree

__all__ = ["NODES", "svg_complaints", "python_complaints"]

NODES = frozenset(
    (
        # a file: imports, classes, helpers
        ast.Module, ast.Import, ast.ImportFrom, ast.alias, ast.ClassDef, ast.FunctionDef,
        ast.arguments, ast.arg, ast.keyword, ast.Expr, ast.Return,
        # forward: names, calls, arithmetic of sizes
        ast.Assign, ast.AnnAssign, ast.Name, ast.Load, ast.Store, ast.Attribute, ast.Call,
        ast.Constant, ast.Starred, ast.Subscript, ast.Slice, ast.Tuple, ast.List, ast.BinOp,
        ast.UnaryOp, ast.USub, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow,
        ast.BitOr,
        # modules whose labels aren't attributes
        ast.Dict, ast.JoinedStr, ast.FormattedValue,
        # repeats, auxiliary outputs, helpers
        ast.For, ast.GeneratorExp, ast.ListComp, ast.comprehension, ast.If, ast.IfExp, ast.Compare,
        ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.IsNot, ast.Not, ast.BoolOp,
        ast.Or, ast.And,
    )
)  # fmt: skip
MODULES = frozenset(("collections", "collections.abc", "torch", "torch.nn.functional", "typing"))
# Functions that are called by their bare names, beside those that the file defines itself.
BUILTINS = frozenset(
    (
        "super", "range", "enumerate", "zip", "isinstance", "len", "max", "min", "sum", "tuple",
        "str", "cast", "OrderedDict",
    )
)  # fmt: skip
ROOTS = frozenset(("torch", "nn", "F", "self"))
DUNDER = frozenset(("__init__",))


def python_complaints(text: str) -> Iterator[str]:
    """What a text holds that emitted source never needs; a syntax error raises."""
    tree = ast.parse(text)
    defined = {each.name for each in tree.body if isinstance(each, ast.ClassDef | ast.FunctionDef)}
    for node in ast.walk(tree):
        if type(node) not in NODES:
            yield f"a node {type(node).__name__}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _of_import(node)
        if isinstance(node, ast.Call):
            yield from _of_call(node, defined)
        if isinstance(node, ast.FormattedValue) and ast.unparse(node.value) != "index":
            yield "text of more than a loop's index"
        name = node.attr if isinstance(node, ast.Attribute) else ""
        name = node.id if isinstance(node, ast.Name) else name
        if name.startswith("__") and name.endswith("__") and not _owned(node, name):
            yield f"the name {name}"
    for statement in tree.body:
        if not isinstance(statement, ast.Import | ast.ImportFrom | ast.ClassDef | ast.FunctionDef):
            if statement is tree.body[0] and isinstance(statement, ast.Expr):
                continue  # the docstring
            yield f"a statement {type(statement).__name__} outside of classes"


def _owned(node: ast.AST, name: str) -> bool:
    """Whether a name with underscores is a module's own: `super().__init__`, a label `__init__`."""
    value = node.value if isinstance(node, ast.Attribute) else None
    return name in DUNDER or (isinstance(value, ast.Name) and value.id == "self")


def _of_import(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    names = (
        [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
    )
    yield from (f"an import of {name}" for name in names if name not in MODULES)


def _of_call(node: ast.Call, defined: set[str]) -> Iterator[str]:
    """A call by a bare name of what nobody defined."""
    if isinstance(node.func, ast.Name) and node.func.id not in defined | BUILTINS:
        yield f"a call of {node.func.id}"


SVG = "{http://www.w3.org/2000/svg}"
TAGS = frozenset(("svg", "g", "polygon", "text", "title", "path", "ellipse", "polyline", "rect"))


def svg_complaints(text: str) -> Iterator[str]:
    """What a picture holds beside shapes and text; malformed XML raises."""
    for item in ElementTree.fromstring(text).iter():
        if item.tag.removeprefix(SVG) not in TAGS:
            yield f"an element {item.tag}"
        for attribute, value in item.attrib.items():
            if "href" in attribute or attribute.startswith("on") or "javascript" in value:
                yield f"an attribute {attribute}"
