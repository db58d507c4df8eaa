"""What the plugins of a target's releases lack: themselves, keys, versions of the specification."""

from __future__ import annotations

from collections.abc import Iterator

from netc import plugins
from netc.diagnostics import Severity
from netc.lint.chain import versions
from netc.lint.deployed import Deployed, chosen, deployed
from netc.model import Json, Network, escape
from netc.plugins.releases import number, read_in, spoken
from netc.plugins.subschema import Subschema
from netc.rules import Violation, target_rule
from netc.target import Target, shown


@target_rule("NC501", "key-not-in-release", Severity.WARNING)
def key_not_in_release(network: Network, target: Target) -> Iterator[Violation]:
    """A key that the target's release of the plugin does not read yet.

    Why:
        The plugin ignores it without a word: what it asks for does not happen.

    Bad:
        -- netc.toml --
        [target]
        plugins = "1.6.2"
        -- n.netc --
        network n {
          plugin bridge {
            portIsolation = true
            ipam host-local { subnet = 10.1.0.0/16 }
          }
        }

    Good:
        -- netc.toml --
        [target]
        plugins = "1.7.0"
        -- n.netc --
        network n {
          plugin bridge {
            portIsolation = true
            ipam host-local { subnet = 10.1.0.0/16 }
          }
        }

    Source:
        The tags of the reference plugins: the first whose source decodes the key.
    """
    for one in deployed(network, target):
        if one.schema is not None and one.exists:
            yield from _keys(one, one.body, one.at, one.schema)


def _keys(one: Deployed, body: Json, at: str, schema: Subschema) -> Iterator[Violation]:
    if isinstance(body, list):
        element = schema.element
        for index, inner in enumerate(body if element is not None else ()):
            assert element is not None
            yield from _keys(one, inner, f"{at}/{index}", element)
        return
    if not isinstance(body, dict):
        return
    for key, inner in body.items():
        part = schema.key(key)
        if part is None or inner is None or part.note("delegate"):
            continue
        since = part.note("since")
        if part.note("until"):
            continue  # a key of the past draws a finding of its own
        if since is not None and one.release < number(since):
            yield Violation(
                f"{at}/{escape(key)}",
                f"{one.info.name} {shown(one.release)} does not read `{key}`, which came with {since}",
                f"install {since} or later, or leave it out",
                "key",
                setting=one.setting,
            )
            continue
        came = (part.note("value-since") or {}).get(inner) if isinstance(inner, str) else None
        if came is not None and one.release < number(came):
            yield Violation(
                f"{at}/{escape(key)}",
                f"{one.info.name} {shown(one.release)} knows no `{key}` of {inner}, which came with {came}",
                f"install {came} or later",
                setting=one.setting,
            )
        yield from _keys(one, inner, f"{at}/{escape(key)}", part)


@target_rule("NC502", "default-of-release", Severity.WARNING)
def default_of_release(network: Network, target: Target) -> Iterator[Violation]:
    """A key is left out whose default is another one in the target's release.

    Why:
        The same configuration does something else there. Written down, it means the same everywhere.

    Bad:
        -- netc.toml --
        [target]
        plugins = "1.7.1"
        -- n.netc --
        network n { plugin bridge { vlan = 100, ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        -- netc.toml --
        [target]
        plugins = "1.7.1"
        -- n.netc --
        network n {
          plugin bridge {
            vlan = 100
            preserveDefaultVlan = false
            ipam host-local { subnet = 10.1.0.0/16 }
          }
        }

    Source:
        bridge, release notes of 1.8.0: `preserveDefaultVlan` is false by default from there on.
    """
    for one in deployed(network, target):
        for key, node in one.schema.node.get("properties", {}).items() if one.schema is not None else ():
            notes = node.get("x-netc", {})
            changed = notes.get("default-changed")
            if changed is None or one.body.get(key) is not None or not read_in(notes, one.release):
                continue
            if one.release < number(changed["release"]) and _matters(one, key):
                before = "true" if changed["before"] is True else changed["before"]
                yield Violation(
                    f"{one.at}/type",
                    f"`{key}` is {before} in {one.info.name} {shown(one.release)} where it is left out, and not since "
                    f"{changed['release']}",
                    f"write `{key} = false`, or {before}",
                    setting=one.setting,
                )


def _matters(one: Deployed, key: str) -> bool:
    return key != "preserveDefaultVlan" or bool(one.body.get("vlan")) or bool(one.body.get("vlanTrunk"))


