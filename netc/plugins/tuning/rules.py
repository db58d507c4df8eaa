"""What tuning refuses, and settings that do not stay or do not come true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netc.diagnostics import Severity
from netc.model import Network, Plugin, escape
from netc.rules import Violation, plugin_rule


def _sysctls(plugin: Plugin) -> Mapping[str, str]:
    found = plugin.body.get("sysctl")
    return found if isinstance(found, dict) else {}


def _parts(key: str) -> list[str]:
    """The folders that the plugin makes of a key: dots and slashes are the same to it."""
    return [part for part in key.replace(".", "/").split("/") if part]


def _at(key: str) -> str:
    return f"/sysctl/{escape(key)}"


@plugin_rule("NC480", "sysctl-written-twice", Severity.WARNING, plugin="tuning")
def written_twice(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A sysctl stands twice, once with dots and once with slashes.

    Why:
        The plugin writes both, in no fixed order: which value wins changes from one container to the next.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { sysctl { "net.core.somaxconn" = 500, "net/core/somaxconn" = 1000 } }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { sysctl { "net.core.somaxconn" = 1000 } }
        }

    Source:
        tuning compares keys as they are written, and writes them in the order of a Go map.
    """
    seen: dict[tuple[str, ...], str] = {}
    for key in _sysctls(plugin):
        first = seen.setdefault(tuple(_parts(key)), key)
        if first != key:
            yield Violation(
                _at(key),
                f"{key} is the same sysctl as {first}",
                "leave one of them out",
                "key",
                related=((_at(first), "also here"),),
            )


@plugin_rule("NC481", "sysctl-outside-net", Severity.ERROR, plugin="tuning")
def outside_net(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A sysctl that is not below `net`.

    Why:
        The plugin sets what belongs to a network namespace, and refuses everything else: ADD fails.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { sysctl { "kernel.shmmax" = 67108864 } }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { sysctl { "net.core.somaxconn" = 500 } }
        }

    Source:
        tuning: `invalid net sysctl key: "kernel/shmmax"`.
    """
    for key in _sysctls(plugin):
        parts = _parts(key)
        if len(parts) < 2 or parts[0] != "net":
            yield Violation(
                _at(key),
                f"tuning sets sysctls below `net` only, not {key}",
                f"write net.{key}"
                if parts and parts[0] in ("ipv4", "ipv6", "core")
                else "set it in the runtime's or the pod's own sysctls",
                "key",
            )


@plugin_rule("NC482", "sysctl-dotted-interface", Severity.ERROR, plugin="tuning")
def dotted_interface(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A sysctl of an interface whose name has a dot.

    Why:
        The plugin takes every dot for a slash, so `eth0.100` becomes two folders and the file is not found. The word
        IFNAME stands for the container's interface, whatever its name.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { sysctl { "net.ipv4.conf.eth0.100.rp_filter" = 2 } }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { sysctl { "net.ipv4.conf.IFNAME.rp_filter" = 2 } }
        }

    Source:
        tuning: `open /proc/sys/net/ipv4/conf/eth0/100/rp_filter: no such file or directory`.
    """
    for key in _sysctls(plugin):
        parts = _parts(key)
        if parts[:1] == ["net"] and len(parts) > 5 and parts[1] in ("ipv4", "ipv6") and parts[2] in ("conf", "neigh"):
            yield Violation(
                _at(key),
                f"{key} is looked for as {'/'.join(parts)}: a dot in an interface's name counts as a slash",
                f"write {'.'.join((*parts[:3], 'IFNAME', parts[-1]))} for the container's own interface",
                "key",
            )


@plugin_rule("NC483", "tuning-check-mac", Severity.WARNING, plugin="tuning")
def check_mac(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """A MAC address in another spelling than the kernel's.

    Why:
        CHECK compares the text with what the kernel says, which is lower case with colons: ADD works, and every CHECK
        fails. As a literal, without quotes, a MAC address has the kernel's spelling.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { mac = "02-42-0A-00-00-01" }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { mac = 02:42:0a:00:00:01 }
        }

    Source:
        Seen with tuning 1.9.1: `Error: Tuning configured Ethernet of ... is ..., current value is ...`.
    """
    mac = plugin.body.get("mac")
    if isinstance(mac, str) and mac:
        digits = "".join(character for character in mac.lower() if character.isalnum())
        kernel = ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
        if mac != kernel and network.conflist.get("disableCheck") is not True:
            yield Violation("/mac", f"CHECK compares {mac} with the kernel's {kernel}, and fails", f"write {kernel}")


@plugin_rule("NC484", "sysctl-list", Severity.WARNING, plugin="tuning")
def sysctl_list(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """A sysctl of several numbers, with blanks between them.

    Why:
        The kernel takes blanks and shows tabs. CHECK compares the text, so every CHECK fails.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { sysctl { "net.ipv4.ip_local_port_range" = "1024 65000" } }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { sysctl { "net.ipv4.ip_local_port_range" = "1024\\t65000" } }
        }

    Source:
        Seen with tuning 1.9.1 and net.ipv4.ip_local_port_range.
    """
    if network.conflist.get("disableCheck") is True:
        return
    for key, value in _sysctls(plugin).items():
        words = value.split() if isinstance(value, str) else []
        if len(words) > 1 and all(word.isdecimal() for word in words) and value != "\t".join(words):
            written = "\\t".join(words)
            yield Violation(
                _at(key),
                f'CHECK of {key} fails: the kernel shows "{value}" with tabs',
                f'write "{written}", or disableCheck in the network',
            )


@plugin_rule("NC485", "tuning-no-effect", Severity.INFO, plugin="tuning")
def no_effect(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`promisc = false` or `mtu = 0`: neither does anything.

    Why:
        Both mean "leave it as it is": promisc never switches the mode off, and there is no MTU of 0.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { promisc = false }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { allmulti = false }
        }

    Source:
        The tuning plugin acts on `promisc` when it is true, on `mtu` when it is not 0.
    """
    for key, value in (("promisc", False), ("mtu", 0)):
        if plugin.body.get(key) is value or (key == "mtu" and plugin.body.get(key) == 0):
            yield Violation(f"/{key}", f"{key} = {str(value).lower()} leaves the interface as it is", "leave it out")


@plugin_rule("NC487", "tuning-args-without-sysctl", Severity.ERROR, plugin="tuning")
def args_without_sysctl(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`args.cni.sysctl` stands without a `sysctl` of the plugin's own.

    Why:
        The plugin adds the one to the other, and crashes if there is no other.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { args { cni { sysctl { "net.core.somaxconn" = 500 } } } }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { sysctl { "net.core.somaxconn" = 500 } }
        }

    Source:
        Seen with tuning 1.9.1: `assignment to entry in nil map`.
    """
    extra = ((plugin.body.get("args") or {}).get("cni") or {}).get("sysctl")
    if extra and plugin.body.get("sysctl") is None:
        yield Violation(
            "/args/cni/sysctl",
            "tuning crashes on args.cni.sysctl without a sysctl of its own",
            "write the settings in `sysctl { }`",
        )
