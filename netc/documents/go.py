"""A configuration as the reference library and plugins read it: which key counts, and which is dropped.

Keys of a plugin match in any case; those of the list level do not. Of keys that are one to Go the last counts, and as
libcni writes the keys of a plugin anew in the order of their bytes, that is the last of that order. null is an absent
key. A single configuration becomes a list of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from netc.dataclass import dataclass, field, replace
from netc.diagnostics import Diagnostic, Step
from netc.diagnostics.edits import renamed
from netc.documents import removal
from netc.documents.codes import CASE, QUOTED, TWICE
from netc.documents.json_tree import Member, Node
from netc.documents.templates import is_filled_in_later
from netc.model import Json, Network, Origin, escape
from netc.plugins import subschema
from netc.plugins.subschema import Subschema
from netc.sources import Span

#: Keys of every plugin object that libcni itself decodes.
BASE_KEYS: Final = frozenset({"cniVersion", "name", "type", "capabilities", "ipam", "dns", "prevResult"})
#: Keys of the list that are true or false.
SWITCHES: Final = frozenset({"disableCheck", "disableGC", "loadOnlyInlinedPlugins"})
#: Keys of a plugin object that the runtime takes from the list; in a single configuration they are the list's.
LIFTED: Final = ("cniVersion", "name")

#: What a configuration stands in: a file of its own, a NetworkAttachmentDefinition, a ConfigMap, the plugin that calls
#: it, the folder named after a list.
Place = Literal["file", "definition", "config-map", "delegate", "part"]

_MISSING: Any = object()
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Written:
    """A network that stands in a file, and how its pointers lead back to the JSON as written.

    `form` is the shape it was written in, `root` the whole of it. `renamed` maps pointers of the network to those of
    the written JSON where they differ, without those below; `base` is where it stands in a configuration around it.
    """

    network: Network
    form: Literal["list", "single"]
    root: Node
    place: Place
    renamed: Mapping[str, str] = field(default_factory=dict)
    base: str = ""

    def pointer(self, pointer: str) -> str:
        """The JSON pointer, in the JSON as written, of what stands at `pointer` in the network."""
        above = pointer
        while above not in self.renamed and above:
            above = above.rpartition("/")[0]
        return self.base + self.renamed.get(above, above) + pointer[len(above) :]


def form_of(root: Node) -> Literal["list", "single"] | None:
    """The shape of a configuration; None for what is none: a list has `plugins`, a single one `type`."""
    if root.kind != "object":
        return None
    if any(member.key == "plugins" for member in root.members):
        return "list"
    return "single" if any(member.key.lower() == "type" for member in root.members) else None


def network(
    root: Node, form: Literal["list", "single"], name: str, place: Place, *, nameless: bool = False
) -> tuple[Written, list[Diagnostic]]:
    """The network that a configuration describes, and what Go reads otherwise than it is written.

    `name` is what to call it where it has none; with `nameless` that becomes its name, as it does with Multus.
    """
    lowering = _Lowering()
    lowering.origin("", None, root.span)
    conflist = lowering.list_level(root) if form == "list" else lowering.single(root)
    if nameless and not conflist.get("name") and "/name" not in lowering.unwritten:
        conflist["name"] = name
    named = conflist.get("name")
    shown = named if isinstance(named, str) and named else name
    found = Network(
        shown,
        conflist,
        lowering.origins,
        root.span,
        unwritten=frozenset(lowering.unwritten),
        cluster=place == "definition",
    )
    return Written(found, form, root, place, lowering.renamed), [one.in_network(shown) for one in lowering.findings]


def delegates(written: Written) -> Iterator[tuple[Written, list[Diagnostic]]]:
    """The networks that a Multus in the chain calls by itself, as `network` gives them.

    Multus takes a list or a single configuration there, and calls one without a name by its own.
    """
    holders = [("", written.root)]
    if written.form == "list":
        plugins = written.root.get("plugins")
        holders = [(f"/plugins/{index}", one) for index, one in enumerate(plugins.elements if plugins else ())]
    for at, holder in holders:
        listed = holder.get("delegates") if holder.kind == "object" and _type(holder) == "multus" else None
        for index, root in enumerate(listed.elements if listed is not None and listed.kind == "list" else ()):
            form = form_of(root)
            if form is not None:
                found, said = network(root, form, written.network.name, "delegate", nameless=True)
                yield replace(found, base=f"{written.base}{at}/delegates/{index}"), said


def with_folder(written: Written, parts: Sequence[Node]) -> tuple[Written, list[Diagnostic]]:
    """The network of a list with the plugins behind its own that lie in the folder named after it."""
    if not parts:
        return written, []
    listed = written.network.conflist.get("plugins")
    plugins, lowering = _appended(list(listed) if isinstance(listed, list) else [], parts)
    whole = replace(
        written.network,
        conflist={**written.network.conflist, "plugins": plugins},
        origins={**written.network.origins, **lowering.origins},
        unwritten=written.network.unwritten | lowering.unwritten,
    )
    found = replace(written, network=whole, renamed={**written.renamed, **lowering.renamed})
    return found, [one.in_network(whole.name) for one in lowering.findings]


def part(root: Node, name: str) -> tuple[Written, list[Diagnostic]]:
    """A plugin that lies in the folder named after a list, where nothing is known of the list but its `name`."""
    plugins, lowering = _appended([{}], [root])
    unwritten = lowering.unwritten | {"/name", "/cniVersion", "/plugins/0"}
    found = Network(
        name, {"plugins": plugins}, {"": Origin(None, root.span), **lowering.origins}, root.span,
        unwritten=frozenset(unwritten),
    )  # fmt: skip
    return Written(found, "single", root, "part", lowering.renamed), lowering.findings


def _appended(plugins: list[Json], parts: Sequence[Node]) -> tuple[list[Json], _Lowering]:
    """The plugins and behind them those of `parts`; what a part says of its network is the network's to say."""
    lowering = _Lowering()
    for root in parts:
        at = f"/plugins/{len(plugins)}"
        lowering.renamed[at] = ""
        lowering.origin(at, None, root.span)
        body = lowering.plugin(root, at, "")
        plugins.append({key: value for key, value in body.items() if key not in LIFTED})
    return plugins, lowering


