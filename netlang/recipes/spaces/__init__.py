"""Spaces in recipes: where they are written, and recipes with a value in place of each."""
