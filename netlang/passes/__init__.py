"""Rewrites of the IR for deployment: one a file, each says what it needs and what it ensures."""
