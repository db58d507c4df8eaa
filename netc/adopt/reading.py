"""A configuration as written becomes pieces of netc, and the JSON that they have to compile to.

What is taken over is the author's JSON, not what Go makes of it: keys that nobody reads stay, and so do keys in another
case. Of a key that stands twice the last value counts, which has been reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from netc.adopt.codes import CHANGED, REFUSED
from netc.adopt.literals import literal
from netc.adopt.pieces import Body, Listing, NetworkBlock, Param, PluginBlock, Read, Scalar
from netc.adopt.placeholders import Placeholders, original, parts
from netc.diagnostics import Diagnostic
from netc.documents.go import LIFTED, Written
from netc.documents.json_tree import Member, Node
from netc.documents.templates import HOLE, WORD, is_filled_in_later
from netc.lang.notation import key_text, quoted
from netc.model import Json
from netc.plugins import subschema
from netc.plugins.subschema import Subschema
from netc.sources import Span

#: Integers from here on are no floating-point numbers either.
_TOO_LARGE = 2**1024 - 2**970
#: A template between keys or elements.
_BETWEEN = re.compile(rf"\{{\{{|\{{%|(?<=[\s,{{\[])(?:{WORD.pattern})(?=\s*:)")
_PRIORITY = re.compile(r"(\d\d)-")

_Piece = Scalar | Listing | Body


class Refused(Exception):
    """The configuration can't be said in netc: why, and where."""

    def __init__(self, message: str, span: Span, help: str) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(REFUSED.code, REFUSED.severity, message, span, help=help)


def read(written: Written, file: str, placeholders: Placeholders) -> tuple[Read, list[Diagnostic]]:
    """The pieces of a configuration and what is adopted otherwise than it is written; raises `Refused`.

    `file` is what the configuration's file is called.
    """
    reader = _Reader(written, placeholders)
    return reader.read(file), [one.in_network(written.network.name) for one in reader.findings]


