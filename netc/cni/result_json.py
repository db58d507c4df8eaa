"""Results as JSON, in each of the three shapes that the specification has had.

0.1.0 and 0.2.0 hold at most one address per family (`ip4`, `ip6`); 0.3.0 to 0.4.0 have lists and a `version` in each
address; 1.0.0 and later drop that. Key order, omissions and indentation are those of the reference library.

Reading a version and writing another is the conversion between them: `parse` fills the 1.1.0 shape, `render` leaves
out what the target can't say. Where the reference passes something broken through (an address without `version` in
0.4.0), netc completes it, or refuses it where nothing can be completed (an entry without address).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from netc.cni.addresses import parse_address, parse_ip
from netc.cni.decode import Keys, read_dns
from netc.cni.errors import CniError, Code, failure
from netc.cni.gojson import Json, dumps, quote
from netc.cni.results import Address, Dns, Interface, Ip, IpConfig, Result, Route
from netc.cni.versions import IMPLIED

T = TypeVar("T")

#: Versions whose results have the same shape: each family's parser takes no other's.
FAMILIES: Final = (("", "0.1.0", "0.2.0"), ("0.3.0", "0.3.1", "0.4.0"), ("1.0.0", "1.1.0"))
_OLDEST, _MIDDLE, _NEWEST = FAMILIES


def family(version: str) -> tuple[str, ...] | None:
    """The versions whose results have the same shape as this one's; None for an unknown version."""
    return next((versions for versions in FAMILIES if version in versions), None)


def parse(document: Mapping[str, Json], config_version: str = "") -> Result:
    """A result of any version; one without `cniVersion` is taken to be of `config_version`.

    Raises `CniError` (code 999) with the reference's text for an unknown version, a wrong type or a malformed address.
    """
    keys = Keys(document, prefix="", struct="Result")
    version = keys.string("cniVersion") or config_version
    shape = family(version)
    if shape is None:
        raise failure(f"unsupported CNI result version {quote(version)}")
    return _PARSERS[shape](keys)


def parse_prev(document: Mapping[str, Json], config_version: str) -> Result:
    """A `prevResult`, which must be of the configuration's own family of versions. Raises `CniError` (code 999)."""
    try:
        version = Keys(document, prefix="", struct="Result").string("cniVersion") or config_version
        shape = family(config_version)
        if shape is not None and version not in shape:
            supported = " ".join(shape)
            raise failure(f"result type supports [{supported}] but unmarshalled CNIVersion is {quote(version)}")
        return parse(document, config_version)
    except CniError as error:
        raise failure(f"could not parse prevResult: {error.msg}") from error


def _parse_newest(keys: Keys) -> Result:
    interfaces = tuple(_interface(item) for item in _interfaces(keys))
    return Result(interfaces, _ips(keys, "types100.IPConfig"), read_routes(keys), _dns(keys))


def _parse_middle(keys: Keys) -> Result:
    interfaces = tuple(
        Interface(item.string("name"), item.string("mac"), item.string("sandbox")) for item in _interfaces(keys)
    )
    return Result(interfaces, _ips(keys, "types040.IPConfig"), read_routes(keys), _dns(keys))


def _parse_oldest(keys: Keys) -> Result:
    ips: list[IpConfig] = []
    routes: list[Route] = []
    for key in ("ip4", "ip6"):
        # The reference's message names the enclosing type here, as its own decoder runs on a nested value.
        item = keys.optional_object(key, "Result", go="types020.ipConfig")
        if item is not None:
            ips.append(IpConfig(_required(item, "ip"), _ip(item, "gateway")))
            routes.extend(read_routes(item))
    return Result((), tuple(ips), tuple(routes), _dns(keys))


_PARSERS: Final[Mapping[tuple[str, ...], Callable[[Keys], Result]]] = {
    _OLDEST: _parse_oldest,
    _MIDDLE: _parse_middle,
    _NEWEST: _parse_newest,
}


def _interfaces(keys: Keys) -> tuple[Keys, ...]:
    go = "types100.Interface"
    return keys.objects("interfaces", "Interface", go=go, go_list=f"[]*{go}")


def _interface(item: Keys) -> Interface:
    return Interface(
        item.string("name"),
        item.string("mac"),
        item.string("sandbox"),
        item.integer("mtu"),
        item.string("socketPath"),
        item.string("pciID"),
    )


def _ips(keys: Keys, go: str) -> tuple[IpConfig, ...]:
    items = keys.objects("ips", "Result", go=go, go_list=f"[]*{go}")
    return tuple(
        IpConfig(_required(item, "address"), _ip(item, "gateway"), item.optional_integer("interface")) for item in items
    )


