"""A function as the elements of a drawing: stacks, circles, frames and links."""
