"""The text that a diagram shows for a step: label, caption, values and shape."""
