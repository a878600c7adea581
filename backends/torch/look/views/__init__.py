"""The views of `netlang look`, one a file; `view.py` is their base."""
