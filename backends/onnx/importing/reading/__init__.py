"""Reads ONNX files of strangers, whose long tensors stay where they lie."""
