"""host-local in process (the reference's page: https://www.cni.dev/plugins/current/ipam/host-local/)."""

from __future__ import annotations

from ipaddress import ip_interface

from netc.cni.args import parse_args
from netc.cni.decode import Keys, base_config
from netc.cni.errors import failure
from netc.cni.plugin import Call, Handlers
from netc.cni.result_json import read_routes
from netc.cni.results import Dns, Ip, IpConfig, Result, Route
from netc.dataclass import dataclass
from netc.kernel import Kernel
from netc.plugins.host_local.allocation import (
    RangeSet,
    candidates,
    checked,
    contains,
    read_range,
    read_sets,
    shown,
)
from netc.plugins.host_local.store import Store, owner
from netc.plugins.ipam_config import file_failure, refuse_several_per_family, requested_ip


@dataclass(frozen=True, slots=True)
class Config:
    """host-local's keys, checked. `requested` are the addresses asked for, in the order of their sources."""

    network: str
    data_dir: str
    resolv_conf: str
    sets: list[RangeSet]
    routes: tuple[Route, ...]
    requested: tuple[Ip, ...]


def load(call: Call) -> Config:
    """The configuration of a call. Raises `CniError` (999), as ADD, CHECK and DEL of the reference do."""
    keys = Keys(call.config, prefix="", struct="Net")
    ipam = keys.optional_object("ipam", "IPAMConfig", go="allocator.IPAMConfig")
    if ipam is None:
        raise failure("IPAM config missing 'ipam' key")
    legacy = read_range(ipam.embedded("Range"))
    written = read_sets(ipam, "ranges")
    routes = read_routes(ipam)
    runtime = keys.object("runtimeConfig")
    prepended = read_sets(runtime, "ipRanges")
    asked = [ip for ip in (parse_args(call.env.args, {"IP": requested_ip}).get("IP"),) if ip is not None]
    cni = keys.object("args", go='struct { A *allocator.IPAMArgs "json:\\"cni\\"" }').object("cni", "IPAMArgs")
    for source in (cni, runtime):
        asked += [_requested(text) for text in source.items("ips", "[]*ip.IP")]
    sets = checked(prepended + ([[legacy]] if legacy.subnet else []) + written)
    refuse_several_per_family(call.version, (one[0].start.version for one in sets))
    return Config(
        network=call.name,
        data_dir=ipam.string("dataDir"),
        resolv_conf=ipam.string("resolvConf"),
        sets=sets,
        routes=routes,
        requested=tuple(dict.fromkeys(asked)),
    )


def _requested(text: object) -> Ip:
    if text == "":
        raise failure("cannot understand ip: IP <nil> not v4 nor v6")
    if not isinstance(text, str):
        raise failure(f"invalid IP address {text}")
    try:
        return requested_ip(text)
    except ValueError as error:
        raise failure(str(error)) from None


def _add(call: Call) -> Result:
    config = load(call)
    dns = read_resolv_conf(config.resolv_conf) if config.resolv_conf else Dns()
    store = Store(config.data_dir, config.network)
    waiting = list(config.requested)
    reserved: list[str] = []
    ips = []
    try:
        for number, ranges in enumerate(config.sets):
            wanted = next((ip for ip in waiting if contains(ranges, ip)), None)
            if wanted is not None:
                waiting.remove(wanted)
            try:
                given = _allocate(call, store, number, ranges, wanted)
            except ValueError as error:
                raise failure(f"failed to allocate for range {number}: {error}") from None
            reserved.append(str(given.address.ip))
            ips.append(given)
        if waiting:
            raise failure(f"failed to allocate all requested IPs: {' '.join(map(str, waiting))}")
    except BaseException:
        # Only what this very call took: an attachment that stood before keeps its addresses.
        if reserved:
            with store.locked():
                store.remove(reserved)
        raise
    return Result(ips=tuple(ips), routes=config.routes, dns=dns)


def _allocate(call: Call, store: Store, number: int, ranges: RangeSet, wanted: Ip | None) -> IpConfig:
    """One address of a range set, taken; raises `ValueError` where there is none to take."""
    container, ifname = call.env.container_id, call.env.ifname
    with store.locked():
        if wanted is not None:
            one = next(one for one in ranges if wanted in one)
            if wanted == one.gateway:
                raise ValueError(f"requested ip {wanted} is subnet's gateway")
            if not store.reserve(wanted, number, container, ifname):
                raise ValueError(f"requested IP address {wanted} is not available in range set {shown(ranges)}")
            return _given(wanted, one.subnet.prefixlen, one.gateway)
        for name in store.held(container, ifname):
            if contains(ranges, requested_ip(name)):
                raise ValueError(f"{name} has been allocated to {container}, duplicate allocation is not allowed")
        for ip, one in candidates(ranges, store.last_reserved(number), store.names()):
            if store.reserve(ip, number, container, ifname):
                return _given(ip, one.subnet.prefixlen, one.gateway)
    raise ValueError(f"no IP addresses available in range set: {shown(ranges)}")


def _given(ip: Ip, prefix: int, gateway: Ip) -> IpConfig:
    return IpConfig(ip_interface(f"{ip}/{prefix}"), gateway)


def _check(call: Call) -> None:
    config = load(call)
    store = Store(config.data_dir, config.network)
    with store.locked():
        if not store.held(call.env.container_id, call.env.ifname):
            raise failure(f"host-local: Failed to find address added by container {call.env.container_id}")


def _delete(call: Call) -> None:
    config = load(call)
    store = Store(config.data_dir, config.network)
    with store.locked():
        store.remove(store.held(call.env.container_id, call.env.ifname))


def _gc(call: Call) -> None:
    """Remove the leases of attachments that the runtime doesn't name as valid; without its list, none."""
    keys = Keys(call.config, prefix="", struct="Net")
    if not keys.has("cni.dev/valid-attachments"):
        return
    valid = set(base_config(keys, "").valid_attachments)
    containers = {container for container, _ in valid}
    ipam = keys.object("ipam", "IPAMConfig", go="allocator.IPAMConfig")
    store = Store(ipam.string("dataDir"), call.name)
    with store.locked():
        stale = []
        for name, content in store.leases().items():
            container, ifname = owner(content)
            known = container in containers if ifname is None else (container, ifname) in valid
            if not known:
                stale.append(name)
        store.remove(stale)


def read_resolv_conf(path: str) -> Dns:
    """The resolver settings of a resolv.conf; search lists and options of several lines add up."""
    nameservers: list[str] = []
    search: list[str] = []
    options: list[str] = []
    domain = ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().split("\n")
    except OSError as error:
        raise file_failure("open", path, error) from None
    for line in lines:
        fields = line.split()
        if len(fields) < 2 or fields[0][0] in "#;":
            continue
        if fields[0] == "nameserver":
            nameservers.append(fields[1])
        elif fields[0] == "domain":
            domain = fields[1]
        elif fields[0] == "search":
            search += fields[1:]
        elif fields[0] == "options":
            options += fields[1:]
    return Dns(tuple(nameservers), domain, tuple(search), tuple(options))


def handlers(kernel: Kernel) -> Handlers:
    """host-local as a plugin. It touches files only, never the kernel's network."""
    del kernel
    return Handlers(add=_add, check=_check, delete=_delete, gc=_gc, about="CNI host-local plugin of netc")
