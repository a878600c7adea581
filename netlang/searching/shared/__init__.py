"""What the workers of a search share, in whatever it is kept."""
