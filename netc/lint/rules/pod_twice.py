"""A pod that is in one network twice, or in two that get in each other's way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Asked, Gathered, Remark, pod_rule


def _pairs(pod: Gathered) -> Iterator[tuple[Asked, Asked, Network]]:
    """The attachments of a pod to a network that it has one to already, with the first one."""
    first: dict[int, Asked] = {}
    for one in pod.asked:
        if one.network is not None:
            before = first.setdefault(id(one.network), one)
            if before is not one:
                yield before, one, one.network


@pod_rule("NC669", "network-twice-in-pod", Severity.WARNING)
def network_twice_in_pod(pods: Sequence[Gathered]) -> Iterator[Remark]:
    """A pod is in a network twice whose plugins keep one record for each container.

    Why:
        bandwidth makes a device whose name says nothing of the interface: the second ADD fails. Masquerading by
        iptables and portmap keep one chain: the first DEL takes it away from both, and fails.

    Bad:
        network lan {
          plugin bridge { isDefaultGateway = true, ipMasq = true, ipam host-local { subnet = 10.1.0.0/24 } }
        }
        network far { plugin bridge { bridge = "br1", ipam host-local { subnet = 10.2.0.0/24 } } }
        pod app { attach eth0 = far, attach net1 = lan, attach net2 = lan }

    Good:
        network lan {
          plugin bridge { isDefaultGateway = true, ipMasq = true, ipam host-local { subnet = 10.1.0.0/24 } }
        }
        network far { plugin bridge { bridge = "br1", ipam host-local { subnet = 10.2.0.0/24 } } }
        pod app { attach eth0 = far, attach net1 = lan }

    Source:
        Seen with release 1.9.1: `CHAIN_DEL failed`, and of bandwidth `adding link: file exists`.
    """
    for pod in pods:
        for before, one, network in _pairs(pod):
            for plugin in network.plugins:
                why = _one_record(plugin)
                if why is not None:
                    yield Remark(
                        one.span,
                        f"{pod.name} is in {one.title} twice: {plugin.type} {why}",
                        "use a second network, of another name",
                        ((before.span, "the first time"), (network.origin(f"{plugin.pointer}/type").value, "this one")),
                    )
                    break


def _one_record(plugin: Plugin) -> str | None:
    """What a plugin does with the second interface of a container in its network, if it goes wrong."""
    body = plugin.body
    if plugin.type in ("bridge", "ptp") and body.get("ipMasq") is True and body.get("ipMasqBackend") != "nftables":
        return "has one chain of iptables for both, which the first DEL takes away"
    if plugin.type == "bandwidth" and (body.get("egressRate") or "bandwidth" in plugin.capabilities):
        return "has one device for both, and refuses the second"
    if plugin.type == "portmap":
        return "has one set of rules for both, which the first DEL takes away"
    return None


@pod_rule("NC670", "host-port-twice", Severity.WARNING)
def host_port_twice(pods: Sequence[Gathered]) -> Iterator[Remark]:
    """A pod asks for one port of the host twice.

    Why:
        The rules of both are written, and the first one gets all that comes in.

    Bad:
        network lan {
          plugin bridge { isDefaultGateway = true, ipam host-local { subnet = 10.1.0.0/24 } }
          plugin portmap { capabilities { portMappings = true } }
        }
        pod app {
          attach eth0 = lan {
            runtimeConfig {
              portMappings = [
                { hostPort = 8080, containerPort = 80, protocol = "tcp" },
                { hostPort = 8080, containerPort = 81, protocol = "tcp" },
              ]
            }
          }
        }

    Good:
        network lan {
          plugin bridge { isDefaultGateway = true, ipMasq = true, ipam host-local { subnet = 10.1.0.0/24 } }
          plugin portmap { capabilities { portMappings = true } }
        }
        pod app {
          attach eth0 = lan {
            runtimeConfig {
              portMappings = [
                { hostPort = 8080, containerPort = 80, protocol = "tcp" },
                { hostPort = 8081, containerPort = 81, protocol = "tcp" },
              ]
            }
          }
        }

    Source:
        portmap appends its rules, in iptables and in nftables, and looks at no others.
    """
    for pod in pods:
        seen: dict[tuple[object, str, str], Asked] = {}
        for one in pod.asked:
            listed = one.wanted.get("portMappings")
            for entry in listed if isinstance(listed, list) else ():
                if not isinstance(entry, dict) or not isinstance(entry.get("hostPort"), int):
                    continue
                host = entry.get("hostIP")
                every = host in (None, "", "0.0.0.0", "::")
                key = (entry["hostPort"], str(entry.get("protocol") or "tcp").lower(), "" if every else str(host))
                if key in seen:
                    yield Remark(
                        one.places.get("portMappings", one.span),
                        f"{pod.name} asks for port {entry['hostPort']}/{key[1]} of the host twice",
                        "use another port of the host",
                        ((seen[key].span, "the first time"),) if seen[key] is not one else (),
                    )
                seen.setdefault(key, one)
