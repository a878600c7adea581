"""A difference as text, Markdown and JSON."""
