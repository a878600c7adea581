"""Lint, format and types of the whole project, with a reason for each exception.

``python -m tests.quality`` prints what is wrong.

mypy has to see the folders under the names of the packages that they are installed as, so it reads
a tree of links to them inside its own cache folder. Messages name the real files.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

__all__ = ["ROOT", "format_errors", "lint_errors", "main", "type_errors", "unexplained_exceptions"]

ROOT = Path(__file__).resolve().parent.parent
TREE = ROOT / ".mypy_cache" / "tree"
CHECKED = ("netlang", "tests", "benchmarks", "examples")
FOLDERS = (*CHECKED, "backends", "specs")
SKIPPED = {"__pycache__"}
_EXCEPTION = re.compile(r"# (?:type: ignore|noqa)\b")
_EXPLAINED = re.compile(r"# (?:type: ignore\[[a-z, -]+\]|noqa: [A-Z0-9, ]+?) {1,2}[#-] \S.*")


def _run(*command: str) -> str:
    """What a tool printed, or nothing if it found nothing."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr if done.returncode else ""


def lint_errors() -> str:
    """What ruff says of the code."""
    return _run("ruff", "check", "--quiet", *FOLDERS)


def format_errors() -> str:
    """Which files ruff would lay out in another way."""
    return _run("ruff", "format", "--check", "--quiet", *FOLDERS)


def _links() -> dict[Path, Path]:
    """Every link of the tree, with the file or folder that it stands for."""
    package = TREE / "netlang"
    links = {package / entry.name: entry for entry in (ROOT / "netlang").iterdir()}
    links |= {package / "backends": ROOT / "backends", package / "specs": ROOT / "specs"}
    links |= {TREE / name: ROOT / name for name in CHECKED if name != "netlang"}
    return {link: target for link, target in links.items() if target.name not in SKIPPED}


def _mirror() -> dict[Path, Path]:
    links = _links()
    (TREE / "netlang").mkdir(parents=True, exist_ok=True)
    for stale in {*TREE.iterdir(), *(TREE / "netlang").iterdir()} - {*links, TREE / "netlang"}:
        stale.unlink()
    for link, target in links.items():
        if not link.is_symlink():
            link.symlink_to(target)
    return links


def type_errors() -> str:
    """What ``mypy --strict`` says, in terms of the real files."""
    links = _mirror()
    packages = [word for name in CHECKED for word in ("-p", name) if (ROOT / name).is_dir()]
    found = _run("mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), *packages)
    for link, target in links.items():
        found = found.replace(f"{link.relative_to(ROOT)}", f"{target.relative_to(ROOT)}")
    return found


def unexplained_exceptions() -> str:
    """What a checker is told to overlook without its name, or without a reason after it."""
    found = []
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if _EXCEPTION.search(line) and not _EXPLAINED.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: says no reason: {line.strip()}\n")
    return "".join(found)


def main() -> int:
    """Print everything that is wrong; the exit status says whether there is something."""
    found = "".join((lint_errors(), format_errors(), unexplained_exceptions(), type_errors()))
    print(found or "clean")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
