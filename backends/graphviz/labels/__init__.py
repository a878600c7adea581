"""What a diagram says of a step: label, caption, values and shape."""
