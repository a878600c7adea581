"""Errors in a recipe, known before it runs."""
