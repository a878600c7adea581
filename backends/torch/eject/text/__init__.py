"""The layout of a script's lines, and runtime functions as text."""
