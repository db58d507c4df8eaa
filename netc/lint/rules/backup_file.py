"""Copies of configurations that runtimes read too."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from netc.diagnostics import Severity
from netc.model import Network
from netc.rules import Clash, project_rule

_EXTENSIONS = (".conflist", ".conf", ".json")
_BACKUP = re.compile(
    r"^\.|^#|~|[-_. (](?:bak|bkp|backup|old|orig|save|saved|copy|tmp|temp|disabled|off|rpmsave|rpmnew|dpkg-\w+)"
    r"[-_. )\d]*(?:\.|$)|\.(?:conflist|conf|json)\.",
    re.IGNORECASE,
)


@project_rule("NC648", "backup-file", Severity.WARNING)
def backup_file(networks: Sequence[Network]) -> Iterator[Clash]:
    """A file that looks like a backup, or is hidden, is named so that runtimes read it.

    Why:
        The extension alone decides. A copy such as `10-pods.bak.conflist` sorts before its original and takes its
        place, and hidden files count too.

    Bad:
        -- net.d/10-pods.bak.conflist --
        { "cniVersion": "1.0.0", "name": "pods", "plugins": [ { "type": "loopback" } ] }

    Good:
        -- net.d/10-pods.conflist --
        { "cniVersion": "1.0.0", "name": "pods", "plugins": [ { "type": "loopback" } ] }

    Source:
        libcni, `ConfFiles`: every file whose last extension is one of the wanted, dot-files included.
    """
    for network in networks:
        name = os.path.basename(network.span.source.path)
        stem, extension = os.path.splitext(name)
        if (extension in _EXTENSIONS or name in _EXTENSIONS) and _BACKUP.search(f"{stem}."):
            yield Clash(
                network,
                "/name",
                f"{name} looks like {'a hidden file' if name.startswith('.') else 'a backup'}, and runtimes read it",
                f"move it out of the folder, or call it {name}.bak",
            )
