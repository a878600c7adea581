"""Reads each kind of data source of a recipe: one module for each."""
