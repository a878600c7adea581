"""Errors while a recipe runs: its data, folder, processes and numbers."""
