"""bandwidth: token buckets on the host's end of the container's veth pair, and on an ifb for the other direction.

https://www.cni.dev/plugins/current/meta/bandwidth/
"""

from __future__ import annotations

from functools import partial

from netc.cni.decode import Keys, base_config
from netc.cni.errors import failure
from netc.cni.plugin import Call, Handlers
from netc.cni.results import Interface, Result
from netc.dataclass import dataclass, replace
from netc.kernel import Kernel, KernelError, Link, Namespace
from netc.kernel.qdiscs import INGRESS_HANDLE, ROOT_HANDLE, TC_H_INGRESS, TokenBucket, token_bucket
from netc.plugins import find
from netc.plugins.attachment import container, container_if_there, hashed, refused
from netc.plugins.interface import Undo, answering, undoing, valid_attachments

_KEYS = ("ingressRate", "ingressBurst", "egressRate", "egressBurst")
_RUNTIME_TYPE = 'struct { Bandwidth *main.BandwidthEntry "json:\\"bandwidth,omitempty\\"" }'
_MOST_BURST = 0xFFFFFFFF
_NAME_LENGTH = 15


@dataclass(frozen=True, slots=True)
class Limits:
    """Rates in bits a second and bursts in bits; 0 is no limit. `ingress` is traffic towards the container."""

    ingress_rate: int = 0
    ingress_burst: int = 0
    egress_rate: int = 0
    egress_burst: int = 0

    def __bool__(self) -> bool:
        return any((self.ingress_rate, self.ingress_burst, self.egress_rate, self.egress_burst))

    @property
    def ingress(self) -> TokenBucket | None:
        """The bucket for traffic towards the container."""
        return token_bucket(self.ingress_rate, self.ingress_burst) if self.ingress_rate else None

    @property
    def egress(self) -> TokenBucket | None:
        """The bucket for traffic from the container."""
        return token_bucket(self.egress_rate, self.egress_burst) if self.egress_rate else None


def handlers(kernel: Kernel) -> Handlers:
    """The plugin's functions, working on this kernel."""
    info = find("bandwidth")
    assert info is not None
    return Handlers(
        add=partial(_add, kernel),
        check=partial(_check, kernel),
        delete=partial(_delete, kernel),
        gc=partial(_collect, kernel),
        versions=info.versions,
        about=info.summary,
    )


def read(call: Call) -> Limits:
    """The limits in force: those of the configuration, or the runtime's if the configuration has none of the keys."""
    keys = Keys(call.config, prefix="failed to parse network configuration: ", struct="PluginConf")
    base_config(keys)
    # The reference decodes into an embedded pointer, which a key with null in it already sets.
    own = {key.lower() for key in call.config} & {key.lower() for key in _KEYS}
    entry = _limits(keys.embedded("BandwidthEntry"))
    runtime = keys.object("runtimeConfig", go=_RUNTIME_TYPE).object("bandwidth", "BandwidthEntry")
    given = _limits(runtime)
    limits = entry if own else given
    for rate, burst in ((limits.ingress_rate, limits.ingress_burst), (limits.egress_rate, limits.egress_burst)):
        if rate and not burst:
            raise failure("if rate is set, burst must also be set")
        if burst and not rate:
            raise failure("if burst is set, rate must also be set")
        if burst // 8 >= _MOST_BURST:
            raise failure("burst cannot be more than 4GB")
    return limits


def _limits(keys: Keys) -> Limits:
    return Limits(*(keys.unsigned(key, go="uint64") for key in _KEYS))


@answering
def _add(kernel: Kernel, call: Call) -> Result:
    """Limit the traffic; the result gains the ifb where traffic from the container is limited."""
    limits = read(call)
    previous = call.prev_result()
    if previous is None:
        raise failure("must be called as chained plugin")
    if not limits:
        return previous
    host = kernel.here()
    veth = _host_veth(kernel, call, previous)
    with undoing() as undo:
        if limits.ingress is not None:
            _shape(host, veth, limits.ingress)
            undo(lambda: host.qdiscs.delete(veth.index))
        if limits.egress is not None:
            ifb = _make_ifb(host, call, veth)
            undo(partial(_delete_link, host, ifb.index))
            _redirect(host, veth, ifb, undo)
            _shape(host, ifb, limits.egress)
            previous = replace(previous, interfaces=(*previous.interfaces, Interface(ifb.name, ifb.mac)))
    return previous


def _shape(host: Namespace, link: Link, bucket: TokenBucket) -> None:
    try:
        host.qdiscs.add_token_bucket(link.index, bucket)
    except KernelError as error:
        raise refused(error, "create qdisc") from None


def _redirect(host: Namespace, veth: Link, ifb: Link, undo: Undo) -> None:
    try:
        host.qdiscs.add_ingress(veth.index)
    except KernelError as error:
        raise refused(error, "create ingress qdisc") from None
    undo(lambda: host.qdiscs.delete(veth.index, TC_H_INGRESS))
    try:
        host.qdiscs.add_redirect(veth.index, ifb.index)
    except KernelError as error:
        raise refused(error, "add filter") from None


