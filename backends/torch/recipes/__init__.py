"""Lowerings of the words of recipes to calls of PyTorch or of plain functions."""
