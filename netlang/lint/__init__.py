"""What is legal in a spec and probably not meant: rules, and the walks that ask them.

`registry.py` lists the rules by what they look at: the text of a file or the steps of a net;
`training.py` those of recipes. The text is walked once and each function of a net once for each
layout of its inputs, however many rules there are.
"""

from netlang.lint.find import Findings, lint

__all__ = ["Findings", "lint"]
