"""Parts of axes: joined to one, split, and ways along them that others cover."""
