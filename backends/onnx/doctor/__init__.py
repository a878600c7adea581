"""What the installed ONNX Runtime can do, and why not more."""
