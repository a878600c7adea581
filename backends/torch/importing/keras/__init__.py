"""Makes specs of models of Keras 3, whichever backend Keras has.

A model's layers become modules of PyTorch with the channels first (`layers`), which are put
together as its graph says (`model`) and traced as any module. The proof runs the model itself
(`original`). Keras is never imported here: who gives a model has done that.
"""
