"""The verbs, each a module with a function `command() -> click.Command`."""

from __future__ import annotations

__all__ = ["VERBS"]

VERBS: dict[str, str] = {
    "check": "netlang.cli.verbs.check",
    "fmt": "netlang.cli.verbs.format",
    "summary": "netlang.cli.verbs.summary",
    "explain": "netlang.cli.verbs.explain",
    "expand": "netlang.cli.verbs.expand",
    "compile": "netlang.cli.verbs.compile",
    "verify": "netlang.cli.verbs.verify",
    "bench": "netlang.cli.verbs.bench",
    "import": "netlang.cli.verbs.importing",
    "draw": "netlang.cli.verbs.draw",
    "diff": "netlang.cli.verbs.diff",
    "migrate": "netlang.cli.verbs.migrate",
    "train": "netlang.cli.verbs.train",
    "search": "netlang.cli.verbs.search",
    "eval": "netlang.cli.verbs.evaluate",
    "soup": "netlang.cli.verbs.soup",
    "predict": "netlang.cli.verbs.predict",
    "look": "netlang.cli.verbs.look",
    "runs": "netlang.cli.verbs.runs",
    "doctor": "netlang.cli.verbs.doctor",
    "list": "netlang.cli.verbs.listing",
    "rule": "netlang.cli.verbs.rule",
}
"""Verb and module, in the order of the overview."""
