"""`netlang doctor SPEC:recipe`: a recipe, its net and its data examined before they are trained.

`patient.py` is what is examined, `short_run.py` trains it a little, `check.py` is the base of the
checks and `examine.py` their order. There is one check a file: those of `data/` look at the
examples, those of `net/` at the net as it starts, and those of `trained/` at short runs.
"""
