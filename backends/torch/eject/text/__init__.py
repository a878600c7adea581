"""How the lines of a script are laid out, and functions of the runtime as text."""
