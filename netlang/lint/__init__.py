"""Warnings about what is legal but probably unintended: the rules, and the walks that apply them.

`registry.py` lists the rules on the text of a file and on the steps of a net, `training.py` those
on recipes. The text is walked once, and each function of a net once for each layout of its inputs,
however many rules there are.
"""

from netlang.lint.find import Findings, lint

__all__ = ["Findings", "lint"]
