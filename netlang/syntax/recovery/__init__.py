"""Continues after a mistake: finds every mistake of a text, and a tree of what can be read.

Loaded only after an error. `reader` follows the grammar, `places` finds where to continue, and
`repaired` joins what a mistake has split.
"""

__all__: list[str] = []
