"""Typed reading of a plugin's configuration, as Go's encoding/json reads it into a struct.

Keys match whatever their case, the last of several wins, null is an absent key, unknown keys are ignored, and a wrong
type is an error that names the Go field: the texts of the reference plugins (plugin pages, "JSON decoding rules").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from netc.cni.errors import CniError, failure
from netc.cni.gojson import Json, kind
from netc.cni.results import Dns
from netc.dataclass import dataclass

_BITS: Final = {"int": 64, "int8": 8, "int16": 16, "int32": 32, "int64": 64}
_UNSIGNED_BITS: Final = {"uint": 64, "uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64}


class Keys:
    """A JSON object, read key by key; every method raises `CniError` (code 999) for a value of another type.

    `prefix` starts each message (`failed to load netconf: `). `struct` is the name of the Go struct that the reference
    decodes into, `path` the Go path down to it, with its final dot (`runtimeConfig.`); both serve the messages only.
    """

    __slots__ = ("_config", "_folded", "path", "prefix", "struct")

    def __init__(
        self,
        config: Mapping[str, Json],
        *,
        prefix: str = "failed to load netconf: ",
        struct: str = "NetConf",
        path: str = "",
    ) -> None:
        self._config, self.prefix, self.struct, self.path = config, prefix, struct, path
        folded: dict[str, list[Json]] = {}
        for key, value in config.items():
            folded.setdefault(_fold(key), []).append(value)
        self._folded = folded

    def __bool__(self) -> bool:
        """Whether the object has any key at all."""
        return bool(self._config)

    def raw(self, key: str) -> Json:
        """The value as it stands; None where absent."""
        values = self._folded.get(_fold(key))
        return values[-1] if values else None

    def has(self, key: str) -> bool:
        """Whether the key is there and not null."""
        return self.raw(key) is not None

    def string(self, key: str, default: str = "") -> str:
        """A string."""
        value = self.optional_string(key)
        return default if value is None else value

    def optional_string(self, key: str) -> str | None:
        """A string; None where absent."""
        value = self._scalar(key)
        if value is not None and not isinstance(value, str):
            raise self.mismatch(key, value, "string")
        return value

    def integer(self, key: str, default: int = 0, *, go: str = "int") -> int:
        """A signed integer; `go` is its Go type (`int`, `int32`, ...), whose range is checked."""
        value = self.optional_integer(key, go=go)
        return default if value is None else value

    def optional_integer(self, key: str, *, go: str = "int") -> int | None:
        """A signed integer; None where absent."""
        half = 1 << (_BITS[go] - 1)
        return self._number(key, self._scalar(key), go, -half, half - 1)

    def unsigned(self, key: str, default: int = 0, *, go: str = "uint") -> int:
        """An unsigned integer; `go` is its Go type (`uint`, `uint32`, ...), whose range is checked."""
        value = self.optional_unsigned(key, go=go)
        return default if value is None else value

    def optional_unsigned(self, key: str, *, go: str = "uint") -> int | None:
        """An unsigned integer; None where absent."""
        return self._number(key, self._scalar(key), go, 0, (1 << _UNSIGNED_BITS[go]) - 1)

    def boolean(self, key: str, default: bool = False) -> bool:
        """A boolean."""
        value = self.optional_boolean(key)
        return default if value is None else value

    def optional_boolean(self, key: str) -> bool | None:
        """A boolean; None where absent."""
        value = self._scalar(key)
        if value is not None and not isinstance(value, bool):
            raise self.mismatch(key, value, "bool")
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of strings; () where absent (`has` tells an empty list from none). A null in it is ""."""
        return tuple(self._string(key, item) for item in self.items(key, "[]string"))

    def integers(self, key: str, *, go: str = "int") -> tuple[int, ...]:
        """A list of signed integers; () where absent."""
        half = 1 << (_BITS[go] - 1)
        items = self.items(key, f"[]{go}")
        return tuple(self._number(key, item, go, -half, half - 1) or 0 for item in items)

    def unsigneds(self, key: str, *, go: str = "uint") -> tuple[int, ...]:
        """A list of unsigned integers; () where absent."""
        most = (1 << _UNSIGNED_BITS[go]) - 1
        return tuple(self._number(key, item, go, 0, most) or 0 for item in self.items(key, f"[]{go}"))

    def string_map(self, key: str) -> dict[str, str]:
        """An object whose values are strings, its own keys kept as they are; {} where absent."""
        return {name: self._string(key, value) for name, value in self._map(key, "map[string]string").items()}

    def boolean_map(self, key: str) -> dict[str, bool]:
        """An object whose values are booleans, its own keys kept as they are; {} where absent."""
        out = {}
        for name, value in self._map(key, "map[string]bool").items():
            if value is not None and not isinstance(value, bool):
                raise self.mismatch(key, value, "bool")
            out[name] = bool(value)
        return out

    def object_map(self, key: str, go: str = "map[string]interface {}") -> Mapping[str, Json]:
        """An object as it stands; {} where absent."""
        return self._map(key, go)

    def object(self, key: str, struct: str = "", *, go: str | None = None) -> Keys:
        """The object under `key`, to be read in turn; one without keys where absent.

        `struct` is the Go name of its type ("" for an anonymous one), `go` the type in messages (`main.STRUCT`).
        """
        return self.optional_object(key, struct, go=go) or Keys({}, prefix=self.prefix, struct=struct)

    def optional_object(self, key: str, struct: str = "", *, go: str | None = None) -> Keys | None:
        """The object under `key`, to be read in turn; None where absent."""
        value = self.raw(key)
        return None if value is None else self._nested(key, value, struct, go or f"main.{struct}")

    def objects(
        self, key: str, struct: str = "", *, go: str | None = None, go_list: str | None = None
    ) -> tuple[Keys, ...]:
        """A list of objects, each to be read in turn; () where absent. A null in it is an object without keys.

        `go_list` is the list's type in messages, where it is not `[]` and the element's type.
        """
        element = go or f"main.{struct}"
        items = self.items(key, go_list or f"[]{element}")
        return tuple(self._nested(key, {} if item is None else item, struct, element) for item in items)

    def items(self, key: str, go: str) -> tuple[Json, ...]:
        """The elements of a list as they stand; () where absent. `go` is the list's Go type, for the message."""
        value = self.raw(key)
        if value is None:
            return ()
        if not isinstance(value, (list, tuple)):
            raise self.mismatch(key, value, go)
        return tuple(value)

    def embedded(self, struct: str) -> Keys:
        """The same keys, as fields of a struct that the Go struct embeds: its name is part of the path in messages."""
        return Keys(self._config, prefix=self.prefix, struct=self.struct, path=f"{self.path}{struct}.")

    def mismatch(self, key: str, value: Json, go: str) -> CniError:
        """The error for a value that the Go type `go` can't hold."""
        field = f"{self.struct}.{self.path}{key}"
        return failure(f"{self.prefix}json: cannot unmarshal {kind(value)} into Go struct field {field} of type {go}")

    def _scalar(self, key: str) -> Json:
        # Go leaves a plain field alone when it meets null, so an earlier spelling of the key keeps its value.
        values: list[Json] = self._folded.get(_fold(key), [])
        for value in reversed(values):
            if value is not None:
                return value
        return None

    def _number(self, key: str, value: Json, go: str, least: int, most: int) -> int | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.mismatch(key, value, go)
        if isinstance(value, float) or not least <= value <= most:
            field = f"{self.struct}.{self.path}{key}"
            text = f"json: cannot unmarshal number {value} into Go struct field {field} of type {go}"
            raise failure(self.prefix + text)
        return value

    def _string(self, key: str, value: Json) -> str:
        if value is not None and not isinstance(value, str):
            raise self.mismatch(key, value, "string")
        return value or ""

    def _map(self, key: str, go: str) -> Mapping[str, Json]:
        value = self.raw(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self.mismatch(key, value, go)
        return value

    def _nested(self, key: str, value: Json, struct: str, go: str) -> Keys:
        if not isinstance(value, Mapping):
            raise self.mismatch(key, value, go)
        # An anonymous struct has no name to start over from, but the path goes on below it all the same.
        return Keys(value, prefix=self.prefix, struct=struct, path=f"{self.path}{key}.")


def _fold(key: str) -> str:
    # Go folds only the two letters beyond ASCII that have an ASCII counterpart; casefold would make "ss" of "ß".
    return key.lower() if key.isascii() else key.replace("\u017f", "s").replace("\u212a", "k").lower()


@dataclass(frozen=True, slots=True)
class BaseConfig:
    """The keys that every plugin's configuration has (Go's `types.NetConf`), checked and read.

    `ipam_type` is `ipam.type`, "" where absent. `dns_given` is whether any field of `dns` counts as set: a list that is
    there though empty does.
    """

    cni_version: str
    name: str
    type: str
    ipam_type: str
    dns: Dns
    dns_given: bool
    capabilities: Mapping[str, bool]
    prev_result: Mapping[str, Json] | None
    valid_attachments: tuple[tuple[str, str], ...]


def base_config(keys: Keys, embedded: str = "NetConf") -> BaseConfig:
    """Reads the common keys; `keys` is the plugin's whole object, `embedded` the field that holds them in Go.

    Raises `CniError` (code 999) for a wrong type in any of them, as every command that decodes the configuration does.
    `valid_attachments` are pairs of container ID and interface name.
    """
    base = keys.embedded(embedded) if embedded else keys
    dns = base.object("dns", "DNS", go="types.DNS")
    attachments = base.objects("cni.dev/valid-attachments", "GCAttachment", go="types.GCAttachment")
    return BaseConfig(
        cni_version=base.string("cniVersion"),
        name=base.string("name"),
        type=base.string("type"),
        ipam_type=base.object("ipam", "IPAM", go="types.IPAM").string("type"),
        dns=read_dns(dns),
        dns_given=any(dns.has(key) for key in ("nameservers", "search", "options")) or dns.string("domain") != "",
        capabilities=base.boolean_map("capabilities"),
        prev_result=base.object_map("prevResult") if base.has("prevResult") else None,
        valid_attachments=tuple((item.string("containerID"), item.string("ifname")) for item in attachments),
    )


def read_dns(keys: Keys) -> Dns:
    """A `dns` object, of a configuration or of a result."""
    return Dns(keys.strings("nameservers"), keys.string("domain"), keys.strings("search"), keys.strings("options"))
