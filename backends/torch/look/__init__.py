"""`netlang look`: what a net has learned, as pictures and as one page.

`subject.py` is what is looked at, `watched.py` gives the values of its steps, and `choice.py`
chooses the steps. `views/` has one view a file, and `look.py` their order; `drawing.py` and
`page.py` are what they are drawn with.
"""
