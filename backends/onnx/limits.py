"""How many bytes a stranger's ONNX file and its tensors may have."""

__all__ = ["MOST", "MOST_LARGE", "too_many"]

MOST = (1 << 31) - 1
"""Of a file, as much as one may have, and of its tensors."""
MOST_LARGE = 1 << 34
"""Of the tensors of a file that somebody trusts."""


def too_many(large: bool) -> str:
    """What is said of a file with more."""
    limit = "16 GiB" if large else "2 GiB; `--large` takes 16 GiB"
    return f"its tensors have more than {limit}"
