"""nftables as facts that can be compared and read: names and texts, without handles and counters."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

#: (`table`, `chain`, `rule`, `set` or `element`; its name; its details)
Fact = tuple[str, str, str]

_VERDICTS = ("accept", "drop", "return", "continue", "masquerade", "notrack", "reject", "redirect")


#: Tables that belong to iptables: nft can't read all of their rules, iptables-save can.
IPTABLES = frozenset(
    (family, name) for family in ("ip", "ip6") for name in ("filter", "nat", "mangle", "raw", "security")
)


def iptables_families(listing: Iterable[Mapping[str, Any]]) -> set[str]:
    """The families, `ip` and `ip6`, in which iptables has tables."""
    found = set()
    for item in listing:
        for kind, body in item.items():
            if kind == "table" and (body.get("family"), body.get("name")) in IPTABLES:
                found.add(body["family"])
    return found


def facts(listing: Iterable[Mapping[str, Any]], *, without: Collection[str] = ()) -> Iterator[Fact]:
    """What the objects of `nft -j list ruleset` say; rules are named by their chain and text.

    Of the families in `without`, the tables of iptables are left out.
    """
    for item in listing:
        for kind, body in item.items():
            table = body.get("family"), body.get("table", body.get("name"))
            place = " ".join(map(str, table))
            if table in IPTABLES and table[0] in without:
                continue
            if kind == "table":
                yield "nft table", place, ""
            elif kind == "chain":
                yield "nft chain", f"{place} {body['name']}", _hook(body)
            elif kind == "rule":
                yield "nft rule", f"{place} {body['chain']}: {rule_text(body)}", ""
            elif kind in ("set", "map"):
                yield f"nft {kind}", f"{place} {body['name']}", ""
                for element in body.get("elem", ()):
                    yield "nft element", f"{place} {body['name']}: {_element(element)}", ""


def rule_text(rule: Mapping[str, Any]) -> str:
    """A rule about as `nft list` shows it, without counters."""
    words = [words_of(expression) for expression in rule.get("expr", ())]
    comment = rule.get("comment")
    return " ".join(word for word in words if word) + (f' comment "{comment}"' if comment else "")


def words_of(value: Any) -> str:
    """An expression of libnftables-json(5) in words; one that is not known here as compact JSON."""
    if isinstance(value, list):
        return "{ " + ", ".join(map(words_of, value)) + " }"
    if not isinstance(value, dict):
        return f'"{value}"' if isinstance(value, str) and " " in value else str(value)
    ((name, body),) = value.items() if len(value) == 1 else ((None, value),)
    if name in _VERDICTS:
        return f"{name}"
    render = _EXPRESSIONS.get(name or "")
    return render(body) if render else json.dumps(value, separators=(",", ":"), sort_keys=True)


def _match(body: Any) -> str:
    operator = "" if body["op"] in ("==", "in") else f"{body['op']} "
    return f"{words_of(body['left'])} {operator}{words_of(body['right'])}"


def _nat(kind: str) -> Callable[[Any], str]:
    def render(body: Any) -> str:
        target = words_of(body["addr"]) if body and "addr" in body else ""
        if not (body and "port" in body):
            return f"{kind} to {target}"
        return f"{kind} to " + (f"[{target}]" if ":" in target else target) + f":{words_of(body['port'])}"

    return render


_EXPRESSIONS: Mapping[str, Callable[[Any], str]] = {
    "match": _match,
    "payload": lambda body: f"{body['protocol']} {body['field']}" if "field" in body else json.dumps(body),
    "meta": lambda body: f"meta {body['key']}" if body["key"] in ("mark", "l4proto", "nfproto") else str(body["key"]),
    "ct": lambda body: f"ct {body['key']}",
    "fib": lambda body: f"fib {words_of(body['flags']).strip('{} ')} {body['result']}",
    "prefix": lambda body: f"{body['addr']}/{body['len']}",
    "range": lambda body: "-".join(map(words_of, body)),
    "set": words_of,
    "concat": lambda body: " . ".join(map(words_of, body)),
    "map": lambda body: f"{words_of(body['key'])} map {words_of(body['data'])}",
    "vmap": lambda body: f"{words_of(body['key'])} vmap {words_of(body['data'])}",
    "jump": lambda body: f"jump {body['target']}",
    "goto": lambda body: f"goto {body['target']}",
    "dnat": _nat("dnat"),
    "snat": _nat("snat"),
    "mangle": lambda body: f"{words_of(body['key'])} set {words_of(body['value'])}",
    "counter": lambda body: "",
    "&": lambda body: " & ".join(map(words_of, body)),
    "|": lambda body: " | ".join(map(words_of, body)),
    "elem": lambda body: words_of(body["val"]),
}


def _element(element: Any) -> str:
    """An element of a set, or `key : value` of a map, with its comment."""
    value = None
    if isinstance(element, list):
        element, value = element
    text, comment = element, None
    if isinstance(element, dict) and "elem" in element:
        text, comment = element["elem"]["val"], element["elem"].get("comment")
    shown = words_of(text) + (f" : {words_of(value)}" if value is not None else "")
    return shown + (f' comment "{comment}"' if comment else "")


def _hook(chain: Mapping[str, Any]) -> str:
    if "hook" not in chain:
        return ""
    policy = f", policy {chain['policy']}" if chain.get("policy", "accept") != "accept" else ""
    return f"{chain.get('type')} hook {chain['hook']} priority {chain.get('prio')}{policy}"
