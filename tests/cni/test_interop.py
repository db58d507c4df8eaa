"""netc and the reference plugins: the same words for the same questions, and each running the other."""

import ctypes
import io
import json
import os
import shutil
import socket
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from netc.cni import Attachment, Cache, CniError, ProcessExecutor, Runtime, dumps_result, parse_network, parse_result
from netc.cni.conflist import NetworkList
from netc.cni.errors import failure
from netc.cni.plugin import Call, Handlers
from netc.cni.results import Result
from netc.cni.skel import main
from netc.cni.versions import SUPPORTED

pytestmark = pytest.mark.parity

ENV = {
    "CNI_COMMAND": "ADD",
    "CNI_CONTAINERID": "c1",
    "CNI_NETNS": "/run/netns/none",
    "CNI_IFNAME": "eth0",
    "CNI_PATH": "/bin",
    "CNI_ARGS": "",
}


def pass_through(call: Call) -> Result:
    """What portmap does where there are no ports to map."""
    try:
        result = call.prev_result()
    except CniError as error:
        raise failure(f"failed to parse config: could not parse prevResult: {error.msg}") from error
    if result is None:
        raise failure("must be called as chained plugin")
    return result


def nothing(call: Call) -> None:
    pass


def ours(stdin: str, env: dict[str, str]) -> tuple[int, str]:
    out = io.StringIO()
    handlers = Handlers(pass_through, nothing, nothing)
    status = main(handlers, "portmap", environ=env, stdin=io.BytesIO(stdin.encode()), stdout=out, stderr=io.StringIO())
    return status, out.getvalue()


def theirs(folder: Path, stdin: str, env: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        [folder / "portmap"], input=stdin.encode(), env={**os.environ, **env}, capture_output=True, check=False
    )
    return done.returncode, done.stdout.decode()


def same(folder: Path, stdin: Any, **changed: str) -> None:
    """Both say the same on stdout and end with the same status."""
    text = stdin if isinstance(stdin, str) else json.dumps(stdin)
    env = {**ENV, **changed}
    assert ours(text, env) == theirs(folder, text, env)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", '{"a":', '{"a":tru', '{"a":1} x', "abc", '{"a":nope}', '{"a":1,}', '{"a" 1}', '{"a":1 "b"}'),
        *('["a}" "b"]', "[1,]", '{"a":"\n"}', '{"a":"\\q"}', "{'a':1}", "NaN", "-Infinity", "-", "[-x]", "\ufeff{}"),
        *("null", "[]", "5", '"x"', "{}", '{"name":5}', '{"name":"a b"}', '{"name":"n\\n"}', '{"name":"<&>"}'),
        *('{"NAME":"n","CNIVERSION":"1.1.0"}', '{"name":"n","cniVersion":5}', '{"name":"n","cniVersion":null}'),
    ],
)
def test_broken_configurations(reference_plugins: Path, text: str) -> None:
    same(reference_plugins, text)


@pytest.mark.parametrize(
    ("verb", "version"),
    [
        *product(["CHECK"], ["1.1", "1.2.0", "a.b", "1.2.3.4", "0.3.1"]),
        *product(["ADD", "GC", "STATUS", "VERSION", "add"], ["1.1", "1.2.0", "a.b", "1.2.3.4", "0.3.1", "1.0.0"]),
    ],
)
def test_versions_that_do_not_fit(reference_plugins: Path, verb: str, version: str) -> None:
    same(reference_plugins, {"name": "n", "cniVersion": version}, CNI_COMMAND=verb)


@pytest.mark.parametrize(
    "env",
    [
        *(
            {"CNI_COMMAND": verb, **dict.fromkeys(list(ENV)[1:], "")}
            for verb in ("ADD", "CHECK", "DEL", "GC", "STATUS")
        ),
        *({"CNI_CONTAINERID": text} for text in ("a b", "a\n", "é", "-a")),
        *({"CNI_IFNAME": text} for text in (".", "..", "a/b", "a:b", "a\tb", "a\u2003b", "é" * 8, "a" * 16)),
        {"CNI_CONTAINERID": "a b", "CNI_IFNAME": "a b"},
        {"CNI_NETNS": "/proc/self/ns/net"},
    ],
)
def test_environments(reference_plugins: Path, env: dict[str, str]) -> None:
    prev = {"ips": [{"address": "10.0.0.2/24"}]}
    same(reference_plugins, {"name": "n", "cniVersion": "1.0.0", "prevResult": prev}, **env)


