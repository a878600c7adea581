"""The rules that keep the packages apart: who imports whom, what is public, what starts light."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import netlang
from tests.quality import ROOT

# Each package may import those before it.
ORDER = (
    {"late", "records", "regular", "specs"},
    {"atomic", "source"},
    {"diagnostics"},
    {"extras", "ir", "manifest", "processes", "uncaught"},
    {"ops", "syntax"},
    {"advice"},
    {"evaluate"},
    {"modules"},
    {"elaborate"},
    {"passes", "recipes", "analysis"},
    {"build", "diff", "lint"},
    {"targets"},
    {"examine"},
    {"loading", "repair", "resuming"},
    {"api"},
    {"training"},
    {"searching"},
    {"cli"},
    {"__main__"},
)
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}
HEAVY = {
    "PIL", "click", "datasets", "graphviz", "matplotlib", "mnist1d", "numpy", "onnx",
    "onnxruntime", "optuna", "pygraphviz", "rich", "safetensors", "tensorboard", "timm", "torch",
    "torchvision", "webdataset",
}  # fmt: skip
MODULES_OF_A_FOLDER = 16
# Folders with a module for each entry of a list, which are as long as the list is.
LISTS = {"backends/torch/runtime", "netlang/cli/verbs", "netlang/ops", "netlang/recipes/words"}
LINES_OF_A_FILE, LINES_OF_A_FUNCTION = 300, 40
PARAMETERS_OF_A_FUNCTION = 5
# What users call with keywords, there and in the folder, whose functions scripts contain too.
OF_USERS = {"netlang.api", "netlang.searching.api", "netlang.training"}
FOLDER_OF_USERS, FOLDER_OF_VERBS = "netlang.backends.torch.runtime.", "netlang.cli.verbs."
# With its reason: a function of the interface of backends, and who is told of its notes.
OF_MANY_PARAMETERS = {"netlang.backends.torch.train.prediction.predict"}
# Of torch and the standard library, for what they have no public name for.
PRIVATE_OF_OTHERS = {
    "hashlib._Hash", "nn.modules.batchnorm._NormBase", "nn.modules.conv._ConvNd",
    "outputs._is_view", "region._replace", "sys._getframe",
    "torch._C", "torch._C._clear_DTensor_sharding_propagator_cache",
    "torch._foreach_lerp_", "torch._foreach_norm",
    "torch.nn.modules.batchnorm._BatchNorm", "torch.nn.modules.batchnorm._NormBase",
    "torch.utils.tensorboard._pytorch_graph",
}  # fmt: skip
FOLDERS = {"netlang": "netlang", "netlang.backends": "backends", "netlang.specs": "specs"}


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the installed packages, by its installed name."""
    for package, folder in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            yield ".".join((package, *(part for part in parts if part != "__init__"))), path


MODULES = dict(modules())
CORE = {name: path for name, path in MODULES.items() if not name.startswith("netlang.backends")}


def is_type_checking(node: ast.AST) -> bool:
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
            return True
        case _:
            return False


def imports(tree: ast.AST, *, inside_functions: bool, for_types: bool = True) -> Iterator[str]:
    """The modules that a module imports, by their full names."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import, line {node.lineno}"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif is_type_checking(node) and not for_types:
            continue
        elif inside_functions or not isinstance(node, ast.FunctionDef):
            yield from imports(node, inside_functions=inside_functions, for_types=for_types)


def part(module: str) -> str:
    """The first part of the core that a module belongs to: `ir` of `netlang.ir.dims`."""
    return module.split(".")[1] if "." in module else ""


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_imports_run_one_way() -> None:
    for name in CORE:
        if part(name) not in ("", "specs"):
            assert_imports_run_one_way(name, part(name))


def assert_imports_run_one_way(name: str, own: str) -> None:
    for imported in imports(parsed(CORE[name]), inside_functions=True):
        other = part(imported)
        if not imported.startswith("netlang.") or other in (own, "__version__"):
            continue
        assert other != "backends", f"{name} imports {imported}: the core knows no backend"
        assert RANK[other] < RANK[own], f"{name} imports {imported}"


def imported_modules(name: str) -> set[str]:
    """The modules of this project that a module imports anywhere, functions included."""
    found = set()
    for imported in imports(parsed(MODULES[name]), inside_functions=True):
        module = imported if imported in MODULES else imported.rpartition(".")[0]
        found |= {module} & MODULES.keys() - {name}
    return found


def reached(graph: dict[str, set[str]], start: str) -> set[str]:
    """What a module imports, and what that imports, and so on."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return found


def test_imports_have_no_circle() -> None:
    graph = {name: imported_modules(name) for name in MODULES}
    found = sorted(name for name in MODULES if name in reached(graph, name))
    assert not found, "circles of imports"


def test_no_folder_is_crowded() -> None:
    files = Counter(
        path.parent.relative_to(ROOT).as_posix()
        for path in MODULES.values()
        if path.name != "__init__.py"
    )
    assert files.keys() >= LISTS, "a folder of LISTS is gone"
    over = {
        folder: count
        for folder, count in files.items()
        if count > MODULES_OF_A_FOLDER and folder not in LISTS
    }
    assert not over, "folders with too many modules"


