"""Lays out sheets and writes them as DOT text."""
