"""What a stranger's file may ask for: as much as its own bytes justify, and a little more.

`room` says how much that is, `peak` how much of a program is in memory at once, `work` how much
there is to compute in it, and `operators` how much in a step of a graph that is read.
"""
