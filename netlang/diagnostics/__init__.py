"""Errors of users as objects, and how they are shown."""
