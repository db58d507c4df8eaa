"""What bridge refuses, and which of its keys do nothing alone."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


def is_gateway(plugin: Plugin) -> bool:
    """Whether the bridge gets the gateway's address."""
    return plugin.body.get("isGateway") is True or plugin.body.get("isDefaultGateway") is True


def has_ipam(plugin: Plugin) -> bool:
    """Whether containers get addresses: an `ipam` without a type is none for the plugin."""
    return bool((plugin.ipam or {}).get("type"))


@plugin_rule("NC410", "bridge-hairpin-and-promisc", Severity.ERROR, plugin="bridge")
def hairpin_and_promisc(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`hairpinMode` and `promiscMode` are both on.

    Why:
        They are two ways to the same end, a container that reaches itself through the bridge. Together they would
        deliver each packet twice, so the plugin refuses ADD.

    Bad:
        network n { plugin bridge { hairpinMode = true, promiscMode = true, ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        network n { plugin bridge { hairpinMode = true, ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        bridge, ADD: `cannot set hairpin mode and promiscuous mode at the same time`.
    """
    if plugin.body.get("hairpinMode") is True and plugin.body.get("promiscMode") is True:
        yield Violation(
            "/promiscMode",
            "hairpinMode and promiscMode can't both be on",
            "leave out promiscMode: hairpinMode does it for each container's own port",
            related=(("/hairpinMode", "also on"),),
        )


@plugin_rule("NC411", "bridge-disabled-interface-with-ipam", Severity.ERROR, plugin="bridge")
def disabled_interface_with_ipam(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`disableContainerInterface` stands beside `ipam`.

    Why:
        An interface that is left down can't be given addresses: the plugin refuses ADD.

    Bad:
        network n { plugin bridge { disableContainerInterface = true, ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        network n { disableCheck = true, plugin bridge { disableContainerInterface = true } }

    Source:
        bridge, ADD: `cannot use IPAM when DisableContainerInterface flag is set`.
    """
    if plugin.body.get("disableContainerInterface") is True and has_ipam(plugin):
        yield Violation(
            "/disableContainerInterface",
            "an interface that stays down can't have addresses",
            "leave out the ipam, or disableContainerInterface",
            related=(("/ipam", "the addresses"),),
        )


@plugin_rule("NC412", "bridge-vlan-trunk", Severity.ERROR, plugin="bridge")
def vlan_trunk(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A range of `vlanTrunk` has one end only, or its ends are reversed.

    Why:
        The plugin refuses the configuration, at DEL as well.

    Bad:
        network n {
          plugin bridge { vlanTrunk = [{ minID = 300, maxID = 200 }], ipam host-local { subnet = 10.1.0.0/16 } }
        }

    Good:
        network n {
          plugin bridge { vlanTrunk = [{ minID = 200, maxID = 300 }], ipam host-local { subnet = 10.1.0.0/16 } }
        }

    Source:
        bridge: `minID is greater than maxID in trunk parameter`, `maxID is missing`.
    """
    for index, entry in enumerate(plugin.body.get("vlanTrunk") or ()):
        first, last = entry.get("minID"), entry.get("maxID")
        at = f"/vlanTrunk/{index}"
        if (first is None) != (last is None):
            given, missing = ("minID", "maxID") if last is None else ("maxID", "minID")
            yield Violation(
                f"{at}/{given}",
                f"{given} {first if last is None else last} has no {missing} beside it",
                f"write {missing} too, or id = {first if last is None else last} for one VLAN",
            )
        elif first is not None and last is not None and first > last:
            yield Violation(
                f"{at}/minID",
                f"the range of VLANs starts at {first}, after its end {last}",
                f"write minID = {last}, maxID = {first}",
                related=((f"{at}/maxID", "the end"),),
            )


@plugin_rule("NC413", "bridge-vlan-name-too-long", Severity.ERROR, plugin="bridge")
def vlan_name_too_long(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """The interface for the gateway's address in a VLAN would get too long a name.

    Why:
        With `vlan` and a gateway the plugin makes an interface named after both, `cni0.100`. The kernel takes 15 bytes,
        so ADD fails, late, with everything else in place.

    Bad:
        network n {
          plugin bridge {
            bridge = "storage-net0"
            vlan = 1000
            isDefaultGateway = true
            ipam host-local { subnet = 10.1.0.0/16 }
          }
        }

    Good:
        network n {
          plugin bridge {
            bridge = "storage0"
            vlan = 1000
            isDefaultGateway = true, ipMasq = true
            ipam host-local { subnet = 10.1.0.0/16 }
          }
        }

    Source:
        bridge puts the gateway's address on `<bridge>.<vlan>`; the kernel's IFNAMSIZ is 16, with the final zero.
    """
    vlan = plugin.body.get("vlan")
    if not vlan or not is_gateway(plugin):
        return
    name = f"{plugin.body.get('bridge', 'cni0')}.{vlan}"
    if len(name.encode()) > 15:
        yield Violation(
            "/bridge",
            f"the gateway's interface {name} would have a name of {len(name.encode())} bytes, at most 15 fit",
            f"shorten the bridge's name to {15 - len(str(vlan)) - 1} bytes",
            related=(("/vlan", "the VLAN"),),
        )


@plugin_rule("NC414", "bridge-check-without-ipam", Severity.WARNING, plugin="bridge")
def check_without_ipam(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """A bridge without `ipam` fails every CHECK.

    Why:
        At CHECK the plugin calls its IPAM plugin without asking whether it has one. A runtime that calls CHECK takes a
        healthy container for broken.

    Bad:
        network n { cniVersion = "1.0.0", plugin bridge { bridge = "l2br0" } }

    Good:
        network n { cniVersion = "1.0.0", disableCheck = true, plugin bridge { bridge = "l2br0" } }

    Source:
        bridge, CHECK without ipam: `no plugin name provided`. CHECK exists since version 0.4.0 of the specification.
    """
    if not has_ipam(plugin) and network.is_checked:
        yield Violation(
            "/type",
            "bridge without ipam fails every CHECK",
            "write `disableCheck = true` in the network",
        )


@plugin_rule("NC415", "bridge-no-effect", Severity.WARNING, plugin="bridge")
def no_effect(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A key of bridge that needs another one to do anything.

    Why:
        The plugin takes it without a word. `ipMasq` without addresses masquerades nothing, `ipMasqBackend` without
        `ipMasq` is not even checked, an empty `vlanTrunk` only switches on the bridge's VLAN filter.

    Bad:
        network n { plugin bridge { ipMasqBackend = "nftables", ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        network n {
          plugin bridge {
            isDefaultGateway = true
            ipMasq = true
            ipMasqBackend = "nftables"
            ipam host-local { subnet = 10.1.0.0/16 }
          }
        }

    Source:
        The bridge plugin's documentation, and its behaviour with each of these keys alone.
    """
    body = plugin.body
    addressed, gateway = has_ipam(plugin), is_gateway(plugin)
    tagged = bool(body.get("vlan") or body.get("vlanTrunk"))
    for key, works, needs in (
        ("ipMasq", addressed, "without ipam there is no address to masquerade"),
        ("isGateway", addressed, "without ipam there is no gateway's address"),
        ("isDefaultGateway", addressed, "without ipam there is no gateway's address"),
        ("enabledad", addressed, "without ipam there is no address to look for duplicates of"),
        ("forceAddress", gateway, "it is about the gateway's address, and isGateway is off"),
        ("preserveDefaultVlan", tagged, "it is about ports with `vlan` or `vlanTrunk`"),
    ):
        if body.get(key) is True and not works:
            yield Violation(f"/{key}", f"{key} has no effect: {needs}", "leave it out", "key")
    if body.get("ipMasqBackend") and body.get("ipMasq") is not True:
        yield Violation("/ipMasqBackend", "ipMasqBackend has no effect: ipMasq is off", "write `ipMasq = true`", "key")
    if body.get("vlanTrunk") == []:
        yield Violation(
            "/vlanTrunk", "an empty vlanTrunk carries no VLAN, and switches on the bridge's VLAN filter", "leave it out"
        )


@plugin_rule("NC416", "bridge-gateway-contradiction", Severity.WARNING, plugin="bridge")
def gateway_contradiction(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`isGateway` is off and `isDefaultGateway` on.

    Why:
        A default gateway is a gateway: the plugin switches `isGateway` on, whatever is written.

    Bad:
        network n {
          plugin bridge { isGateway = false, isDefaultGateway = true, ipam host-local { subnet = 10.1.0.0/16 } }
        }

    Good:
        network n { plugin bridge { isDefaultGateway = true, ipMasq = true, ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        The bridge plugin's documentation: `isDefaultGateway` implies `isGateway`.
    """
    if plugin.body.get("isGateway") is False and plugin.body.get("isDefaultGateway") is True:
        yield Violation(
            "/isGateway",
            "isGateway = false has no effect beside isDefaultGateway = true",
            "leave it out, or isDefaultGateway too if the bridge is to be no gateway",
            related=(("/isDefaultGateway", "switches it on"),),
        )
