"""Methods of search: which trials there are, and how far each of them runs."""
