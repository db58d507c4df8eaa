"""The grammar's tables without Lark: what reading a text without mistakes takes, as plain data.

Importing Lark and putting its own objects together takes several times as long as reading a small file. So what its
analysis found is written down once: the actions of each state, the rules with what becomes of their children, and the
patterns of the words. Lark itself is loaded only for a text that does not follow the grammar.
"""

from __future__ import annotations

from typing import Any

#: Grows with the form of the data.
VERSION = 1

Data = dict[str, Any]


def compact(lark: Any) -> Data:
    """What Lark knows, in lists, dicts and strings.

    `states` has for each state the terminals and rules that may come: a state to go to, or below zero the rule to
    apply, counted from -1. `rules` are (symbols, origin, method, children, climbs): `children` is for each symbol
    whether it is kept (1), its own children are (2) or nothing is (0); `method` is empty where only the list of
    children is made; a rule that `climbs` changes nothing. `ones` says that a single child stands for itself.
    """
    conf = lark.parse_interactive("").parser_state.parse_conf
    rules: list[tuple[int, str, str, list[int], bool, bool]] = []
    known: dict[int, int] = {}
    states: list[dict[str, int]] = [{} for _ in range(max(conf.states) + 1)]
    for state, actions in conf.states.items():
        for name, (action, target) in actions.items():
            if action.name == "Shift":
                states[state][name] = target
                continue
            if id(target) not in known:
                known[id(target)] = len(rules)
                rules.append(_rule(target))
            states[state][name] = -1 - known[id(target)]
    keywords, patterns = _patterns(lark)
    return {
        "version": VERSION,
        "states": states,
        "start": conf.start_state,
        "end": conf.end_state,
        "rules": rules,
        "keywords": keywords,
        "patterns": patterns,
    }


def _rule(rule: Any) -> tuple[int, str, str, list[int], bool, bool]:
    name = rule.origin.name
    children = [
        0 if symbol.is_term and symbol.filter_out else 2 if not symbol.is_term and symbol.name.startswith("_") else 1
        for symbol in rule.expansion
    ]
    one = bool(rule.options.expand1) and not rule.alias
    method = "" if name.startswith("_") else rule.alias or name
    return len(rule.expansion), name, method, children, one, one and children == [1] and not rule.expansion[0].is_term


def _patterns(lark: Any) -> tuple[dict[str, tuple[str, str]], list[list[tuple[str, str]]]]:
    """Keywords with what must follow them; and the patterns outside of strings, in a string, in one of several lines.

    In Lark's order: the first that matches, of those that fit, is the word.
    """
    terminals = sorted(
        lark.terminals, key=lambda each: (-each.priority, -each.pattern.max_width, -len(each.pattern.value), each.name)
    )
    keywords: dict[str, tuple[str, str]] = {}
    outside: list[tuple[str, str]] = []
    inside: list[tuple[str, str]] = []
    multiline: list[tuple[str, str]] = []
    for each in terminals:
        pattern = each.pattern.to_regexp()
        word = each.name.lower()
        if pattern.startswith(word) and each.name.isalpha():
            keywords[word] = each.name, pattern[len(word) :]
        elif each.name in ("ESCAPE", "BAD_ESCAPE", "INTERP_OPEN"):
            inside.append((each.name, pattern))
            multiline.append((each.name, pattern))
        elif each.name in ("STR_TEXT", "STR_CLOSE", "STR_BROKEN"):
            inside.append((each.name, pattern))
        elif each.name in ("TEXT_TEXT", "TEXT_CLOSE"):
            multiline.append((each.name, pattern))
        elif each.name != "WS":
            outside.append((each.name, pattern))
    return keywords, [outside, inside, multiline]
