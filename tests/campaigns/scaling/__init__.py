"""Whether work grows as the text does: each construct made larger, and every step counted."""
