"""How fast ONNX files run: each in a process of its own, several in turn."""
