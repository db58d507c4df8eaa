"""What a network, a container and an interface may be called (SPEC.md, sections 1 and 2, and Linux)."""

from __future__ import annotations

import re
from typing import Final

from netc.cni.errors import CniError, Code

_NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.\-]*")
#: IFNAMSIZ without its final NUL, in bytes.
MAX_IFNAME: Final = 15
# What Go's unicode.IsSpace holds for white space; Python's str.isspace has four control characters more.
_NOT_IN_IFNAME: Final = re.compile(r"[/:\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")


def is_name(text: str) -> bool:
    """Whether `text` can be a network name or a container ID: ASCII letters, digits, then also `_`, `.`, `-`."""
    return _NAME.fullmatch(text) is not None


def check_network_name(name: str) -> None:
    """Raises `CniError` (code 7) for a name that no network may have."""
    if not name:
        raise CniError(Code.INVALID_NETWORK_CONFIG, "missing network name:")
    if not is_name(name):
        raise CniError(Code.INVALID_NETWORK_CONFIG, "invalid characters found in network name", name)


def check_container_id(container_id: str) -> None:
    """Raises `CniError` for an empty ID (code 3) or one with other characters than a name (code 4)."""
    if not container_id:
        raise CniError(Code.UNKNOWN_CONTAINER, "missing containerID")
    if not is_name(container_id):
        raise CniError(Code.INVALID_ENVIRONMENT, "invalid characters in containerID", container_id)


def check_ifname(ifname: str) -> None:
    """Raises `CniError` (code 4) for a name that Linux refuses: longer than 15 bytes, `.`, `..`, `/`, `:`, spaces."""
    if not ifname:
        raise CniError(Code.INVALID_ENVIRONMENT, "interface name is empty")
    if len(ifname.encode("utf-8", "surrogateescape")) > MAX_IFNAME:
        details = f"interface name should be less than {MAX_IFNAME + 1} characters"
        raise CniError(Code.INVALID_ENVIRONMENT, "interface name is too long", details)
    if ifname in (".", ".."):
        raise CniError(Code.INVALID_ENVIRONMENT, "interface name is . or ..")
    if _NOT_IN_IFNAME.search(ifname):
        raise CniError(Code.INVALID_ENVIRONMENT, "interface name contains / or : or whitespace characters")
