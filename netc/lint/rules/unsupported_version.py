"""Versions of the specification that a plugin does not speak."""

from __future__ import annotations

from collections.abc import Iterator

from netc import plugins
from netc.diagnostics import Severity
from netc.lint.chain import versions
from netc.model import Network
from netc.rules import Violation, network_rule


@network_rule("NC304", "unsupported-version", Severity.ERROR)
def unsupported_version(network: Network) -> Iterator[Violation]:
    """A plugin of the chain, or its IPAM plugin, does not speak the network's version of the specification.

    Why:
        It refuses every call. The version has to be one that all of them speak, and so has each of `cniVersions`, since
        the runtime takes the highest that it knows itself.

    Bad:
        network n {
          cniVersion = "0.3.1"
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin firewall { }
        }

    Good:
        network n {
          cniVersion = "1.0.0"
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin firewall { }
        }

    Source:
        The plugins' answer to VERSION; otherwise `incompatible CNI versions`.
    """
    for pointer, version in versions(network):
        if version not in plugins.ALL_VERSIONS:
            continue
        for plugin in network.plugins:
            ipam = (plugin.ipam or {}).get("type")
            for type_, at in ((plugin.type, "/type"), (ipam, "/ipam/type")):
                info = plugins.find(type_) if isinstance(type_, str) else None
                if info is not None and version not in info.versions:
                    yield Violation(
                        pointer,
                        f"{info.name} does not speak version {version}, it speaks {_span(info.versions)}",
                        f"write {info.versions[0]} or later" if pointer == "/cniVersion" else "leave this one out",
                        related=((plugin.pointer + at, f"{info.name} is called here"),),
                    )


def _span(versions: tuple[str, ...]) -> str:
    """`0.4.0 to 1.1.0`, or a list where there are holes."""
    start = plugins.ALL_VERSIONS.index(versions[0])
    whole = plugins.ALL_VERSIONS[start : start + len(versions)] == versions
    return f"{versions[0]} to {versions[-1]}" if whole and len(versions) > 2 else ", ".join(versions)
