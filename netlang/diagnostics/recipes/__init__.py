"""Errors in a recipe, found before it runs."""
