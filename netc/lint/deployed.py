"""The plugins of a network as a target has them, each with its release, and the version that the runtime chooses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netc import plugins
from netc.dataclass import dataclass, replace
from netc.lint.chain import versions
from netc.model import Json, Network
from netc.plugins import PluginInfo, subschema
from netc.plugins.releases import number, spoken
from netc.plugins.subschema import Subschema
from netc.target import Release, Target, shown
from netc.target.runtimes import MULTUS, RUNTIMES, SPEAKS


@dataclass(frozen=True, slots=True)
class Deployed:
    """A plugin of the chain, or its IPAM plugin, whose release is known.

    `body` is its object, `at` the pointer to it from the conflist's root; `setting` of the target names the release.
    """

    info: PluginInfo
    release: Release
    body: Mapping[str, Json]
    at: str
    schema: Subschema | None
    setting: str

    @property
    def exists(self) -> bool:
        """Whether the release has the plugin at all."""
        return self.info.since is None or self.release >= number(self.info.since)


def deployed(network: Network, target: Target) -> Iterator[Deployed]:
    """The reference plugins of a chain and their IPAM plugins, in order, as far as the target says their release."""
    for plugin in network.plugins:
        ipam = plugin.ipam or {}
        for name, body, at, of in (
            (plugin.type, plugin.body, plugin.pointer, subschema.of_plugin),
            (ipam.get("type"), ipam, f"{plugin.pointer}/ipam", subschema.of_ipam),
        ):
            info = plugins.find(name) if isinstance(name, str) else None
            if info is None or info.project is not None:
                continue
            release = target.release_of(info.name, is_reference=True)
            if release is not None:
                setting = f"plugins.{info.name if info.name in target.plugins else 'reference'}"
                yield Deployed(info, release, body, at, of(info.name), setting)


def library(target: Target) -> tuple[str, Release] | None:
    """Who reads the configuration, with the release of its library: Multus where there is one, else the runtime."""
    name, maker, release = "Multus", MULTUS, target.multus
    if target.multus is None:
        if target.runtime is None:
            return None
        name, maker, release = target.runtime, RUNTIMES[target.runtime], target.runtime_release
    found = maker.cni_library(release)
    assert found is None or release is not None
    return (f"{name} {shown(release)}", found) if found is not None and release is not None else None


def chosen(network: Network, target: Target) -> tuple[tuple[str, str] | None, frozenset[str]]:
    """The versions of the specification that plugins may be called with.

    Who reads the configuration takes the highest of `cniVersion` and `cniVersions` that it speaks, and `cniVersion` as
    it stands where its library does not read the other. The first of the answer is a version that it does not speak,
    and its name, where there is no other.
    """
    named = [version for _, version in versions(network) if version in SPEAKS]
    reader = library(target)
    if reader is None or not named:
        return None, frozenset(named)
    name, of = reader
    version = network.conflist.get("cniVersion")
    candidates = named if of >= SPEAKS["1.1.0"] else [one for one in named if one == version]
    able = [one for one in candidates if SPEAKS[one] <= of]
    if able:
        return None, frozenset({max(able, key=lambda one: SPEAKS[one])})
    return ((str(candidates[0]), name), frozenset()) if candidates else (None, frozenset())


def versioned(network: Network, targets: Sequence[Target]) -> Network:
    """The network with the highest version that its targets have in common, where its author named none.

    What is not known is taken to speak 1.0.0, as without a target.
    """
    meant = [target for target in targets if target.speaks_of(network.meta.node)]
    if "/cniVersion" in network.origins or "cniVersion" not in network.conflist or not meant:
        return network
    for version in reversed(plugins.ALL_VERSIONS):
        if all(_speaks(network, target, version) for target in meant):
            return replace(network, conflist={**network.conflist, "cniVersion": version})
    return network


def _speaks(network: Network, target: Target, version: str) -> bool:
    reader = library(target)
    known = {one.at: spoken(one.info, one.release) for one in deployed(network, target)}
    for plugin in network.plugins:
        for name, at in ((plugin.type, plugin.pointer), ((plugin.ipam or {}).get("type"), f"{plugin.pointer}/ipam")):
            info = plugins.find(name) if isinstance(name, str) else None
            versions = known.get(at) or _unknown(info.versions if info is not None else plugins.ALL_VERSIONS)
            if isinstance(name, str) and version not in versions:
                return False
    return SPEAKS[version] <= reader[1] if reader is not None else version in _unknown(plugins.ALL_VERSIONS)


def _unknown(versions: Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in versions if SPEAKS[one] <= SPEAKS["1.0.0"])