RESULTS: list[dict[str, Any]] = [
    {"ip4": {"ip": "10.0.0.2/24", "gateway": "10.0.0.1", "routes": [{"dst": "0.0.0.0/0", "gw": "10.0.0.9"}]}},
    {
        "ip6": {"ip": "FD00::2/64"},
        "dns": {"search": ["a<b"], "domain": "d", "nameservers": ["1.1.1.1"], "options": ["o"]},
    },
    {"interfaces": [{"name": "a<b", "mac": "x", "sandbox": "/s", "mtu": 5, "socketPath": "s", "pciID": "p"}]},
    {"interfaces": [{"NAME": "e"}], "ips": [{"version": "4", "address": "10.0.0.2/24", "interface": 0}]},
    {"ips": [{"version": "4", "address": "::ffff:10.0.0.2/120", "gateway": "::ffff:10.0.0.1"}]},
    {"routes": [{"dst": "10.1.2.3/8", "mtu": 1, "advmss": 2, "priority": 3, "table": 0, "scope": 253, "gw": ""}]},
    {"ips": [{"version": "6", "address": "2001:db8:0:0:1:0:0:1/64"}], "routes": [{"dst": "::/0", "gw": "fe80::1"}]},
    {"ips": None, "routes": [], "interfaces": None, "dns": None},
    {"ips": [{"address": "10.0.0.2"}]},
    {"ips": [{"address": 5}]},
    {"ips": [{"address": "10.0.0.2/24", "gateway": "x"}]},
    {"ips": [{"address": "10.0.0.2/24", "interface": "x"}]},
    {"routes": [{"dst": "10.0.0.0/8", "mtu": "x"}]},
    {"routes": [{"dst": "10.0.0.0/8", "gw": 5}]},
    {"interfaces": [{"name": 5}]},
    {"ip4": {"ip": "10.0.0.2"}},
    {"cniVersion": "0.2.0"},
    {"cniVersion": "0.3.1"},
    {"cniVersion": "1.0.0"},
    {"cniVersion": "9.0.0"},
    {"cniVersion": 5},
]


def is_completed_or_refused(version: str, result: dict[str, Any]) -> bool:
    """Where netc knowingly differs: it gives an address its missing version, and writes no old result without one."""
    if version in ("0.1.0", "0.2.0"):
        return not ("ip4" in result or "ip6" in result or result.get("cniVersion", "0.2.0") != "0.2.0")
    return version in ("0.3.0", "0.3.1", "0.4.0") and any("version" not in entry for entry in result.get("ips") or ())


@pytest.mark.parametrize(
    ("version", "result"),
    [pair for pair in product(SUPPORTED, RESULTS) if not is_completed_or_refused(*pair)],
)
def test_results_are_read_and_written_alike(reference_plugins: Path, version: str, result: dict[str, Any]) -> None:
    same(reference_plugins, {"name": "n", "cniVersion": version, "prevResult": result})


@pytest.mark.parametrize("version", SUPPORTED)
def test_results_are_converted_alike(reference_plugins: Path, tmp_path: Path, version: str) -> None:
    ranges = [[{"subnet": "10.0.0.0/24"}], [{"subnet": "fd00::/64"}], [{"subnet": "10.1.0.0/16"}]]
    if version in ("0.1.0", "0.2.0"):
        ranges = ranges[:2]  # host-local itself refuses a second address of a family there
    routes = [{"dst": "0.0.0.0/0", "gw": "10.0.0.9", "mtu": 1400, "table": 0}, {"dst": "fd01::/64", "priority": 5}]

    def host_local(cni_version: str, folder: str) -> str:
        ipam = {"type": "host-local", "ranges": ranges, "routes": routes, "dataDir": str(tmp_path / folder)}
        done = subprocess.run(
            [reference_plugins / "host-local"],
            input=json.dumps({"name": "n", "cniVersion": cni_version, "ipam": ipam}).encode(),
            env={**os.environ, **ENV},
            capture_output=True,
            check=True,
        )
        return done.stdout.decode()

    newest = parse_result(json.loads(host_local("1.1.0", "newest")))
    assert dumps_result(newest, version) == host_local(version, "same")