@target_rule("NC503", "plugin-not-in-release", Severity.ERROR)
def plugin_not_in_release(network: Network, target: Target) -> Iterator[Violation]:
    """A plugin that the target does not have.

    Why:
        The runtime looks for its binary and finds none: every ADD fails.

    Bad:
        -- netc.toml --
        [target]
        plugins = "1.1.1"
        -- n.netc --
        network n { plugin dummy { ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        -- netc.toml --
        [target]
        plugins = "1.2.0"
        -- n.netc --
        network n { plugin dummy { ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        The tags of the reference plugins. libcni: `failed to find plugin "dummy" in path`.
    """
    for one in network.plugins:
        ipam = (one.ipam or {}).get("type")
        for name, at in ((one.type, "/type"), (ipam, "/ipam/type")):
            if isinstance(name, str) and target.lacks(name):
                yield Violation(
                    one.pointer + at,
                    f"the plugin {name} is not installed",
                    "install it, or use another plugin",
                    setting=f"plugins.{name}",
                )
    for found in deployed(network, target):
        if not found.exists:
            yield Violation(
                f"{found.at}/type",
                f"{shown(found.release)} has no {found.info.name}: it came with {found.info.since}",
                f"install {found.info.since} or later",
                setting=found.setting,
            )


@target_rule("NC504", "version-not-in-release", Severity.ERROR)
def version_not_in_release(network: Network, target: Target) -> Iterator[Violation]:
    """A version of the specification that the target's runtime, or its release of a plugin, does not speak.

    Why:
        The plugin refuses every call. Which versions it speaks is a set: some releases have holes in it.

    Bad:
        -- netc.toml --
        [target]
        plugins = "1.0.0"
        -- n.netc --
        network n {
          cniVersion = "0.4.0"
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { capabilities { bandwidth = true } }
        }

    Good:
        -- netc.toml --
        [target]
        plugins = "1.0.1"
        -- n.netc --
        network n {
          cniVersion = "0.4.0"
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { capabilities { bandwidth = true } }
        }

    Source:
        The tags of the reference plugins and of the runtimes: what each is linked with, and names. Otherwise
        `incompatible CNI versions`.
    """
    unknown, meant = chosen(network, target)
    if unknown is not None:
        version, name = unknown
        yield Violation(
            "/cniVersion",
            f"{name} does not speak version {version}",
            "write an older version, and the newer one into `cniVersions`",
            setting="multus" if name.startswith("Multus") else "runtime",
        )
        return
    for pointer, version in versions(network):
        if version not in meant:
            continue
        for one in deployed(network, target):
            speaks = spoken(one.info, one.release)
            if one.exists and version in one.info.versions and version not in speaks:
                yield Violation(
                    pointer,
                    f"{one.info.name} {shown(one.release)} does not speak version {version}, it speaks "
                    f"{', '.join(speaks)}",
                    _help(network, target, pointer),
                    related=((f"{one.at}/type", f"{one.info.name} is called here"),),
                    setting=one.setting,
                )


def _help(network: Network, target: Target, pointer: str) -> str:
    if pointer != "/cniVersion":
        return "leave this one out"
    common = [
        version
        for version in plugins.ALL_VERSIONS
        if all(version in spoken(one.info, one.release) for one in deployed(network, target))
    ]
    return f"all of them speak {', '.join(common)}" if common else "no version is common to all of them"


@target_rule("NC513", "vlan-with-trunk-in-release", Severity.ERROR)
def vlan_with_trunk_in_release(network: Network, target: Target) -> Iterator[Violation]:
    """bridge has `vlan` and `vlanTrunk`, which the target's release refuses together.

    Why:
        Before 1.8.0 a port had one or the other: ADD fails.

    Bad:
        -- netc.toml --
        [target]
        plugins = "1.7.1"
        -- n.netc --
        network n {
          plugin bridge {
            vlan = 5
            vlanTrunk = [{ id = 7 }]
            preserveDefaultVlan = false
            ipam host-local { subnet = 10.1.0.0/16 }
          }
        }

    Good:
        -- netc.toml --
        [target]
        plugins = "1.8.0"
        -- n.netc --
        network n {
          plugin bridge {
            vlan = 5
            vlanTrunk = [{ id = 7 }]
            preserveDefaultVlan = false
            ipam host-local { subnet = 10.1.0.0/16 }
          }
        }

    Source:
        bridge 1.3.0 to 1.7.1: `cannot set vlan and vlanTrunk at the same time`.
    """
    for one in deployed(network, target):
        both = one.info.name == "bridge" and one.body.get("vlan") and one.body.get("vlanTrunk")
        if both and (1, 3, 0) <= one.release < (1, 8, 0):
            yield Violation(
                f"{one.at}/vlanTrunk",
                f"bridge {shown(one.release)} refuses vlan and vlanTrunk together",
                "install 1.8.0 or later, or leave one of them out",
                "key",
                related=((f"{one.at}/vlan", "the other one"),),
                setting=one.setting,
            )
