"""Recognises sources that the bundled library has already, by what they are and not by names."""
