"""What the target's hosts have: kernel modules, interfaces, addresses."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from netc import plugins
from netc.diagnostics import Severity
from netc.lint.addresses import assigned, implied_gateway, routes
from netc.lint.claims import handed_out, subnets
from netc.model import Network, Plugin
from netc.rules import Violation, target_rule
from netc.spelling import suggest
from netc.target import Target, Uplink

#: Plugins whose interface stands on one of the host's, and the key that names it.
_ON_UPLINK = {"macvlan": "master", "ipvlan": "master", "vlan": "master", "host-device": "device"}


@target_rule("NC506", "module-missing", Severity.ERROR)
def module_missing(network: Network, target: Target) -> Iterator[Violation]:
    """A plugin needs a kernel module that the target does not have.

    Why:
        The kernel refuses to make the interface or the queue: ADD fails with "operation not supported".

    Bad:
        -- netc.toml --
        [target]
        modules = ["bridge", "veth"]
        -- n.netc --
        network n { plugin macvlan { master = "eth0", ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        -- netc.toml --
        [target]
        modules = ["bridge", "veth", "macvlan"]
        -- n.netc --
        network n { plugin macvlan { master = "eth0", ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        The kernel's drivers/net and net/sched: a kind of link or queue is a module of that name. Seen with vrf, of a
        kernel without it: `could not add VRF blue: operation not supported`. `macspoofchk`, `ipMasqBackend` and
        `backend` of "nftables" go through the program nft, and nf_tables.
    """
    if target.modules is None:
        return
    there = {name.replace("-", "_") for name in target.modules}
    for plugin in network.plugins:
        info = plugins.find(plugin.type)
        missing = [name for name in _needed(plugin, info.modules) if name not in there] if info is not None else []
        if missing:
            yield Violation(
                f"{plugin.pointer}/type",
                f"{plugin.type} needs the kernel module{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
                "load it on the hosts and add it to `modules`",
                setting="modules",
            )


def _needed(plugin: Plugin, modules: tuple[str, ...]) -> tuple[str, ...]:
    """The modules that the plugin can't do without, as it is configured here."""
    body = plugin.body
    if plugin.type == "bandwidth" and "bandwidth" not in plugin.capabilities and not body.get("egressRate"):
        return tuple(name for name in modules if name not in ("ifb", "act_mirred"))  # for what a container sends
    by_nftables = body.get("ipMasq") is True and body.get("ipMasqBackend") == "nftables"
    if by_nftables or (plugin.type, body.get("backend")) == ("portmap", "nftables") or body.get("macspoofchk") is True:
        return (*modules, "nf_tables")
    return modules


def _uplink(plugin: Plugin, target: Target) -> Uplink | None:
    """The host's interface that a plugin's interface stands on."""
    if target.uplinks is None or plugin.type not in _ON_UPLINK or plugin.body.get("linkInContainer") is True:
        return None
    name = plugin.body.get(_ON_UPLINK[plugin.type])
    if not name and plugin.type in ("macvlan", "ipvlan") and len(target.uplinks) == 1:
        return next(iter(target.uplinks.values()))  # that of the default route
    return target.uplinks.get(str(name))


@target_rule("NC507", "mtu-above-master", Severity.ERROR)
def mtu_above_master(network: Network, target: Target) -> Iterator[Violation]:
    """An MTU above that of the master.

    Why:
        macvlan and vlan refuse it: every ADD and CHECK fails, of vlan also every DEL.

    Bad:
        -- netc.toml --
        [target.uplinks]
        eth0 = { mtu = 1500 }
        -- n.netc --
        network n { plugin macvlan { master = "eth0", mtu = 9000, ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        -- netc.toml --
        [target.uplinks]
        eth0 = { mtu = 9000 }
        -- n.netc --
        network n { plugin macvlan { master = "eth0", mtu = 9000, ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        macvlan: `invalid MTU 9000, must be [0, master MTU(1500)]`.
    """
    for plugin, uplink, mtu in _too_large(network, target):
        if plugin.type in ("macvlan", "vlan"):
            yield Violation(
                f"{plugin.pointer}/mtu",
                f"mtu {mtu} is above that of {uplink.name}, {uplink.mtu}: {plugin.type} refuses it",
                f"write at most {uplink.mtu}, or leave it out",
                setting=f"uplinks.{uplink.name}.mtu",
            )


@target_rule("NC508", "ipvlan-mtu-above-master", Severity.WARNING)
def ipvlan_mtu_above_master(network: Network, target: Target) -> Iterator[Violation]:
    """ipvlan has an MTU above that of the master.

    Why:
        It is not refused, and packets of that size are lost at the master.

    Bad:
        -- netc.toml --
        [target.uplinks]
        eth0 = { mtu = 1500 }
        -- n.netc --
        network n { plugin ipvlan { master = "eth0", mtu = 9000, ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        -- netc.toml --
        [target.uplinks]
        eth0 = { mtu = 1500 }
        -- n.netc --
        network n { plugin ipvlan { master = "eth0", ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        ipvlan does not look at the master's MTU; macvlan and vlan do.
    """
    for plugin, uplink, mtu in _too_large(network, target):
        if plugin.type == "ipvlan":
            yield Violation(
                f"{plugin.pointer}/mtu",
                f"mtu {mtu} is above that of {uplink.name}, {uplink.mtu}: larger packets get lost there",
                f"write at most {uplink.mtu}, or leave it out",
                setting=f"uplinks.{uplink.name}.mtu",
            )


def _too_large(network: Network, target: Target) -> Iterator[tuple[Plugin, Uplink, int]]:
    for plugin in network.plugins:
        uplink, mtu = _uplink(plugin, target), plugin.body.get("mtu")
        if uplink is not None and uplink.mtu is not None and isinstance(mtu, int) and mtu > uplink.mtu:
            yield plugin, uplink, mtu


@target_rule("NC509", "master-not-on-host", Severity.WARNING)
def master_not_on_host(network: Network, target: Target) -> Iterator[Violation]:
    """`master`, or host-device's `device`, names an interface that is none of the target's uplinks.

    Why:
        ADD fails where there is none of that name. VLANs of an uplink, `eth0.100`, are taken to be there.

    Bad:
        -- netc.toml --
        [target.uplinks]
        ens3 = { mtu = 1500 }
        -- n.netc --
        network n { plugin macvlan { master = "eth0", ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        -- netc.toml --
        [target.uplinks]
        ens3 = { mtu = 1500 }
        -- n.netc --
        network n { plugin macvlan { master = "ens3", ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        macvlan: `Link not found`; ipvlan: `failed to lookup master "eth0": Link not found`.
    """
    for plugin in network.plugins:
        key = _ON_UPLINK.get(plugin.type)
        if key is None or target.uplinks is None or plugin.body.get("linkInContainer") is True:
            continue
        name = plugin.body.get(key)
        if isinstance(name, str) and name and {name, name.partition(".")[0]}.isdisjoint(target.uplinks):
            yield Violation(
                f"{plugin.pointer}/{key}",
                f"{name} is no uplink of the target",
                suggest(name, target.uplinks) or "name one, or add it to `uplinks`",
                setting="uplinks",
            )


@target_rule("NC510", "subnet-of-uplink", Severity.WARNING)
def subnet_of_uplink(network: Network, target: Target) -> Iterator[Violation]:
    """A subnet that the host routes to containers holds addresses of an uplink's network.

    Why:
        The host then has two routes for these addresses. It loses its neighbours there, or its gateway, or never
        reaches the containers.

    Bad:
        -- netc.toml --
        [target.uplinks]
        eth0 = { addresses = ["192.168.1.10/24"] }
        -- n.netc --
        network n { plugin ptp { ipam host-local { subnet = 192.168.0.0/16 } } }

    Good:
        -- netc.toml --
        [target.uplinks]
        eth0 = { addresses = ["192.168.1.10/24"] }
        -- n.netc --
        network n { plugin ptp { ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        The bridge's address, and ptp's routes to each container, are routes of the host.
    """
    for claim in subnets([network]):
        for name, uplink in (target.uplinks or {}).items():
            for address in uplink.addresses:
                first, last = int(address.network.network_address), int(address.network.broadcast_address)
                if address.version == claim.family and claim.first <= last and first <= claim.last:
                    yield Violation(
                        claim.pointer,
                        f"{claim.shown} overlaps with {address.network}, the network of {name}",
                        "take another subnet",
                        setting=f"uplinks.{name}.addresses",
                    )


@target_rule("NC511", "host-address-handed-out", Severity.WARNING)
def host_address_handed_out(network: Network, target: Target) -> Iterator[Violation]:
    """Containers on an uplink's wire may be given the host's own address.

    Why:
        Two machines answer for one address, and the host is lost to its neighbours every now and then.

    Bad:
        -- netc.toml --
        [target.uplinks]
        eth0 = { addresses = ["192.168.1.10/24"] }
        -- n.netc --
        network n { plugin macvlan { master = "eth0", ipam host-local { subnet = 192.168.1.0/24 } } }

    Good:
        -- netc.toml --
        [target.uplinks]
        eth0 = { addresses = ["192.168.1.10/24"] }
        -- n.netc --
        network n {
          plugin macvlan { master = "eth0", ipam host-local { subnet = 192.168.1.0/24, rangeStart = 192.168.1.100 } }
        }

    Source:
        host-local hands out each address of its range but the gateway, whoever has it.
    """
    on = {plugin.pointer: _uplink(plugin, target) for plugin in network.plugins if plugin.type != "vlan"}
    for claim in handed_out([network]):
        uplink = on.get("/".join(claim.pointer.split("/")[:3]))
        for address in uplink.addresses if uplink is not None else ():
            number = int(address.ip)
            if address.version == claim.family and claim.first <= number <= claim.last and uplink is not None:
                yield Violation(
                    claim.pointer,
                    f"{ip_address(number)} is {uplink.name}'s own address, and {claim.shown} holds it",
                    "begin the range behind it, or end it before",
                    setting=f"uplinks.{uplink.name}.addresses",
                )


@target_rule("NC514", "host-behind-macvlan", Severity.WARNING)
def host_behind_macvlan(network: Network, target: Target) -> Iterator[Violation]:
    """Containers of macvlan or ipvlan are to go through the host that they stand on.

    Why:
        The kernel lets no frame pass between a master and what stands on it: the host can't be their gateway.

    Bad:
        -- netc.toml --
        [target.uplinks]
        eth0 = { addresses = ["192.168.1.1/24"] }
        -- n.netc --
        network n {
          plugin macvlan {
            master = "eth0"
            ipam host-local { subnet = 192.168.1.0/24, rangeStart = 192.168.1.100, routes = [{ dst = 0.0.0.0/0 }] }
          }
        }

    Good:
        -- netc.toml --
        [target.uplinks]
        eth0 = { addresses = ["192.168.1.1/24"] }
        -- n.netc --
        network n {
          plugin macvlan {
            master = "eth0"
            ipam host-local {
              subnet = 192.168.1.0/24
              rangeStart = 192.168.1.100
              gateway = 192.168.1.254
              routes = [{ dst = 0.0.0.0/0 }]
            }
          }
        }

    Source:
        The kernel's drivers/net/macvlan.c: what comes from the master itself is not given to its interfaces.
    """
    for plugin in network.plugins:
        uplink = _uplink(plugin, target) if plugin.type in ("macvlan", "ipvlan") else None
        if uplink is None:
            continue
        own = {address.ip for address in uplink.addresses}
        subnets = assigned(plugin)
        for route in routes(plugin):
            implied = implied_gateway(subnets, route.family) if route.gw is None else None
            hop = route.gw or (implied.gateway if implied is not None else None)
            if hop in own and hop is not None:
                at = f"{route.at}/gw" if route.gw is not None or implied is None else implied.gateway_at
                yield Violation(
                    f"{plugin.pointer}{at}",
                    f"{hop} is the host's own address at {uplink.name}, which {plugin.type} never reaches",
                    "name a router beyond the host",
                    setting=f"uplinks.{uplink.name}.addresses",
                )
                break
