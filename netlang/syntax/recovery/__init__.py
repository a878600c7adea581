"""Reading on behind a mistake: every mistake of a text told, and a tree of what can be read.

Loaded only when an error has occurred. `reader` follows the grammar, `places` says where to go on,
`repaired` puts together what a mistake has torn apart.
"""

__all__: list[str] = []
