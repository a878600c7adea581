"""From rewritten functions to the text of `model.py`."""
