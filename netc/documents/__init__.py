"""Files that people already have, as networks: conflists, single configurations, and Kubernetes manifests with either.

What is read is what Go would read of it; what can't be read is reported, and the rest is read all the same. This module
says which files those are and loads little; `netc.documents.document` reads them.
"""

from __future__ import annotations

import os
import re
from typing import Final

from netc.sources import MAX_BYTES

CONFIGURATIONS: Final = (".conflist", ".conf", ".json")
MANIFESTS: Final = (".yaml", ".yml")
EXTENSIONS: Final = (*CONFIGURATIONS, *MANIFESTS)

_NETWORKS = re.compile(r"cniVersion|NetworkAttach\w*|k8s\.v1\.cni\.cncf\.io/networks|\.conflist")
_CHAIN = re.compile(r"\btype\b|\bplugins\b|\bkind\b")


def is_document(path: str) -> bool:
    """Whether a file of this name is one that this room reads."""
    return os.path.splitext(path)[1] in EXTENSIONS or os.path.basename(path) in CONFIGURATIONS


def looks_like_document(text: str) -> bool:
    """Whether a text without a telling name is JSON or a manifest, and no `.netc`, by how it starts."""
    return re.match(r"\ufeff?\s*[{\[]|(?:\s*#[^\n]*\n|\s)*(?:---|apiVersion:|kind:)", text) is not None


def may_hold_networks(path: str) -> bool:
    """Whether a file of a folder is worth reading: one that runtimes read there, or that speaks of networks.

    A folder of sources has JSON and YAML of all kinds; `.conflist` files and those of a `net.d` are networks by name.
    """
    extension = os.path.splitext(path)[1]
    if extension == ".conflist" or (
        extension in CONFIGURATIONS and in_conf_dir(os.path.dirname(os.path.abspath(path)))
    ):
        return True
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(MAX_BYTES)
    except OSError:
        return False
    return _NETWORKS.search(text) is not None and (extension in MANIFESTS or _CHAIN.search(text) is not None)


def in_conf_dir(folder: str) -> bool:
    """Whether a folder is one that runtimes read, by its name: `/etc/cni/net.d`."""
    return os.path.basename(folder).endswith("net.d")
