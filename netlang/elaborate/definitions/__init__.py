"""What is checked of a block or net as it is written, before anything is built of it."""

__all__: list[str] = []
