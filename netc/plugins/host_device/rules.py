"""What host-device refuses, and what it drops in silence."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule

#: The ways to name a device, in the order in which the plugin looks at them.
_SELECTORS = ("device", "hwaddr", "kernelpath", "pciBusID")


@plugin_rule("NC436", "host-device-without-device", Severity.ERROR, plugin="host-device")
def without_device(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """host-device names no device.

    Why:
        The plugin moves one interface of the host, and has to be told which: by its name, MAC address, place in /sys or
        PCI address, or by the runtime through the capability `deviceID`. Without any, each call fails.

    Bad:
        network n { plugin host-device { ipam static { addresses = [{ address = 10.1.0.5/16 }] } } }

    Good:
        network n { plugin host-device { device = "eth1", ipam static { addresses = [{ address = 10.1.0.5/16 }] } } }

    Source:
        host-device: `specify either "device", "hwaddr", "kernelpath" or "pciBusID"`.
    """
    asks = (plugin.body.get("capabilities") or {}).get("deviceID") is True
    if not asks and not any(plugin.body.get(key) for key in _SELECTORS):
        yield Violation(
            "/type",
            "host-device names no device to move",
            'write `device = "eth1"`, or `capabilities { deviceID = true }` where the runtime chooses one',
        )


@plugin_rule("NC437", "host-device-several-devices", Severity.WARNING, plugin="host-device")
def several_devices(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """host-device names its device in more than one way.

    Why:
        The first of `device`, `hwaddr`, `kernelpath`, `pciBusID` and the runtime's `deviceID` counts. The others are
        not even looked at, so that they may say anything; a `device` makes the runtime's choice void.

    Bad:
        network n { plugin host-device { device = "eth1", hwaddr = 02:42:0a:00:00:01 } }

    Good:
        network n { plugin host-device { hwaddr = 02:42:0a:00:00:01 } }

    Source:
        Seen with host-device: `device` together with an `hwaddr` that is no address is accepted.
    """
    given = [key for key in _SELECTORS if plugin.body.get(key)]
    for key in given[1:]:
        yield Violation(
            f"/{key}",
            f"{key} has no effect: the device is chosen by {given[0]}",
            "leave one of them out",
            "key",
            related=((f"/{given[0]}", "counts"),),
        )
    if given and given[0] != "pciBusID" and (plugin.body.get("capabilities") or {}).get("deviceID") is True:
        yield Violation(
            "/capabilities/deviceID",
            f"the runtime's deviceID has no effect: the device is chosen by {given[0]}",
            f"leave {given[0]} out, or the capability",
            "key",
            related=((f"/{given[0]}", "counts"),),
        )


@plugin_rule("NC438", "host-device-drops-dns", Severity.WARNING, plugin="host-device")
def drops_dns(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """DNS settings do not reach the result: those of the IPAM plugin, or the plugin's own without one.

    Why:
        host-device puts its own `dns` in the place of what the IPAM plugin returned; and without `ipam` it reports the
        interface alone.

    Bad:
        network n { plugin host-device { device = "eth1", dns { nameservers = [10.1.0.1] } } }

    Good:
        network n {
          plugin host-device {
            device = "eth1"
            ipam static { addresses = [{ address = 10.1.0.5/16 }] }
            dns { nameservers = [10.1.0.1] }
          }
        }

    Source:
        Seen with host-device 1.9.1.
    """
    ipam = plugin.ipam or {}
    if not ipam.get("type") and plugin.body.get("dns"):
        yield Violation("/dns", "host-device drops dns where it has no ipam", "leave it out", "key")
    for type_, key in (("static", "dns"), ("host-local", "resolvConf")):
        if ipam.get("type") == type_ and ipam.get(key):
            yield Violation(
                f"/ipam/{key}",
                f"host-device drops {key} of {type_}: the result has the DNS settings of host-device itself",
                "write `dns { }` in the plugin, outside of ipam",
                "key",
            )
