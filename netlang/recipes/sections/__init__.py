"""Sections of recipes: `step NAME { ... }`, of players that take turns, and `draw { ... }`."""
