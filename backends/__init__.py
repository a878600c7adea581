"""The backends: the only code that needs PyTorch, ONNX or Graphviz."""
