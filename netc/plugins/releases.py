"""What a release of the reference plugins has: which plugins, and which versions of the specification they speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netc.plugins import ALL_VERSIONS, PluginInfo
from netc.target import Release, release

#: From which release on the reference plugins speak which versions: those of the library that they are linked with
#: (go.mod of the tags v0.6.0 to v1.9.1). What a plugin does otherwise stands in its `earlier`.
_COMMON: tuple[tuple[Release, tuple[str, ...]], ...] = (
    ((0, 0, 0), ALL_VERSIONS[:4]),
    ((0, 8, 0), ALL_VERSIONS[:5]),
    ((1, 0, 0), ALL_VERSIONS[:6]),
    ((1, 6, 0), ALL_VERSIONS),
)


def spoken(info: PluginInfo, at: Release) -> tuple[str, ...]:
    """The versions of the specification that a reference plugin's release speaks, oldest first."""
    for before, versions in info.earlier:
        if at < number(before):
            return versions
    common = [versions for since, versions in _COMMON if since <= at][-1]
    return tuple(one for one in info.versions if one in common)


def number(text: str) -> Release:
    """A release that stands in the catalogue."""
    found = release(text)
    assert found is not None, text
    return found


def read_in(notes: Mapping[str, Any], at: Release) -> bool:
    """Whether a key with these notes is read by a release."""
    since, until = notes.get("since"), notes.get("until")
    return (since is None or number(since) <= at) and (until is None or at <= number(until))