def read_routes(keys: Keys) -> tuple[Route, ...]:
    """The `routes` of a result, or of an IPAM plugin's configuration. Raises `CniError` (code 999)."""
    items = keys.objects("routes", "Result", go="types.Route", go_list="[]*types.Route")
    return tuple(
        Route(
            _required(item, "dst"),
            _ip(item, "gw"),
            item.integer("mtu"),
            item.integer("advmss"),
            item.integer("priority"),
            item.optional_integer("table"),
            item.optional_integer("scope"),
        )
        for item in items
    )


def _dns(keys: Keys) -> Dns:
    return read_dns(keys.object("dns", "DNS", go="types.DNS"))


def _required(item: Keys, key: str) -> Address:
    return _valid(parse_address, item.string(key))


def _ip(item: Keys, key: str) -> Ip | None:
    value = item.raw(key)
    if value is not None and not isinstance(value, str):
        raise item.mismatch(key, value, "net.IP")
    return _valid(parse_ip, value) if value else None


def _valid(read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise failure(str(error)) from None


def render(result: Result, version: str) -> dict[str, Json]:
    """The result as a JSON object of this version ("" is 0.1.0), keys in the reference's order.

    What the version can't say is left out. Raises `CniError` (code 999) for an unknown version, and for one below
    0.3.0 where the result has no address.
    """
    shape = family(version)
    if shape is None:
        raise failure(f"no converter for CNI result version 1.1.0 to {version}")
    if shape is _OLDEST:
        return _render_oldest(result, version or IMPLIED)
    if shape is _MIDDLE:
        return _render_middle(result, version)
    return _render_newest(result, version)


def dumps_result(result: Result, version: str) -> str:
    """The JSON text that a plugin prints for the result: indented by 4, without a final newline. Raises as `render`."""
    return dumps(render(result, version))


def convert(document: Mapping[str, Json], version: str, config_version: str = "") -> dict[str, Json]:
    """A result as JSON of any version, as JSON of `version`. Raises as `parse` and `render` do."""
    return render(parse(document, config_version), version)


def _render_newest(result: Result, version: str) -> dict[str, Json]:
    return _drop_empty(
        cniVersion=version,
        dns=_alphabetical(_dns_object(result.dns)),
        interfaces=[
            _alphabetical(
                {"name": item.name}
                | _drop_empty(
                    mac=item.mac,
                    mtu=item.mtu,
                    pciID=item.pci_id,
                    sandbox=item.sandbox,
                    socketPath=item.socket_path,
                )
            )
            for item in result.interfaces
        ],
        ips=[_alphabetical(_ip_object(item)) for item in result.ips],
        routes=[_alphabetical(_route_object(route)) for route in result.routes],
    )


def _render_middle(result: Result, version: str) -> dict[str, Json]:
    interfaces = [{"name": item.name} | _drop_empty(mac=item.mac, sandbox=item.sandbox) for item in result.interfaces]
    ips = [{"version": str(item.address.version)} | _ip_object(item) for item in result.ips]
    routes = [_route_object(route) for route in result.routes]
    lists = _drop_empty(interfaces=interfaces, ips=ips, routes=routes)
    return {"cniVersion": version} | lists | {"dns": _dns_object(result.dns)}


def _render_oldest(result: Result, version: str) -> dict[str, Json]:
    out: dict[str, Json] = {"cniVersion": version}
    for number, key in ((4, "ip4"), (6, "ip6")):
        first = next((item for item in result.ips if item.address.version == number), None)
        if first is not None:
            routes = [
                _drop_empty(dst=str(route.dst), gw=_text(route.gw))
                for route in result.routes
                if route.dst.version == number
            ]
            out[key] = _drop_empty(ip=str(first.address), gateway=_text(first.gateway), routes=routes)
    if len(out) == 1:
        raise CniError(Code.INTERNAL, "cannot convert: no valid IP addresses")
    return out | {"dns": _dns_object(result.dns)}


def _ip_object(item: IpConfig) -> dict[str, Json]:
    index = {} if item.interface is None else {"interface": item.interface}
    return index | _drop_empty(address=str(item.address), gateway=_text(item.gateway))


def _route_object(route: Route) -> dict[str, Json]:
    out = _drop_empty(
        dst=str(route.dst), gw=_text(route.gw), mtu=route.mtu, advmss=route.advmss, priority=route.priority
    )
    # These two are pointers in Go: 0 is a value of its own there, and is written.
    return out | {key: value for key, value in (("table", route.table), ("scope", route.scope)) if value is not None}


def _dns_object(dns: Dns) -> dict[str, Json]:
    return _drop_empty(
        nameservers=list(dns.nameservers), domain=dns.domain, search=list(dns.search), options=list(dns.options)
    )


def _text(ip: Ip | None) -> str:
    return "" if ip is None else str(ip)


def _drop_empty(**fields: Json) -> dict[str, Json]:
    return {key: value for key, value in fields.items() if value}


def _alphabetical(fields: dict[str, Json]) -> dict[str, Json]:
    return dict(sorted(fields.items()))