def use_private_run() -> None:
    """Gives this process a /run of its own, for the lock of iptables and everything else."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x20000) or libc.mount(b"none", b"/", None, 16384 | 1 << 18, None):
        pytest.skip("a mount namespace of its own is not allowed here")
    assert libc.mount(b"run", b"/run", b"tmpfs", 0, None) == 0


def links() -> set[str]:
    return {name for _, name in socket.if_nameindex()}


def bridge_network(ipam: dict[str, Any], *chained: dict[str, Any], version: str = "1.0.0") -> NetworkList:
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipam": ipam}
    return parse_network({"cniVersion": version, "name": "n", "plugins": [bridge, *chained]})


@pytest.mark.parametrize("version", ["0.4.0", "1.0.0", "1.1.0"])
def test_a_chain_of_reference_plugins_lives_and_dies(
    in_namespace: Any, reference_plugins: Path, tmp_path: Path, version: str
) -> None:
    if shutil.which("iptables-save") is None:
        pytest.skip("portmap and this test need iptables")
    use_private_run()
    leases = tmp_path / "leases"
    network = bridge_network(
        {"type": "host-local", "subnet": "10.0.0.0/24", "dataDir": str(leases)},
        {"type": "portmap", "capabilities": {"portMappings": True}},
        version=version,
    )
    path = [str(reference_plugins)]
    runtime = Runtime(ProcessExecutor(path), Cache(tmp_path / "cni"), path=path)
    assert runtime.validate(network) == {"portMappings"}
    before = links()

    ports = [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]
    netns = in_namespace.container()
    attachment = Attachment("c1", netns, "eth0", capability_args={"portMappings": ports})
    result = runtime.add(network, attachment)
    assert [interface.name for interface in result.interfaces][::2] == ["cni0", "eth0"]
    assert [str(ip.address) for ip in result.ips] == ["10.0.0.2/24"]
    assert (leases / "n" / "10.0.0.2").exists()
    runtime.check(network, attachment)
    rules = ["iptables-save", "-t", "nat"]
    assert "dport 8080" in subprocess.run(rules, capture_output=True, text=True, check=True).stdout

    # Only identifying it: the port mappings that DEL needs are in the cache.
    gone = Attachment("c1", netns, "eth0")
    runtime.delete(network, gone)
    assert links() - before == {"cni0"}
    assert not (leases / "n" / "10.0.0.2").exists()
    assert "dport 8080" not in subprocess.run(rules, capture_output=True, text=True, check=True).stdout
    runtime.delete(network, gone)


def test_a_chain_that_fails_halfway_leaves_nothing(in_namespace: Any, reference_plugins: Path, tmp_path: Path) -> None:
    use_private_run()
    leases = tmp_path / "leases"
    network = bridge_network(
        {"type": "host-local", "subnet": "10.0.0.0/24", "dataDir": str(leases)},
        {"type": "tuning", "sysctl": {"net.ipv4.no_such_thing": "1"}},
    )
    path = [str(reference_plugins)]
    runtime = Runtime(ProcessExecutor(path), Cache(tmp_path / "cni"), path=path)
    before = links()
    with pytest.raises(CniError) as error:
        runtime.add(network, Attachment("c1", in_namespace.container(), "eth0"))
    assert (error.value.plugin, error.value.pointer) == ("tuning", "/plugins/1")
    assert links() - before == {"cni0"}
    assert not (leases / "n" / "10.0.0.2").exists()


def test_a_reference_plugin_delegates_to_one_made_with_netc(
    in_namespace: Any, reference_plugins: Path, tmp_path: Path
) -> None:
    use_private_run()
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "fixed"
    program.write_text(
        f"""#!{sys.executable}
import sys
from netc.cni import Handlers, IpConfig, Keys, Result, plugin_main
from netc.cni.addresses import parse_address

def add(call):
    address = Keys(call.config).object("ipam").string("address")
    return Result(ips=(IpConfig(parse_address(address)),))

def nothing(call):
    pass

sys.exit(plugin_main(Handlers(add, nothing, nothing), "fixed"))
"""
    )
    program.chmod(0o755)
    path = [str(reference_plugins), str(folder)]
    runtime = Runtime(ProcessExecutor(path), Cache(tmp_path / "cni"), path=path)
    network = bridge_network({"type": "fixed", "address": "10.0.0.7/24"})
    attachment = Attachment("c1", in_namespace.container(), "eth0")
    assert [str(ip.address) for ip in runtime.add(network, attachment).ips] == ["10.0.0.7/24"]
    runtime.check(network, attachment)
    runtime.delete(network, attachment)
