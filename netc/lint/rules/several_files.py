"""A folder with more networks than a runtime takes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from netc.diagnostics import Severity
from netc.model import Network
from netc.rules import Clash, project_rule

_EXTENSIONS = (".conflist", ".conf", ".json")


@project_rule("NC647", "several-files", Severity.INFO)
def several_files(networks: Sequence[Network]) -> Iterator[Clash]:
    """Several files of a folder hold networks, and a runtime may take the first only.

    Why:
        containerd and Multus use the file that sorts first by its bytes, so that `100-a` comes before `20-b`, and
        leave the others alone. Podman, nerdctl and Nomad choose by the network's name.

    Bad:
        -- net.d/100-a.conflist --
        { "cniVersion": "1.0.0", "name": "a", "plugins": [ { "type": "bridge", "bridge": "br0",
            "ipam": { "type": "host-local", "subnet": "10.1.0.0/24" } } ] }
        -- net.d/20-b.conflist --
        { "cniVersion": "1.0.0", "name": "b", "plugins": [ { "type": "bridge", "bridge": "br1",
            "ipam": { "type": "host-local", "subnet": "10.2.0.0/24" } } ] }

    Good:
        -- net.d/10-a.conflist --
        { "cniVersion": "1.0.0", "name": "a", "plugins": [ { "type": "bridge", "bridge": "br0",
            "ipam": { "type": "host-local", "subnet": "10.1.0.0/24" } } ] }
        -- net.d/99-loopback.conflist --
        { "cniVersion": "1.0.0", "name": "lo", "plugins": [ { "type": "loopback" } ] }

    Source:
        containerd's go-cni (`max_conf_num`, 1 by default), Multus, cri-o's ocicni, libcni.
    """
    files = [one for one in networks if one.span.source.path.endswith(_EXTENSIONS)]
    files.sort(key=lambda one: os.fsencode(one.span.source.path))
    if not files or all(_only_loopback(one) for one in files[1:]):
        return
    first, *others = files
    names = [os.path.basename(one.span.source.path) for one in others]
    listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    yield Clash(
        first,
        "/name",
        f"a runtime that takes one file takes {os.path.basename(first.span.source.path)}, and not {listed}",
        "the order is that of the bytes of the names; runtimes that go by the network's name use them all",
        related=tuple((one, "/name", "comes later") for one in others[:3]),
    )


def _only_loopback(network: Network) -> bool:
    return all(plugin.type == "loopback" for plugin in network.plugins)
