"""Rewrites of the IR, one a file: each states what it needs and what it ensures."""
