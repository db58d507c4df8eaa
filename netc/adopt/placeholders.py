"""Placeholders of a template as params: `__MTU__` in a file is `param mtu` in what is adopted.

In quotes a placeholder is a string, which is the param's default: a build that is told nothing writes the template once
more. Outside of quotes it is no JSON, and a key that takes an address or certain words takes no placeholder: there a
build has to be given the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from netc.adopt.pieces import Param
from netc.adopt.writing import KEYWORDS
from netc.documents.json_tree import Node
from netc.documents.templates import HOLE, WORD, is_filled_in_later
from netc.lang.notation import quoted
from netc.plugins.subschema import Subschema

#: Words that can't name a param: those of the language, and the module of shared chains.
_TAKEN = KEYWORDS | {"chains"}
_COUNTS = re.compile(r"mtu|port|vlan|priority|count|size|weight|metric|rate|burst|_id\b", re.IGNORECASE)
_SAMPLES = {"int": "1500", "bool": "true", "string": "filled-in"}
#: `x-netc.kind`s to the type of what fills them in, and a value that fits.
_KINDS = {
    "ip": ("ip", "10.1.0.1"),
    "network": ("cidr", "10.1.0.0/16"),
    "address": ("cidr", "10.1.0.1/16"),
    "cidr": ("cidr", "10.1.0.1/16"),
    "cidr-or-range": ("cidr", "10.1.0.0/16"),
    "ip-or-address": ("string", "10.1.0.1"),
    "mac": ("mac", "02:42:0a:00:00:01"),
    "ifname": ("string", "eth0"),
}


class Placeholders:
    """The params of one file, each for one placeholder."""

    def __init__(self) -> None:
        self.params: dict[tuple[str, str, bool], Param] = {}

    def bare(self, node: Node, schema: Subschema | None) -> Param | None:
        """The param for a placeholder outside of quotes; None where it stands for a list or an object."""
        text = node.span.text.strip()
        kind = schema.node.get("type") if schema is not None else None
        if kind in ("array", "object"):
            return None
        words = {"integer": "int", "number": "int", "boolean": "bool", "string": "string"}
        type_ = words.get(str(kind)) or ("int" if _COUNTS.search(text) else "string")
        return self._param(text, type_, _SAMPLES[type_])

    def quoted(self, text: str, schema: Subschema | None) -> Param:
        """The param for a placeholder in a string: for the whole of it where `schema` says what the key takes."""
        kind = _KINDS.get(str(schema.note("kind"))) if schema is not None else None
        words = schema.node.get("enum") if schema is not None else None
        if kind is not None:
            return self._param(text, *kind)
        if words:
            return self._param(text, "string", str(words[0]))
        return self._param(text, "string", text, quoted(text))

    def _param(self, text: str, type_: str, sample: str, default: str | None = None) -> Param:
        key = (text, type_, default is None)
        if key not in self.params:
            self.params[key] = Param(self._name(text), type_, text, default, sample)
        return self.params[key]

    def _name(self, text: str) -> str:
        """A name made of the placeholder's words: `cni-mtu` of `__CNI_MTU__`, `mtu` of `{{ .Values.mtu }}`."""
        words = [word.lower() for word in re.findall(r"[A-Za-z0-9]+", re.sub(r"^\W*Values\.", "", text))]
        stem = "-".join(words)[:40].strip("-") or "value"
        stem = stem if stem[0].isalpha() else f"value-{stem}"
        stem = f"{stem}-value" if stem in _TAKEN else stem
        names = {param.name for param in self.params.values()}
        name, count = stem, 2
        while name in names:
            name, count = f"{stem}-{count}", count + 1
        return name


def original(node: Node) -> str:
    """A string of a template as its author wrote it, with the expressions in braces that were masked in reading."""
    text = str(node.scalar)
    if HOLE not in text:
        return text
    written = node.span.text.strip()
    inner = re.sub(r"^\\*[\"']|\\*[\"']$", "", written)
    if len(inner) != len(text):
        return inner
    return "".join(there if here == HOLE else here for here, there in zip(text, inner))


def parts(node: Node) -> Iterator[tuple[str, bool]]:
    """The string of a node in parts, and whether each is a placeholder."""
    text = original(node)
    if not is_filled_in_later(str(node.scalar)):
        yield text, False
        return
    at = 0
    for match in re.finditer(rf"{WORD.pattern}|\{{\{{.*?\}}\}}", text, re.DOTALL | re.ASCII):
        if match.start() > at:
            yield text[at : match.start()], False
        yield match[0], True
        at = match.end()
    if at == 0:
        yield text, True
    elif at < len(text):
        yield text[at:], False
