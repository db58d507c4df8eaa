"""static in process: the addresses that are written, and nothing kept (https://www.cni.dev/plugins/current/ipam/static/)."""

from __future__ import annotations

from netc.cni.addresses import parse_address, parse_ip
from netc.cni.args import parse_args
from netc.cni.decode import Keys, read_dns
from netc.cni.errors import failure
from netc.cni.plugin import Call, Handlers, nothing
from netc.cni.result_json import read_routes
from netc.cni.results import Address, Dns, Ip, IpConfig, Result, Route
from netc.dataclass import dataclass, replace
from netc.kernel import Kernel
from netc.plugins.ipam_config import refuse_several_per_family


@dataclass(frozen=True, slots=True)
class Config:
    """static's keys, the requests of CNI_ARGS, `args` and the runtime taken in."""

    ips: tuple[IpConfig, ...]
    routes: tuple[Route, ...]
    dns: Dns


def load(call: Call) -> Config:
    """The configuration of a call. Raises `CniError` (999)."""
    keys = Keys(call.config, prefix="", struct="Net")
    ipam = keys.optional_object("ipam", "IPAMConfig")
    if ipam is None:
        raise failure("IPAM config missing 'ipam' key")
    written = [
        (item.string("address"), _gateway(item.string("gateway"))) for item in ipam.objects("addresses", "Address")
    ]
    routes, dns = read_routes(ipam), read_dns(ipam.object("dns", "DNS", go="types.DNS"))
    runtime = keys.object("runtimeConfig").strings("ips")
    cni = (
        keys.object("args", go='struct { A *main.IPAMArgs "json:\\"cni\\"" }').object("cni", "IPAMArgs").strings("ips")
    )
    given = _from_args(call.env.args)
    if runtime or cni:
        ips = tuple(IpConfig(_requested(text)) for text in runtime or cni)
    else:
        ips = (*(IpConfig(_written(text), gateway) for text, gateway in written), *given)
    refuse_several_per_family(call.version, (ip.address.version for ip in ips))
    return Config(ips, routes, dns)


def _from_args(text: str) -> tuple[IpConfig, ...]:
    """The addresses in CNI_ARGS, each with the gateway there that lies in its subnet."""
    args = parse_args(text, {"IP": str, "GATEWAY": str})
    ips = [IpConfig(_cidr(one, "the 'ip' field is expected to be")) for one in _split(args.get("IP", ""))]
    for one in _split(args.get("GATEWAY", "")):
        try:
            gateway = parse_ip(one)
        except ValueError:
            raise failure(f"invalid gateway address: {one}") from None
        ips = [replace(ip, gateway=gateway) if gateway in ip.address.network else ip for ip in ips]
    return tuple(ips)


def _split(text: str) -> list[str]:
    return text.split(",") if text else []


def _written(text: str) -> Address:
    return _cidr(text, "the 'address' field is expected to be")


def _requested(text: str) -> Address:
    return _cidr(text, "an entry in the 'ips' field is NOT")


def _cidr(text: str, what: str) -> Address:
    try:
        return parse_address(text)
    except ValueError:
        raise failure(f"{what} in CIDR notation, got: '{text}'") from None


def _gateway(text: str) -> Ip | None:
    try:
        return parse_ip(text) if text else None
    except ValueError as error:
        raise failure(str(error)) from None


def _add(call: Call) -> Result:
    config = load(call)
    return Result(ips=config.ips, routes=config.routes, dns=config.dns)


def _check(call: Call) -> None:
    config = load(call)
    result = call.prev_result()
    if result is None:
        raise failure("Required prevResult missing")
    for wanted in config.ips:
        same = [ip for ip in result.ips if ip.address.ip == wanted.address.ip]
        if wanted.gateway is not None and any(ip.gateway != wanted.gateway for ip in same):
            raise failure(f"static: Failed to match addr {wanted.address.ip} on interface {call.env.ifname}")


def handlers(kernel: Kernel) -> Handlers:
    """static as a plugin. It looks at the configuration only; DEL and GC have nothing to give back."""
    del kernel
    return Handlers(add=_add, check=_check, delete=nothing, about="CNI static plugin of netc")