class _Reader:
    def __init__(self, written: Written, placeholders: Placeholders) -> None:
        self.written, self.placeholders = written, placeholders
        self.findings: list[Diagnostic] = []
        self.used: dict[str, Param] = {}

    def changed(self, message: str, span: Span, help: str | None = None) -> None:
        self.findings.append(Diagnostic(CHANGED.code, CHANGED.severity, message, span, help=help))

    def read(self, file: str) -> Read:
        root = self.written.root
        if self.written.place == "part":
            at = Span(root.span.source, root.span.start, root.span.start + 1)
            raise Refused("a plugin in the folder of a list", at, "write it into `plugins` of the list")
        self.closed(root)
        members = _last(root.members)
        listed: list[tuple[Node, dict[str, Member]]]
        if self.written.form == "single":
            level, listed = self.lifted(members), [(root, members)]
        else:
            if "plugins" not in members:
                at = Span(root.span.source, root.span.start, root.span.start + 1)
                raise Refused("a list without plugins of its own", at, "write them into `plugins`")
            level = {key: member for key, member in members.items() if key != "plugins"}
            listed = [(node, _last(node.members)) for node in self.listed(members["plugins"].value)]
        head, name = self.name(level.pop("name", None))
        entries, json = self.list_level(level)
        conflist: dict[str, Json] = {}
        if "cniVersion" in json:
            conflist["cniVersion"] = json.pop("cniVersion")
        conflist |= {"name": name, **json}
        found = [self.plugin(node, own) for node, own in listed]
        conflist["plugins"] = [body for _, body in found]
        priority = _PRIORITY.match(file)
        meta = (("priority", Scalar(str(int(priority[1])), "int")),) if priority else ()
        block = NetworkBlock(head, self.remark(), meta, Body(tuple(entries)), tuple(block for block, _ in found))
        return Read(block, conflist, self.used)

    def remark(self) -> str:
        """Where the network comes from."""
        at = self.written.network.span
        places = {"definition": "a NetworkAttachmentDefinition", "config-map": "a ConfigMap"}
        place = places.get(self.written.place, "a single configuration" if self.written.form == "single" else "")
        line = f":{at.begin.line}" if self.written.place != "file" else ""
        return f"From {at.source.path}{line}{', ' if place else ''}{place}."

    # ---- the list level --------------------------------------------------------------------------------------------

    def listed(self, node: Node) -> list[Node]:
        """The plugins of a list."""
        self.closed(node)
        if node.kind != "list":
            raise Refused("`plugins` is no list", node.span, "write a list of plugins")
        for element in node.elements:
            if element.kind != "object":
                raise Refused("a plugin that is no object", element.span, "write its object, or take it out")
        return list(node.elements)

    def lifted(self, members: dict[str, Member]) -> dict[str, Member]:
        """What a single configuration says of the list that it becomes."""
        found = {}
        for name in LIFTED:
            member = members.get(name) or _in_other_case(members.values(), name)
            if member is not None:
                del members[member.key]
                found[name] = member
                if member.key != name:
                    self.changed(f"`{member.key}` becomes `{name}`, as Go reads it", member.key_span)
        return found

    def name(self, member: Member | None) -> tuple[str, str]:
        """The network's name, in netc notation and as it is."""
        value = member.value if member is not None else None
        if value is not None and isinstance(value.scalar, str) and value.scalar:
            piece, text = self.string(value, None)
            assert isinstance(text, str)
            return (key_text(text) if piece.text == quoted(text) else _interpolated(piece)), text
        name = self.written.network.name
        if self.written.place != "definition" or member is not None:
            at = value.span if value is not None else self.written.network.span
            at = at if value is not None else Span(at.source, at.start, at.start + 1)
            why = "has no name" if value is None else "has a name that is no text"
            self.changed(f"the network {why}: it becomes {name}", at, f'write "name": "{name}"')
        return key_text(name), name

    def list_level(self, level: dict[str, Member]) -> tuple[list[tuple[str, _Piece]], dict[str, Json]]:
        schema = subschema.of_conflist()
        entries: list[tuple[str, _Piece]] = []
        json: dict[str, Json] = {}
        for key, member in level.items():
            if key == "meta":
                self.changed("`meta` of a list is left out: in netc it is netc's own", member.key_span)
                continue
            self.entry(entries, json, key, member, schema.key(key))
        if "cniVersion" not in json:
            entries.insert(0, ("cniVersion", Scalar("null", "null")))
        return entries, json

    # ---- plugins ---------------------------------------------------------------------------------------------------

    def plugin(self, node: Node, members: dict[str, Member]) -> tuple[PluginBlock, dict[str, Json]]:
        """A plugin's block and its JSON; `members` are those of `node` that are the plugin's."""
        self.closed(node)
        member = members.get("type") or _in_other_case(members.values(), "type")
        if member is None or not isinstance(member.value.scalar, str) or not member.value.scalar:
            at = Span(node.span.source, node.span.start, node.span.start + 1) if member is None else member.value.span
            raise Refused("a plugin without a type", at, 'write "type": and the name of its binary')
        if member.key != "type":
            self.changed(f"`{member.key}` becomes `type`, as Go reads it", member.key_span)
        del members[member.key]
        piece, type_ = self.string(member.value, None)
        assert isinstance(type_, str)
        head = key_text(type_) if piece.text == quoted(type_) else _interpolated(piece)
        body, json = self.members(members, subschema.of_plugin(type_))
        return PluginBlock(head, body), {"type": type_, **json}

    def members(self, members: dict[str, Member], schema: Subschema | None) -> tuple[Body, dict[str, Json]]:
        entries: list[tuple[str, _Piece]] = []
        json: dict[str, Json] = {}
        for key, member in members.items():
            self.entry(entries, json, key, member, schema.key(key) if schema is not None else None)
        return Body(tuple(entries)), json

    def entry(
        self,
        entries: list[tuple[str, _Piece]],
        json: dict[str, Json],
        key: str,
        member: Member,
        schema: Subschema | None,
    ) -> None:
        node = member.value
        if node.kind == "absent":
            return
        if node.kind == "null":
            self.changed(f"`{key}` with null is left out", member.key_span, "nobody reads a key that is null")
            return
        key = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in key)
        piece, value = self.value(node, schema)
        entries.append((key, piece))
        json[key] = value

    # ---- values ----------------------------------------------------------------------------------------------------

    def value(self, node: Node, schema: Subschema | None) -> tuple[_Piece, Json]:
        self.closed(node)
        if node.kind == "object":
            members = _last(node.members)
            if schema is not None and schema.note("delegate"):
                type_ = members.get("type")
                named = type_.value.scalar if type_ is not None else None
                schema = subschema.of_ipam(named) if isinstance(named, str) else None
            return self.members(members, schema)
        if node.kind == "list":
            element = schema.element if schema is not None else None
            found = [self.value(one, element) for one in node.elements if one.kind != "absent"]
            return Listing(tuple(piece for piece, _ in found)), [json for _, json in found]
        if node.kind == "hole":
            return self.hole(node, schema)
        if isinstance(node.scalar, str):
            return self.string(node, schema)
        if isinstance(node.scalar, int) and abs(node.scalar) >= _TOO_LARGE:
            raise Refused("a number that is too large for anybody to read", node.span, "take it out")
        made = literal(node.scalar, schema)
        if made.changed is not None:
            self.changed(made.changed, node.span)
        return made.scalar, made.json

    def string(self, node: Node, schema: Subschema | None) -> tuple[Scalar, str]:
        """A string, with a param for each placeholder in it."""
        if not is_filled_in_later(str(node.scalar)):
            made = literal(node.scalar, schema)
            if made.changed is not None:
                self.changed(made.changed, node.span)
            return made.scalar, made.json
        if HOLE in original(node):
            raise Refused("a template that can't be told apart from the text around it", node.span, _RENDER)
        found = list(parts(node))
        if found == [(original(node), True)]:
            param = self.placeholders.quoted(found[0][0], schema)
            self.used[param.name] = param
            return Scalar(param.name, param.type), param.sample
        text = ""
        for part, placeholder in found:
            if placeholder:
                param = self.placeholders.quoted(part, None)
                self.used[param.name] = param
                text += f"${{{param.name}}}"
            else:
                text += quoted(part)[1:-1]
        return Scalar(f'"{text}"', "string"), original(node)

    def hole(self, node: Node, schema: Subschema | None) -> tuple[Scalar, Json]:
        """A placeholder outside of quotes."""
        param = self.placeholders.bare(node, schema)
        if param is None:
            raise Refused("a template writes a whole list or object here", node.span, _RENDER)
        self.used[param.name] = param
        return Scalar(param.name, param.type), _SAMPLES.get(param.type, str)(param.sample)

    def closed(self, node: Node) -> None:
        """Refuse an object or list that a template adds keys or elements to: they are not known."""
        parts = [(one.key_span.start, one.value.span.end) for one in node.members]
        parts += [(one.span.start, one.span.end) for one in node.elements]
        if node.open and parts and parts[0][0] == node.span.start:
            raise Refused("a template that can't be told apart from the text around it", node.span, _RENDER)
        if node.kind not in ("object", "list"):
            return
        at = node.span.start
        for start, end in [*parts, (node.span.end, node.span.end)]:
            match = _BETWEEN.search(node.span.source.text, at, max(at, start))
            if match is not None:
                raise Refused("a template decides what stands here", Span(node.span.source, *match.span()), _RENDER)
            at = max(at, end)


#: What a param of a type makes of its text.
_SAMPLES: Mapping[str, Callable[[str], Json]] = {"int": int, "bool": lambda text: text == "true"}
_RENDER = "render the template first: helm template . | netc adopt -"


def _interpolated(piece: Scalar) -> str:
    """A string that names something: a head takes a string, and no name of a param."""
    return piece.text if piece.text.startswith('"') else f'"${{{piece.text}}}"'


def _last(members: Iterable[Member]) -> dict[str, Member]:
    """The member that counts for each key; a key keeps the place where it stands first."""
    return {member.key: member for member in members}


def _in_other_case(members: Iterable[Member], name: str) -> Member | None:
    found = [member for member in members if member.key.lower() == name.lower()]
    return max(found, key=lambda one: one.key.encode("utf-8", "replace"), default=None)
