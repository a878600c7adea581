"""From errors to fixes: edits of the text, and the nearest of the valid names."""

__all__: list[str] = []
