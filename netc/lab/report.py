"""What a dry run found: plain values, for the JSON of `netc attach` (docs/attach.schema.json) and for its template."""

from __future__ import annotations

from typing import Any

from netc.dataclass import dataclass
from netc.lab.residue import Kept
from netc.lab.snapshot import Change
from netc.sources import Span


@dataclass(frozen=True, slots=True)
class Place:
    """Where the author wrote something: file, and line and column of its start and (exclusive) end, from 1."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str = ""

    @classmethod
    def of(cls, span: Span) -> Place:
        """The place of a span, with the source line that it starts on."""
        begin, finish = span.begin, span.finish
        text = span.source.line(begin.line)
        return cls(span.source.path, begin.line, begin.column, finish.line, finish.column, text)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def to_json(self) -> dict[str, Any]:
        """`file` and `range`, as findings have them."""
        return {
            "file": self.file,
            "range": {
                "start": {"line": self.line, "column": self.column},
                "end": {"line": self.end_line, "column": self.end_column},
            },
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """An error of the chain: the CNI error, the plugin that it came from, and where that was written."""

    code: int
    msg: str
    details: str = ""
    plugin: str | None = None
    place: Place | None = None
    command: str = "ADD"
    ifname: str = "eth0"

    def to_json(self) -> dict[str, Any]:
        """With `file` and `range` null where the place is not known."""
        place = self.place.to_json() if self.place else {"file": None, "range": None}
        named = {"code": self.code, "msg": self.msg, "details": self.details, "plugin": self.plugin}
        return {**named, "command": self.command, "ifname": self.ifname, **place}


@dataclass(frozen=True, slots=True)
class Step:
    """One run of a plugin. `phase` is ADD, CHECK, DEL or `DEL again`; `delegated_by` the type of the plugin that
    delegated to it. `error` is what it answered, None where it succeeded.
    """

    network: str
    ifname: str
    plugin: str
    command: str
    phase: str
    ms: float
    changes: tuple[Change, ...]
    place: Place | None
    delegated_by: str | None = None
    error: Failure | None = None
    request: Any = None
    response: Any = None
    log: str = ""

    def to_json(self, *, trace: bool) -> dict[str, Any]:
        """`request` and `response` only with `trace`."""
        place = self.place.to_json() if self.place else {"file": None, "range": None}
        out = {
            "network": self.network,
            "ifname": self.ifname,
            "plugin": self.plugin,
            "command": self.command,
            "phase": self.phase,
            "delegated_by": self.delegated_by,
            "ms": round(self.ms, 2),
            "changes": [change.to_json() for change in self.changes],
            "error": self.error.to_json() if self.error else None,
            **place,
        }
        if trace:
            out |= {"request": self.request, "response": self.response, "log": self.log}
        return out


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the dry run did not show, and why."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Attached:
    """One attachment. `result` is what the chain's last plugin gave in `cni_version`, None if ADD failed."""

    network: str
    ifname: str
    cni_version: str
    chain: tuple[str, ...]
    result: Any

    def to_json(self) -> dict[str, Any]:
        """With the field names of the protocol."""
        return {
            "network": self.network,
            "ifname": self.ifname,
            "cniVersion": self.cni_version,
            "chain": list(self.chain),
            "result": self.result,
        }


@dataclass(frozen=True, slots=True)
class AttachReport:
    """A container's life.

    `attachments` are its interfaces in the order they were made in; `pod` is the pod's name, None for a network by
    itself. `error` is the first failure of any verb; `failures` are all of them. `container` and `host` are what was
    there between ADD and DEL (after an ADD failed: None). `leftovers` is what ADD made and DEL did not remove; `kept`
    what stays by design. `held` is what the caller's own doing in between came to; the JSON does not have it.
    """

    attachments: tuple[Attached, ...]
    pod: str | None
    executor: str
    steps: tuple[Step, ...]
    failures: tuple[Failure, ...]
    container: dict[str, Any] | None
    host: dict[str, Any] | None
    leftovers: tuple[Change, ...]
    kept: tuple[Kept, ...]
    not_simulated: tuple[Missing, ...]
    ms: float = 0.0
    held: object = None

    @property
    def result(self) -> Any:
        """The result of the first attachment, None if its ADD failed."""
        return self.attachments[0].result

    @property
    def error(self) -> Failure | None:
        """The first failure."""
        return self.failures[0] if self.failures else None

    @property
    def clean(self) -> bool:
        """Nothing failed and nothing was left behind."""
        return not self.failures and not self.leftovers

    def to_json(self, *, trace: bool = False) -> dict[str, Any]:
        """The document of docs/attach.schema.json.

        `network`, `ifname` and `result` are those of the first attachment.
        """
        first = self.attachments[0]
        return {
            "version": 1,
            "network": first.network,
            "pod": self.pod,
            "plugins": self.executor,
            "ifname": first.ifname,
            "ms": round(self.ms, 1),
            "steps": [step.to_json(trace=trace) for step in self.steps],
            "result": self.result,
            "attachments": [attached.to_json() for attached in self.attachments],
            "error": self.error.to_json() if self.error else None,
            "failures": [failure.to_json() for failure in self.failures],
            "container": self.container,
            "host": self.host,
            "leftovers": [change.to_json() for change in self.leftovers],
            "kept": [{**kept.change.to_json(), "reason": kept.reason} for kept in self.kept],
            "not_simulated": [{"what": item.what, "reason": item.reason} for item in self.not_simulated],
        }
