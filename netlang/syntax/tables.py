"""`python -m netlang.syntax.tables`: turns `grammar.lark` into the tables that the parser loads.

Lark reads the grammar and computes the LALR(1) automaton, which is stored as plain data in
`tables.json`. So Lark is needed only when the grammar changes, not when a net is compiled.

On exit, the grammar has no conflict, and the same grammar gives the same bytes for any hash seed:
states are numbered in the order of a walk from the start symbols.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule, Symbol
    from lark.parsers.lalr_analysis import IntParseTable

__all__ = ["GRAMMAR", "STARTS", "TABLES", "build", "main"]

GRAMMAR = Path(__file__).with_name("grammar.lark")
TABLES = Path(__file__).with_name("tables.json")

STARTS = ("file", "conditional", "type_spec")
"""A whole file, or one expression: the computed part of a quoted label is parsed separately.

So is the type of an input, for a block by itself.
"""

Json: TypeAlias = bool | int | str | list["Json"] | dict[str, "Json"] | None
Row: TypeAlias = dict[str, int]


def build(grammar: str) -> str:
    """The text of `tables.json` for a grammar."""
    from lark import Lark

    lark = Lark(grammar, parser="lalr", lexer="basic", start=list(STARTS), maybe_placeholders=False)
    data = _Numbering(lark).data()
    lines = [f"{json.dumps(key)}: {_rows(value)}" for key, value in data.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _rows(value: Json) -> str:
    """JSON with one line per list entry, so that a change of the grammar gives a small diff."""
    if not isinstance(value, list):
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    rows = (json.dumps(row, sort_keys=True, separators=(",", ":")) for row in value)
    return "[\n" + ",\n".join(rows) + "\n]"


def _distinct(rows: list[Row]) -> tuple[list[Json], list[int]]:
    """Each distinct row once, and the row number for each place: many states end the same rule."""
    numbers: dict[str, int] = {}
    places = [numbers.setdefault(json.dumps(row, sort_keys=True), len(numbers)) for row in rows]
    return [json.loads(row) for row in numbers], places


def _automaton(lark: Lark) -> IntParseTable:
    """The LALR(1) automaton, in strict mode: a conflict is an error and never resolved silently."""
    from lark.common import ParserConf
    from lark.parsers.lalr_analysis import IntParseTable, LALR_Analyzer

    analyzer = LALR_Analyzer(ParserConf(lark.rules, {}, list(STARTS)), strict=True)
    analyzer.compute_lalr()  # type: ignore[no-untyped-call]  # Lark gives it no types
    table = analyzer.parse_table
    assert isinstance(table, IntParseTable)
    return table


class _Numbering:
    """Lark's automaton with terminals by their text and fixed numbers for states and rules."""

    def __init__(self, lark: Lark) -> None:
        from lark.lexer import PatternStr

        self.table = _automaton(lark)
        self.text = {
            terminal.name: terminal.pattern.value
            for terminal in lark.terminals
            if isinstance(terminal.pattern, PatternStr)
        }
        self.patterns = {
            terminal.name: terminal.pattern.value
            for terminal in lark.terminals
            if terminal.name not in self.text
        }
        symbols = (symbol for rule in lark.rules for symbol in rule.expansion)
        self.terminals = {symbol.name for symbol in symbols if symbol.is_term} | {"$END"}
        self.rules = sorted(lark.rules, key=str)
        self.rule_number = {rule: number for number, rule in enumerate(self.rules)}
        self.states = list(self._reachable())
        self.state_number = {state: number for number, state in enumerate(self.states)}

    def _reachable(self) -> Iterator[int]:
        queue = [self.table.start_states[start] for start in STARTS]
        seen = set(queue)
        for state in queue:
            yield state
            for _, target in sorted(self._shifts(state)):
                if target not in seen:
                    seen.add(target)
                    queue.append(target)

    def _shifts(self, state: int) -> Iterator[tuple[str, int]]:
        from lark.parsers.lalr_analysis import Shift

        for symbol, (action, target) in self.table.states[state].items():
            if action is Shift:
                yield symbol, target

    def data(self) -> dict[str, Json]:
        """Keys: see `netlang.syntax.parser.Tables`."""
        actions, action_of = _distinct([self._actions(state) for state in self.states])
        gotos, goto_of = _distinct([self._gotos(state) for state in self.states])
        words = sorted(text for text in self.text.values() if text.isalpha())
        marks = sorted(
            (t for t in self.text.values() if not t.isalpha()), key=lambda t: (-len(t), t)
        )
        return {
            "patterns": [[name, pattern] for name, pattern in self.patterns.items()],
            "keywords": [*words],
            "marks": [*marks],
            "rules": [self._rule(rule) for rule in self.rules],
            "actions": actions,
            "gotos": gotos,
            "states": [list(pair) for pair in zip(action_of, goto_of, strict=True)],
            "starts": {s: self.state_number[self.table.start_states[s]] for s in STARTS},
        }

    def _actions(self, state: int) -> Row:
        """Terminals mapped to a state number (shift) or to -1 - rule number (reduce).

        The end of the text, if allowed, leads nowhere.
        """
        from lark.parsers.lalr_analysis import Shift

        if state in self.table.end_states.values():
            return {"$END": self.state_number[state]}
        return {
            self.text.get(symbol, symbol): (
                self.state_number[target] if action is Shift else -1 - self.rule_number[target]
            )
            for symbol, (action, target) in self.table.states[state].items()
            if symbol in self.terminals
        }

    def _gotos(self, state: int) -> Row:
        """Nonterminals mapped to state numbers."""
        shifts = self._shifts(state)
        return {s: self.state_number[to] for s, to in shifts if s not in self.terminals}

    def _rule(self, rule: Rule) -> Json:
        """`[origin, length, maker, kept]`, where the maker "" passes on the single kept child."""
        kept: list[Json] = [i for i, symbol in enumerate(rule.expansion) if self._keeps(symbol)]
        origin = str(rule.origin.name)
        passes = len(kept) == 1 and not rule.alias and not origin.startswith("__")
        passes = passes and (rule.options.expand1 or origin.startswith("_"))
        maker = "" if passes else rule.alias or ("list" if origin.startswith("__") else origin)
        spliced: list[Json] = [
            i
            for i, symbol in enumerate(rule.expansion)
            if symbol.name.startswith("__") and not symbol.is_term
        ]
        return [origin, len(rule.expansion), maker, kept, spliced]

    def _keeps(self, symbol: Symbol) -> bool:
        """Marks, keywords and what the lexer declares carry no value; rules always do."""
        if not symbol.is_term:
            return True
        return not getattr(symbol, "filter_out", False) and symbol.name not in ("SEP", "COMPUTED")


def main() -> None:
    TABLES.write_text(build(GRAMMAR.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
