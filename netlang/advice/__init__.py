"""Errors to what would mend them: edits of the text, and the nearest of the names that would do."""

__all__: list[str] = []
