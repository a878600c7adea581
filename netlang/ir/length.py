"""How many steps a net has: what is done for each of them must refuse a net with too many."""

from __future__ import annotations

from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Function, Item, Node, Program
from netlang.ir.repeats import first_times
from netlang.source import Span

__all__ = ["WRITABLE", "Lengths", "distinct_steps", "require_writable", "too_many"]

WRITABLE = 100_000
"""The most steps that are written out, with those of repeats; more if the text has more."""
_ADVICE = "repeat less: `netlang check`, `summary` and `draw` alone take repeats as a whole"


class Lengths:
    """Counts the steps of functions, those of a called one at each call, once for each function."""

    def __init__(self) -> None:
        self._known: dict[tuple[Function, bool], int] = {}

    def steps(self, function: Function, *, once: bool = False) -> int:
        """The steps of a function; with `once`, those of a repeat count as of one time."""
        waiting = [function]
        while waiting:
            if (waiting[-1], once) in self._known:  # several may call it
                waiting.pop()
                continue
            calls: dict[Function, int] = {}
            own = _counted(waiting[-1].items, 1, calls, once=once)
            unknown = [callee for callee in calls if (callee, once) not in self._known]
            if unknown:
                waiting.extend(unknown)  # callees first: chains of calls may be long
                continue
            called = sum(times * self._known[callee, once] for callee, times in calls.items())
            self._known[waiting.pop(), once] = own + called
        return self._known[function, once]


def _counted(items: tuple[Item, ...], times: int, calls: dict[Function, int], *, once: bool) -> int:
    """The operators among items that are run so many times; adds up the calls of functions."""
    count = 0
    for item in items:
        if not isinstance(item, Node):
            inside = times if once else times * item.count
            count += _counted(item.items, inside, calls, once=once)
        elif type(item.callee) is Function:
            calls[item.callee] = calls.get(item.callee, 0) + times
        else:
            count += times
    return count


def distinct_steps(net: Function) -> int:
    """How many nodes the net and all functions below it have; repeats count once."""
    seen, waiting, count = {net}, [net], 0
    while waiting:
        for node in first_times(waiting.pop().items):
            count += 1
            if isinstance(node.callee, Function) and node.callee not in seen:
                seen.add(node.callee)
                waiting.append(node.callee)
    return count


def require_writable(program: Program, span: Span | None = None, *, advice: str = _ADVICE) -> None:
    """Raise `NetlangError`, at `span`, for a net with more steps than can be written out."""
    count = Lengths().steps(program.net)
    if count > max(WRITABLE, distinct_steps(program.net)):
        raise too_many(program, count, WRITABLE, advice, span)


def too_many(
    program: Program, count: int, limit: int, advice: str, span: Span | None = None
) -> NetlangError:
    """The refusal of a net that is too large."""
    from netlang.diagnostics.language.sizes import TooManyToExpand

    return NetlangError(
        TooManyToExpand(span=span, net=program.name, count=count, limit=limit, advice=advice)
    )
