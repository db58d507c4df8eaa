"""CNI error objects (SPEC.md, section 4, "Error") and the codes that the reference library uses."""

from __future__ import annotations

import enum
from typing import Any


class Code(enum.IntEnum):
    """Well-known error codes. 0-99 belong to the specification, 100 and up to plugins."""

    UNKNOWN = 0
    INCOMPATIBLE_VERSION = 1
    UNSUPPORTED_FIELD = 2
    UNKNOWN_CONTAINER = 3
    INVALID_ENVIRONMENT = 4
    IO_FAILURE = 5
    DECODING_FAILURE = 6
    INVALID_NETWORK_CONFIG = 7
    INVALID_NETNS = 8
    TRY_AGAIN_LATER = 11
    PLUGIN_NOT_AVAILABLE = 50
    LIMITED_CONNECTIVITY = 51
    INTERNAL = 999


class CniError(Exception):
    """A failed CNI operation: `code`, `msg`, `details` as the specification has them.

    `plugin` is the type of the plugin that failed, where it is known; `pointer` the JSON pointer of the plugin object
    in its list. Drivers raise it without either: the runtime fills them in.
    """

    def __init__(
        self, code: int, msg: str, details: str = "", *, plugin: str | None = None, pointer: str | None = None
    ) -> None:
        super().__init__(msg + (f"; {details}" if details else ""))
        self.code, self.msg, self.details = int(code), msg, details
        self.plugin, self.pointer = plugin, pointer

    def to_json(self) -> dict[str, Any]:
        """`{"code", "msg"[, "details"]}`, the object that a plugin prints."""
        out: dict[str, Any] = {"code": self.code, "msg": self.msg}
        if self.details:
            out["details"] = self.details
        return out


def failure(msg: str) -> CniError:
    """The error of a plugin that has no code of its own: 999, as the reference plugins answer it."""
    return CniError(Code.INTERNAL, msg)
