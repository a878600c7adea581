"""Files to what each of their names stands for, across imports."""

__all__: list[str] = []