def test_files_and_functions_are_short() -> None:
    long = []
    for name, path in MODULES.items():
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > LINES_OF_A_FILE:
            long.append(name)
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef) and lines_of(node) > LINES_OF_A_FUNCTION:
                long.append(f"{name}.{node.name}")
    assert not long


def test_functions_have_few_parameters() -> None:
    found = {
        f"{name}.{node.name}"
        for name, path in MODULES.items()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and parameters_of(node) > PARAMETERS_OF_A_FUNCTION
        and not is_of_users(name, node.name)
    }
    assert found == OF_MANY_PARAMETERS


def parameters_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many there are, those by keyword included; none for the instance or class itself."""
    every = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    return sum(each.arg not in ("self", "cls") for each in every)


def is_of_users(module: str, function: str) -> bool:
    """Whether each parameter is a keyword or an option of the user."""
    if module.startswith(FOLDER_OF_VERBS):
        return function == f"_{module.removeprefix(FOLDER_OF_VERBS)}"
    is_public = function == "__init__" or not function.startswith("_")
    return is_public and (module in OF_USERS or module.startswith(FOLDER_OF_USERS))


def test_private_names_stay_in_their_module() -> None:
    wrong = {name: found for name in MODULES if (found := foreign_names(name) - PRIVATE_OF_OTHERS)}
    assert not wrong


def foreign_names(name: str) -> set[str]:
    """Private names that a module has from others.

    A name with an underscore is its module's own; what a class inherits is its own too. torch has
    no public name for some of what is needed of it: those are listed, others aren't used.
    """
    tree = parsed(MODULES[name])
    own = names_made(tree)
    foreign = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in own:
            foreign += [ast.unparse(node)] if ast.unparse(node.value) != "self" else []
        elif isinstance(node, ast.ImportFrom):
            foreign += [
                f"{node.module}.{each.name}" for each in node.names if is_private(each.name)
            ]
    return set(foreign)


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def names_made(tree: ast.Module) -> set[str]:
    """Names that a module defines or sets anywhere."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name) | ast.ClassDef(name):
                found.add(name)
            case ast.Name(name, ast.Store()) | ast.Attribute(_, name, ast.Store()):
                found.add(name)
    return found


def lines_of(node: ast.FunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def test_heavy_packages_are_imported_where_they_are_used() -> None:
    for name in MODULES:
        assert_heavy_packages_are_imported_later(name)


def assert_heavy_packages_are_imported_later(name: str) -> None:
    own = part(name)
    allowed = {"click"} if own == "cli" else HEAVY if own == "backends" else set()
    if name.endswith(".backend"):
        allowed = set()
    tree = parsed(MODULES[name])
    for imported in imports(tree, inside_functions=False, for_types=False):
        package = imported.split(".")[0]
        assert package not in HEAVY - allowed, f"{name} imports {package} when it is loaded"


def test_backends_import_the_core_and_not_its_surface() -> None:
    surface = ("netlang.cli", "netlang.api")
    for name in MODULES.keys() - CORE.keys():
        for imported in imports(parsed(MODULES[name]), inside_functions=True):
            assert not imported.startswith(surface), f"{name} imports {imported}"


def test_every_module_says_what_it_is_and_what_it_offers() -> None:
    for name in MODULES:
        assert_it_says_what_it_is_and_offers(name)


def assert_it_says_what_it_is_and_offers(name: str) -> None:
    tree = parsed(MODULES[name])
    assert ast.get_docstring(tree), f"{name} has no docstring"
    if not tree.body[1:]:
        return
    offered = getattr(import_module(name), "__all__", None)
    assert offered is not None, f"{name} has no __all__"
    assert len(set(offered)) == len(offered), f"{name}: a name twice in __all__"
    for attribute in offered:
        getattr(import_module(name), attribute)


def test_every_package_is_shipped() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    assert set(listed["tool"]["setuptools"]["packages"]) == found


def test_public_api() -> None:
    assert sorted(netlang.__all__) == [
        "ExampleInputs",
        "InternalError",
        "LowPrecision",
        "Net",
        "NetlangError",
        "NetlangWarning",
        "Run",
        "Search",
        "__version__",
        "examples",
        "from_keras",
        "from_torch",
        "load",
        "load_block",
        "loads",
        "search",
        "train",
    ]
    offered = sorted(name for name in dir(netlang.load("xor")) if not name.startswith("_"))
    assert offered == [
        "constraints",
        "draw",
        "flops",
        "macs",
        "name",
        "onnx",
        "params",
        "program",
        "source",
        "summary",
        "text",
        "torch",
        "weights",
    ]
    offered = sorted(name for name in vars(netlang.Run) if not name.startswith("_"))
    assert offered == ["evaluate", "history", "predict", "torch", "weights"]
