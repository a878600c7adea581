"""What a stranger's file may ask for: as much as its own bytes justify, and a little more.

`room` says how much that is, and `peak` how much of a program is in memory at once.
"""