def _make_ifb(host: Namespace, call: Call, veth: Link) -> Link:
    """A new ifb for the attachment, up."""
    mark = _mark(call)
    name = next((name for name in _names(call) if _is_ours_to_make(host, name, mark)), "")
    try:
        if not name:
            raise failure("adding link: file exists")
        host.add_link(name, "ifb", mtu=veth.mtu, up=True, txqlen=0)
        made = host.link(name)
        assert made is not None
    except KernelError as error:
        raise refused(error, "adding link") from None
    try:
        host.set_link(made.index, alias=mark)
    except KernelError as error:
        _delete_link(host, made.index)
        raise refused(error, "adding link") from None
    return made


def _names(call: Call) -> tuple[str, str]:
    """The names that the attachment's ifb can have: the reference's, and one for a second interface of a container."""
    text = call.name + call.env.container_id
    return hashed("bwp", text, _NAME_LENGTH), hashed("bwp", text + call.env.ifname, _NAME_LENGTH)


def _mark(call: Call) -> str:
    """What the ifb's alias says: the attachment it belongs to."""
    return f"{call.name}/{call.env.container_id}/{call.env.ifname}"


def _is_ours_to_make(host: Namespace, name: str, mark: str) -> bool:
    """Whether to make the ifb under this name: it is free, or the attachment has it (which then is the error)."""
    link = host.link(name)
    return link is None or link.alias in ("", mark)


def _ifb(host: Namespace, call: Call) -> Link | None:
    """The attachment's ifb; one without an alias was made by the reference plugin."""
    for name in _names(call):
        link = host.link(name)
        if link is not None and link.alias in ("", _mark(call)):
            return link
    return None


def _host_veth(kernel: Kernel, call: Call, result: Result) -> Link:
    """The host's end of the veth pair whose other end is the container's interface."""
    if not result.interfaces:
        raise failure("no interfaces provided")
    name = call.env.ifname
    inner = container(kernel, call).link(name)
    lost = f"container interface {name} has no veth peer: "
    if inner is None:
        raise failure(f'{lost}could not look up "{name}": Link not found')
    if inner.kind != "veth":
        raise failure(f'{lost}interface "{name}" was not a veth interface')
    outer = kernel.here().link_at(inner.parent)
    if outer is None:
        raise failure(f"veth peer with index {inner.parent} is not in host ns")
    if not any(item.name == outer.name and not item.sandbox for item in result.interfaces):
        raise failure("no veth peer of container interface found in host ns")
    return outer


@answering
def _check(kernel: Kernel, call: Call) -> None:
    """Whether the buckets are there, with their numbers."""
    limits = read(call)
    previous = call.prev_result()
    if previous is None:
        raise failure("must be called as a chained plugin")
    host = kernel.here()
    veth = _host_veth(kernel, call, previous)
    if limits.ingress is not None:
        _compare(host, veth, limits.ingress)
    if limits.egress is not None:
        ifb = _ifb(host, call)
        if ifb is None:
            raise failure("get ifb device: Link not found")
        _compare(host, ifb, limits.egress)
        if not any(ifb.index in found.redirects for found in host.qdiscs.filters_on(veth.index)):
            raise failure(f"traffic from the container is not redirected from {veth.name} to {ifb.name}")


def _compare(host: Namespace, link: Link, wanted: TokenBucket) -> None:
    found = next((qdisc.tbf for qdisc in host.qdiscs.on(link.index) if qdisc.tbf is not None), None)
    if found is None:
        raise failure("Failed to find qdisc")
    for what in ("rate", "limit", "buffer"):
        if getattr(found, what) != getattr(wanted, what):
            raise failure(f"{what.capitalize()} doesn't match")


@answering
def _delete(kernel: Kernel, call: Call) -> None:
    """Take the ifb away, and what was put on the host's veth where that is still there."""
    read(call)
    host = kernel.here()
    ifb = _ifb(host, call)
    _unshape(kernel, call, ifb)
    if ifb is not None:
        _delete_link(host, ifb.index)


def _unshape(kernel: Kernel, call: Call, ifb: Link | None) -> None:
    """Free the host's veth of the attachment's qdiscs: a link that outlives DEL could not be limited again."""
    inside = container_if_there(kernel, call)
    inner = inside.link(call.env.ifname) if inside is not None else None
    host = kernel.here()
    if inner is None or inner.kind != "veth" or host.link_at(inner.parent) is None:
        return
    for qdisc in host.qdiscs.on(inner.parent):
        if qdisc.kind == "tbf" and qdisc.handle == ROOT_HANDLE:
            host.qdiscs.delete(inner.parent)
        elif qdisc.handle == INGRESS_HANDLE and ifb is not None:
            redirects = [found.redirects for found in host.qdiscs.filters_on(inner.parent)]
            if any(ifb.index in targets for targets in redirects):
                host.qdiscs.delete(inner.parent, TC_H_INGRESS)


def _delete_link(host: Namespace, index: int) -> None:
    try:
        host.delete_link(index)
    except KernelError as error:
        if not error.is_missing():
            raise refused(error) from None


@answering
def _collect(kernel: Kernel, call: Call) -> None:
    """Take away the ifbs of the network's attachments that are no longer valid."""
    attachments = valid_attachments(call)
    if attachments is None:
        return
    valid = {f"{call.name}/{container_id}/{ifname}" for container_id, ifname in attachments}
    host = kernel.here()
    for link in host.links():
        of_network = link.kind == "ifb" and link.name.startswith("bwp") and link.alias.startswith(f"{call.name}/")
        if of_network and link.alias not in valid:
            _delete_link(host, link.index)
