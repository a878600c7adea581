"""The invariants of a program, each checked: what every stage and rewrite must leave true.

A violation is a bug of the compiler, never a mistake in a spec, and raises `InternalError`. With
`NETLANG_VERIFY=1` in the environment (`verification.py`), every program is verified after
elaboration and after every rewrite of the PyTorch backend. All campaigns do so except `scaling`,
which counts the work of compiling.

Of each function:

- uses: a node reads inputs of the function and nodes before it, as many as its callee takes, and
  everything is read by a later node or an output;
- labels: paths are unique, none lies within that of a call, and weights that are reused belong to
  a node that has them;
- types: those that the operator infers or the called function has, at every node;
- training: what is deployed reads nothing that exists in training only;
- costs: work, weights and receptive field of every operator are known, and none is negative;
- provenance: spans lie in their sources, and a number that knows its origin is what that gives;
- repeats: one time is as long as it says, hands on a value of the type that it takes, and keeps to
  the numbers that it has before the next one.

Of the program: sizes are named once, and shapes and conditions speak of no others.

Of a repeat, one time stands for all: what checking takes grows with the text, not with the net.
"""

from __future__ import annotations

from netlang.ir.verify.program import verify, verify_function

__all__ = ["verify", "verify_function"]
