"""Reads `.keras` files of strangers, without Keras's own reading of them.

`archive` gives the configuration as JSON and the weights as HDF5, `layers` builds layers of classes
and with arguments that are listed, and `model` puts them together. Keras's `load_model` is never
called: it would build whatever class and run whatever function a file names.
"""
