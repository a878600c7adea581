"""Campaigns: the claims of the compiler held against torch and ONNX on nets that nobody chose."""

__all__: list[str] = []
