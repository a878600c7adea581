"""`netlang runs`: runs in their folders beside each other, grouped by recipe.

`reading.py` reads a run, `groups.py` finds those that differ in their seeds alone and compares the
groups, and `picture.py` draws their curves.
"""
