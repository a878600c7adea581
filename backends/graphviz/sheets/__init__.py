"""Turns a function into the elements of a drawing: stacks, circles, frames and links."""
