"""What dhcp is told to say and to ask for (https://www.cni.dev/plugins/current/ipam/dhcp/)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netc.cni.args import pairs
from netc.cni.decode import Keys
from netc.cni.errors import failure
from netc.dataclass import dataclass
from netc.plugins.dhcp.client import Wish
from netc.plugins.dhcp.message import Option

SOCKET = "/run/cni/dhcp.sock"
#: The names that an option may have in place of its number.
NAMES = {
    "dhcp-client-identifier": Option.CLIENT_ID,
    "subnet-mask": Option.SUBNET_MASK,
    "routers": Option.ROUTERS,
    "host-name": Option.HOST_NAME,
    "user-class": Option.USER_CLASS,
    "vendor-class-identifier": Option.VENDOR_CLASS,
}
#: What is asked for unless an author does without.
_ALWAYS = (Option.ROUTERS, Option.SUBNET_MASK)
_LONGEST = 254


@dataclass(frozen=True, slots=True)
class Config:
    """dhcp's keys. `wish` is what the client of a lease says; `priority` is the metric of its routes."""

    wish: Wish
    priority: int


def socket_path(config: Mapping[str, Any]) -> str:
    """Where the daemon listens that keeps the leases. Raises `CniError`."""
    return _ipam(config).string("daemonSocketPath") or SOCKET


def lease_key(container_id: str, network: str, ifname: str) -> str:
    """What names a lease, and is the client's name at the server."""
    return f"{container_id}/{network}/{ifname}".encode()[:_LONGEST].decode(errors="ignore")


def load(config: Mapping[str, Any], args: str, key: str) -> Config:
    """What the configuration of a call says. `args` is CNI_ARGS. Raises `CniError` (999)."""
    ipam = _ipam(config)
    provide: dict[int, bytes] = {}
    given = dict(pairs(args))
    for item in ipam.objects("provide", "ProvideOption"):
        code = _number(item.string("option"))
        for text in (item.string("value"), given.get(item.string("fromArg"), "")):
            if text:
                if len(text.encode()) > 255:
                    raise failure(f"value too long for option {code}")
                provide[code] = text.encode()
    request: list[int] = []
    always = True
    for item in ipam.objects("request", "RequestOption"):
        if item.boolean("skipDefault"):
            always = False
        if item.string("option"):
            request.append(_number(item.string("option")))
    if always:
        request += [code for code in _ALWAYS if code not in request]
    return Config(Wish(b"\0" + key.encode(), provide, tuple(request)), ipam.integer("priority"))


def _ipam(config: Mapping[str, Any]) -> Keys:
    ipam = Keys(config, prefix="", struct="NetConf").optional_object("ipam", "IPAMConfig")
    if ipam is None:
        raise failure("IPAM config missing 'ipam' key")
    return ipam


def _number(text: str) -> int:
    if text in NAMES:
        return NAMES[text]
    if text.isascii() and text.isdecimal() and int(text) < 256:
        return int(text)
    raise failure(f'Can not parse option "{text}": it is no number from 0 to 255, and none of {", ".join(NAMES)}')
