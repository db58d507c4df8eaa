"""bridge's keys, read and checked as the reference plugin does (https://www.cni.dev/plugins/current/main/bridge/)."""

from __future__ import annotations

from netc.cni.args import parse_args
from netc.cni.decode import BaseConfig, Keys, base_config
from netc.cni.errors import failure
from netc.cni.plugin import Call
from netc.dataclass import dataclass

_MAX_VLAN = 4094


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration of one call.

    `trunk` are the VLAN IDs of `vlanTrunk`, sorted; `vlan_filtering` whether the bridge needs it. `mac` is the
    container interface's, "" for a random one; it is not checked yet.
    """

    base: BaseConfig
    bridge: str
    is_gateway: bool
    is_default_gateway: bool
    force_address: bool
    ip_masq: bool
    ip_masq_backend: str | None
    mtu: int
    hairpin: bool
    promisc: bool
    vlan: int
    trunk: tuple[int, ...]
    vlan_filtering: bool
    preserve_default_vlan: bool
    mac_spoof_check: bool
    enable_dad: bool
    disable_container_interface: bool
    port_isolation: bool
    mac: str

    @property
    def has_ipam(self) -> bool:
        """Whether the container gets addresses: without, the bridge is a switch and nothing more."""
        return self.base.ipam_type != ""


def load(call: Call) -> Config:
    """The configuration of ADD, CHECK and DEL. Raises `CniError` (999)."""
    config = decode(call, ranges=True)
    if not 0 <= config.vlan <= _MAX_VLAN:
        raise failure(f"invalid VLAN ID {config.vlan} (must be between 0 and {_MAX_VLAN})")
    return config


def decode(call: Call, *, ranges: bool = False) -> Config:
    """The configuration with its types checked, as STATUS looks at it; with `ranges` those of `vlanTrunk`, too.

    Without, `trunk` is empty.
    """
    keys = Keys(call.config)
    base = base_config(keys)
    arguments = keys.object("args", "BridgeArgs").object("cni", "BridgeArgs").string("mac")
    runtime = keys.object("runtimeConfig").string("mac")
    default_gateway = keys.boolean("isDefaultGateway")
    return Config(
        base=base,
        bridge=keys.string("bridge", "cni0"),
        is_gateway=keys.boolean("isGateway") or default_gateway,
        is_default_gateway=default_gateway,
        force_address=keys.boolean("forceAddress"),
        ip_masq=keys.boolean("ipMasq"),
        ip_masq_backend=keys.optional_string("ipMasqBackend"),
        mtu=keys.integer("mtu"),
        hairpin=keys.boolean("hairpinMode"),
        promisc=keys.boolean("promiscMode"),
        vlan=keys.integer("vlan"),
        trunk=_trunk(keys, ranges),
        vlan_filtering=keys.integer("vlan") != 0 or keys.has("vlanTrunk"),
        preserve_default_vlan=keys.boolean("preserveDefaultVlan"),
        mac_spoof_check=keys.boolean("macspoofchk"),
        enable_dad=keys.boolean("enabledad"),
        disable_container_interface=keys.boolean("disableContainerInterface"),
        port_isolation=keys.boolean("portIsolation"),
        mac=runtime or arguments or parse_args(call.env.args, {"MAC": str}).get("MAC", ""),
    )


def _trunk(keys: Keys, ranges: bool) -> tuple[int, ...]:
    """Every VLAN ID that `vlanTrunk` names, each once, sorted; none if only types are to be checked."""
    found: set[int] = set()
    for item in keys.objects("vlanTrunk", "VlanTrunk", go_list="[]*main.VlanTrunk"):
        low, high, single = (item.optional_integer(key) for key in ("minID", "maxID", "id"))
        if not ranges:
            continue
        for name, value in (("minID", low), ("maxID", high), ("id", single)):
            if value is not None and not 1 <= value <= _MAX_VLAN:
                raise failure(f"incorrect trunk {name} parameter")
        if (low is None) != (high is None):
            missing = "maxID" if high is None else "minID"
            raise failure(f"minID and maxID should be configured simultaneously, {missing} is missing")
        if low is not None and high is not None:
            if low > high:
                raise failure("minID is greater than maxID in trunk parameter")
            found.update(range(low, high + 1))
        if single is not None:
            found.add(single)
    return tuple(sorted(found))
