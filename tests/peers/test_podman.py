"""Podman, by its own CNI library and the reference plugins, makes of netc's files what netc says that they make."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from netc.cli.main import main

pytestmark = [pytest.mark.parity, pytest.mark.lab]

IMAGE = "localhost/netc-test"
NETWORKS = {
    "pods": """
        plugin bridge {
          bridge = "cni-test", isGateway = true, ipMasq = true, mtu = 1400
          ipam host-local { subnet = 10.77.0.0/24, routes = [{ dst = 0.0.0.0/0 }] }
        }
        plugin portmap { capabilities { portMappings = true } }
        plugin tuning { sysctl { "net.ipv4.conf.eth0.forwarding" = 1 } }
    """,
    "dual": """
        plugin bridge {
          bridge = "cni-dual", isDefaultGateway = true
          ipam host-local { ranges = [[{ subnet = 10.78.0.0/24, rangeStart = 10.78.0.9 }], [{ subnet = fd00:78::/64 }]] }
        }
        plugin firewall { }
    """,
    "macvlan": """
        plugin macvlan {
          master = "uplink0", mode = "bridge"
          ipam static { addresses = [{ address = 192.0.2.9/24, gateway = 192.0.2.1 }], routes = [{ dst = 0.0.0.0/0 }] }
        }
    """,
}


def source(name: str, body: str) -> str:
    return f'network {name} {{\n  cniVersion = "1.0.0"\n{body}\n}}\n'


def predicted(text: str, folder: Path, capsys) -> tuple[dict, dict]:
    """The container and the result that netc's own drivers make."""
    (folder / "n.netc").write_text(text)
    assert main(["attach", str(folder / "n.netc"), "--output-format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    return report["container"], report["result"]


def seen(output: str) -> dict[str, list[dict]]:
    """The JSON that each `ip -j` of a script printed, by the word before it."""
    return {name: json.loads(text) for name, text in re.findall(r"^@(\w+) (.*)$", output, re.MULTILINE)}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_container_of_podman_has_what_netc_predicted(podman, name: str, capsys) -> None:
    text = source(name, NETWORKS[name])
    container, result = predicted(text, podman.folder, capsys)
    assert main(["build", str(podman.folder / "n.netc"), "-o", str(podman.conf_dir), "--force"]) == 0
    ran = podman.machine(f"""
        ip link add uplink0 type veth peer name far && ip link set uplink0 up && ip link set far up
        podman run --detach --name c --network {name} {IMAGE} /bin/sleep 60 >/dev/null
        netns=/proc/$(podman inspect --format '{{{{.State.Pid}}}}' c)/ns/net
        in_it() {{ nsenter --net=$netns "$@"; }}
        echo "@addresses $(in_it ip -j address show eth0)"
        echo "@routes $(in_it ip -j route)"
        echo "@routes6 $(in_it ip -j -6 route)"
        podman rm --force --time 0 c >/dev/null
        echo "@left $(ip -j link)"
        echo "@leases $(ls /var/lib/cni/networks/{name} 2>/dev/null | grep -c '^[0-9a-f]*[.:]' || true)"
    """)
    assert ran.returncode == 0, ran.stderr
    found = seen(ran.stdout)
    (link,) = found["addresses"]
    addresses = {f"{one['local']}/{one['prefixlen']}" for one in link["addr_info"] if one.get("scope") == "global"}
    (interface,) = [one for one in container["interfaces"] if one["name"] == "eth0"]
    assert addresses == set(interface["addresses"]) == {one["address"] for one in result["ips"]}
    assert link["mtu"] == interface["mtu"]
    default = {route["gateway"] for route in (*found["routes"], *found["routes6"]) if route["dst"] == "default"}
    assert default == {
        words.split()[words.split().index("via") + 1] for words in container["routes"] if words.startswith("default")
    }
    assert not [one["ifname"] for one in found["left"] if one.get("link_type") == "ether" and "veth" in one["ifname"]]
    assert found["leases"] == 0


def test_a_published_port_reaches_the_container(podman) -> None:
    text = source("pods", NETWORKS["pods"])
    (podman.folder / "n.netc").write_text(text)
    assert main(["build", str(podman.folder / "n.netc"), "-o", str(podman.conf_dir), "--force"]) == 0
    ran = podman.machine(f"""
        podman run --detach --name c --network pods --publish 8080:80 {IMAGE} \\
            /bin/sh -c 'while true; do echo hello | /bin/nc -l -p 80; done' >/dev/null
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            said=$(busybox nc -w 1 127.0.0.1 8080 </dev/null || true)
            [ -n "$said" ] && break
            sleep 0.2
        done
        echo "@said \\"$said\\""
        podman rm --force --time 0 c >/dev/null
    """)
    assert ran.returncode == 0, ran.stderr
    assert seen(ran.stdout)["said"] == "hello"


RUN = f"netc run n.netc --podman {IMAGE} --yes --"


def test_netc_run_starts_a_container_on_the_network(podman) -> None:
    (podman.folder / "n.netc").write_text(
        source(
            "pods",
            NETWORKS["pods"].replace("plugin bridge {", "plugin bridge {\n dns { nameservers = [192.0.2.53] }"),
        )
    )
    ran = podman.machine(f"""
        {RUN} /bin/sh -c 'ip -4 address show eth0; cat /etc/resolv.conf; ip link show lo; exit 7' || echo "ended $?"
        echo "left $(podman ps --all --quiet | wc -l) $(ls /run/netns | wc -l) $(ip -o link | grep -c veth || true)"
    """)
    assert "inet 10.77.0.2/24" in ran.stdout
    assert "nameserver 192.0.2.53" in ran.stdout
    assert "LOOPBACK,UP" in ran.stdout
    assert "ended 7" in ran.stdout
    assert "left 0 0 0" in ran.stdout


def test_an_interrupt_ends_the_container_and_takes_the_network_down(podman) -> None:
    (podman.folder / "n.netc").write_text(source("pods", NETWORKS["pods"]))
    ran = podman.machine(f"""
        {RUN} /bin/sh -c 'trap "exit 3" INT TERM; echo started > /dev/stderr; while true; do sleep 0.1; done' &
        netc=$!
        for _ in $(seq 100); do ip -o link | grep -q veth && podman ps --quiet | grep -q . && break; sleep 0.1; done
        sleep 0.5
        kill -TERM $netc
        wait $netc || true
        for _ in $(seq 50); do [ "$(ip -o link | grep -c veth || true)" = 0 ] && break; sleep 0.1; done
        echo "left $(ls /run/netns | wc -l) $(ip -o link | grep -c veth || true)"
    """)
    assert "left 0 0" in ran.stdout, ran.stderr
