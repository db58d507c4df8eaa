"""portmap: ports of the host lead to the container.

https://www.cni.dev/plugins/current/meta/portmap/
"""

from __future__ import annotations

from functools import partial

from netc.cni.errors import CniError, Code, failure
from netc.cni.plugin import Call, Handlers
from netc.cni.results import Address, Result
from netc.kernel import Kernel, KernelError, Namespace
from netc.kernel.conntrack import Destination
from netc.plugins import find
from netc.plugins.attachment import Owner, refused, valid_keys
from netc.plugins.interface import answering, undoing, valid_attachments
from netc.plugins.portmap import iptables, nftables
from netc.plugins.portmap.mappings import Config, container_addresses, pairs, read

_AF = {4: 2, 6: 10}
_UDP = 17


def handlers(kernel: Kernel) -> Handlers:
    """The plugin's functions, working on this kernel."""
    info = find("portmap")
    assert info is not None
    return Handlers(
        add=partial(_add, kernel),
        check=partial(_check, kernel),
        delete=partial(_delete, kernel),
        gc=partial(_collect, kernel),
        status=partial(_status, kernel),
        versions=info.versions,
        about=info.summary,
    )


@answering
def _add(kernel: Kernel, call: Call) -> Result:
    """Make the port maps; the result is the previous one."""
    config = read(call)
    previous = call.prev_result()
    if previous is None:
        raise failure("must be called as chained plugin")
    addresses = container_addresses(call, previous)
    if not config.mappings or not addresses:
        return previous
    host, owner = kernel.here(), Owner.of(call)
    with undoing() as undo:
        if config.backend == "nftables":
            nftables.add(host.nft, owner, config, addresses)
            undo(lambda: nftables.remove(host.nft, owner))
        else:
            made = iptables.add(host, call, config, addresses)
            undo(lambda: iptables.undo(made))
        _finish(host, config, addresses)
    return previous


def _finish(host: Namespace, config: Config, addresses: tuple[Address, ...]) -> None:
    """What a port map needs besides its rules: no stale UDP translations, and localhost routed to the container."""
    _forget_connections(
        host,
        {
            Destination(_AF[address.version], _UDP, mapping.host_port)
            for mapping, address in pairs(config, addresses)
            if mapping.protocol.lower() == "udp"
        },
    )
    for address in addresses:
        if address.version == 4 and config.snat:
            _route_localhost(host, address)


def _forget_connections(host: Namespace, ports: set[Destination]) -> None:
    try:
        host.conntrack.forget(ports)
    except (KernelError, OSError) as error:
        import logging

        logging.getLogger(__name__).warning("can't forget connections to mapped UDP ports: %s", error)


def _route_localhost(host: Namespace, address: Address) -> None:
    """Let packets with a loopback source leave by the interface that leads to the container."""
    route = host.route_to(address.ip)
    link = host.link_at(route.oif) if route is not None else None
    if link is None:
        return
    try:
        host.set_sysctl(f"net/ipv4/conf/{link.name}/route_localnet", "1")
    except KernelError as error:
        raise refused(error, "unable to enable route_localnet") from None


@answering
def _check(kernel: Kernel, call: Call) -> None:
    """Whether every port map is there and leads to the container."""
    config = read(call)
    previous = call.prev_result()
    if previous is None:
        raise failure("Required prevResult missing")
    addresses = container_addresses(call, previous)
    if not config.mappings or not addresses:
        return
    if config.backend == "nftables":
        for problem in nftables.missing(kernel.here().nft, Owner.of(call), config, addresses):
            raise failure(problem)
    else:
        iptables.check(kernel.here(), call, config, addresses)


@answering
def _delete(kernel: Kernel, call: Call) -> None:
    """Take the attachment's port maps away, by whose they are: the runtime need not say again which they were."""
    config = read(call)
    if config.backend == "nftables":
        nftables.remove(kernel.here().nft, Owner.of(call))
    else:
        iptables.remove(kernel.here(), call)


@answering
def _collect(kernel: Kernel, call: Call) -> None:
    """Take away the port maps of the network's attachments that are no longer valid."""
    valid = valid_attachments(call)
    if valid is None:
        return
    if read(call).backend == "nftables":
        nftables.collect(kernel.here().nft, call.name, valid_keys(call, valid))
    else:
        iptables.collect(kernel.here(), call.name, {container_id for container_id, _ in valid})


@answering
def _status(kernel: Kernel, call: Call) -> None:
    """Whether the backend's program or library works here."""
    host = kernel.here()
    try:
        if read(call).backend == "nftables":
            host.nft.listing("tables")
        else:
            iptables.check_usable(host)
    except KernelError as error:
        raise CniError(Code.PLUGIN_NOT_AVAILABLE, f"portmap can't map ports here: {error}") from None
