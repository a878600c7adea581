"""Users' errors as objects, and how they are shown."""
