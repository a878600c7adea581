"""Lowerings of the words of recipes: each becomes calls of PyTorch or of plain functions."""
