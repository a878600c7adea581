"""Compares an ONNX file with PyTorch and the IR, step by step, by the spec's names."""