class _Lowering:
    """Turns the tree into plain JSON, keeping places."""

    __slots__ = ("findings", "origins", "renamed", "unwritten")

    def __init__(self) -> None:
        self.origins: dict[str, Origin] = {}
        self.renamed: dict[str, str] = {}
        self.unwritten: set[str] = set()
        self.findings: list[Diagnostic] = []

    def origin(self, at: str, key: Span | None, value: Span) -> None:
        self.origins[at] = Origin(key, value)

    def list_level(self, root: Node) -> dict[str, Json]:
        last = {member.key: member for member in root.members}
        conflist: dict[str, Json] = {}
        for member in root.members:
            if last[member.key] is not member:
                continue
            at = f"/{escape(member.key)}"
            self.origin(at, member.key_span, member.value.span)
            if member.key == "plugins" and member.value.kind == "list":
                conflist["plugins"] = self.plugins(member.value)
            elif member.key in SWITCHES and str(member.value.scalar).lower() in ("true", "false"):
                conflist[member.key] = self.switch(member, at)
            else:
                self.put(conflist, member.key, member.value, at, at, None, "the network")
        if root.open:
            self.unwritten.update(f"/{key}" for key in ("name", "cniVersion", "plugins") if key not in last)
        return conflist

    def switch(self, member: Member, at: str) -> bool:
        """true or false, also in quotes."""
        meant = str(member.value.scalar).lower()
        if isinstance(member.value.scalar, str):
            message = f"`{member.key}` is a string: libcni takes it, and the specification does not"
            span = member.value.span
            self.findings.append(
                Diagnostic(QUOTED.code, QUOTED.severity, message, span, help=f"write {meant}", pointer=at)
            )
        return meant == "true"

    def plugins(self, node: Node) -> list[Json]:
        found: list[Json] = []
        for index, element in enumerate(node.elements):
            at, raw = f"/plugins/{len(found)}", f"/plugins/{index}"
            if element.kind in ("hole", "absent"):
                continue
            if at != raw:
                self.renamed[at] = raw
            self.origin(at, None, element.span)
            body = self.plugin(element, at, raw) if element.kind == "object" else self.value(element, at, raw, None, "")
            found.append({} if body is _MISSING else body)
        if not found and node.elements:
            self.unwritten.add("/plugins")
        return found

    def single(self, root: Node) -> dict[str, Json]:
        at = "/plugins/0"
        self.renamed |= {"/plugins": "", at: ""}
        self.origin("/plugins", None, root.span)
        self.origin(at, None, root.span)
        body = self.plugin(root, at, "")
        conflist: dict[str, Json] = {}
        for key in LIFTED:
            below = f"{at}/{key}"
            if below in self.origins:
                self.origins[f"/{key}"] = self.origins[below]
                self.renamed[f"/{key}"] = self.renamed.get(below, f"/{key}")
            if key in body:
                conflist[key] = body.pop(key)
            if below in self.unwritten:
                self.unwritten = (self.unwritten - {below}) | {f"/{key}"}
        return conflist | {"plugins": [body]}

    def plugin(self, node: Node, at: str, raw: str) -> dict[str, Json]:
        type_ = _type(node)
        schema = subschema.of_plugin(type_) if type_ is not None else None
        return self.object(node, at, raw, schema, type_ or "the plugin", known=BASE_KEYS)

    def object(
        self, node: Node, at: str, raw: str, schema: Subschema | None, owner: str, known: Iterable[str] = ()
    ) -> dict[str, Json]:
        """An object whose keys match in any case, as far as its keys are known."""
        names = {*known, *(schema.node.get("properties", {}) if schema is not None else ())}
        body: dict[str, Json] = {}
        for key, member in self.chosen(node, names, owner, raw).items():
            below, written = f"{at}/{escape(key)}", f"{raw}/{escape(member.key)}"
            if key != member.key or self.renamed.get(at, at) != raw:
                self.renamed[below] = written
            self.origin(below, member.key_span, member.value.span)
            part = schema.key(key) if schema is not None else None
            if key == "ipam" and member.value.kind == "object" and (part is None or part.note("delegate")):
                type_ = _type(member.value)
                inner = subschema.of_ipam(type_) if type_ is not None else None
                body[key] = self.object(member.value, below, written, inner, type_ or "ipam", ("type",))
            else:
                self.put(body, key, member.value, below, written, part, owner)
        if node.open:
            self.unwritten.add(f"{at}/")  # a template may write any key
        return body

    def chosen(self, node: Node, names: set[str], owner: str, raw: str) -> dict[str, Member]:
        """The member that counts for each key, under the key's own spelling, in the order of the text."""
        folded = {name.lower(): name for name in names}
        groups: dict[str, list[Member]] = {}
        for member in {member.key: member for member in node.members}.values():
            name = member.key if member.key in names else folded.get(member.key.lower(), member.key)
            groups.setdefault(name, []).append(member)
        found = {}
        for name, members in groups.items():
            counts = max(reversed(members), key=lambda one: one.key.encode("utf-8", "replace"))
            found[name] = counts
            for member in members:
                at = f"{raw}/{escape(member.key)}"
                if member.key != counts.key:
                    message = f"`{member.key}` and `{counts.key}` are one key to {owner}: the one here is ignored"
                    edits = removal.of(member, node.members) if removal.alike(member.value, counts.value) else ()
                    self.findings.append(
                        Diagnostic(
                            TWICE.code,
                            TWICE.severity,
                            message,
                            member.key_span,
                            (Step("this one counts", counts.key_span),),
                            "remove one of them",
                            pointer=at,
                            edits=edits,
                            safe=bool(edits),
                        )
                    )
            if counts.key != name and all(member.key == counts.key for member in members):
                message = f"`{counts.key}` is read as `{name}`: {owner} takes its keys in any case"
                help = f"write `{name}`"
                edits = renamed(counts.key_span, counts.key, name)
                self.findings.append(
                    Diagnostic(
                        CASE.code,
                        CASE.severity,
                        message,
                        counts.key_span,
                        help=help,
                        pointer=at,
                        edits=edits,
                        safe=bool(edits),
                    )
                )
        return found

    def put(
        self, body: dict[str, Json], key: str, node: Node, at: str, raw: str, schema: Subschema | None, owner: str
    ) -> None:
        runtimes = schema is not None and schema.note("runtime-only")  # of which nothing more is to be said
        value = self.value(node, at, raw, None if runtimes else schema, owner)
        if value is _MISSING:
            self.unwritten.add(at)
        else:
            body[key] = value

    def value(self, node: Node, at: str, raw: str, schema: Subschema | None, owner: str) -> Json:
        if node.kind == "object":
            return self.object(node, at, raw, schema, owner)
        if node.kind == "list":
            return self.list(node, at, raw, schema, owner)
        if node.kind in ("hole", "absent"):
            return _MISSING
        value = node.scalar
        if isinstance(value, str):
            if is_filled_in_later(value):
                return _MISSING
            return _SURROGATE.sub("\ufffd", value) if _SURROGATE.search(value) else value
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
            return int(value)  # libcni writes it so when it hands the plugin its configuration
        return value

    def list(self, node: Node, at: str, raw: str, schema: Subschema | None, owner: str) -> Json:
        element = schema.element if schema is not None else None
        found = []
        for index, inner in enumerate(node.elements):
            below, written = f"{at}/{index}", f"{raw}/{index}"
            self.origin(below, None, inner.span)
            value = self.value(inner, below, written, element, owner)
            if value is _MISSING:
                return _MISSING  # what follows would stand at other pointers
            found.append(value)
        return _MISSING if node.open else found


def _type(node: Node) -> str | None:
    """The `type` of a plugin's object, in any case of the key."""
    for member in sorted(node.members, key=lambda one: one.key, reverse=True):
        if member.key.lower() == "type":
            value = member.value.scalar
            return value if isinstance(value, str) and value else None
    return None
