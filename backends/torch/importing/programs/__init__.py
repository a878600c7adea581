"""Reads programs of `torch.export.save`, files `.pt2`, and runs no code of them.

`torch.export.load` unpickles parts of a file without restriction, and evaluates its formulas as
Python. Here the archive is opened with care (`archive`, `weights`), its graph is read as JSON
(`document`), each node is a known operator of ATen or none (`known`), and the graph is made for
several examples (`graph`), as tracing gives one. `original` runs it for the proof.
"""
