"""Sheets laid out and written as DOT text."""
