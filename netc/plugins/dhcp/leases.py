"""The leases that the daemon keeps: got for a container, renewed while it lives, and given back at its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from ipaddress import IPv4Interface, IPv4Network, ip_interface

from netc.cni.results import IpConfig, Result, Route
from netc.dataclass import dataclass, replace
from netc.kernel import Kernel, KernelError, Namespace
from netc.plugins.dhcp.client import DhcpError, Lease, Patience, Wish, acquire, release, renew
from netc.plugins.dhcp.message import Option, addresses, classless_routes, static_routes

_SCOPE_LINK = 253
_EVERYWHERE = IPv4Interface("0.0.0.0/0")
#: The least between two tries to renew, in seconds (RFC 2131, 4.4.5).
_BETWEEN_RENEWALS = 60.0


def result(lease: Lease, priority: int) -> Result:
    """What dhcp answers of a lease; `priority` is every route's where it is not 0. Raises `DhcpError`."""
    if lease.mask is None:
        raise DhcpError("DHCP option Subnet Mask not found in DHCPACK")
    routers = addresses(lease.options.get(Option.ROUTERS, b""))
    gateway = routers[0] if routers else None
    if classless := lease.options.get(Option.CLASSLESS_ROUTES):
        try:
            pairs = classless_routes(classless)
        except ValueError as error:
            raise DhcpError(str(error)) from None
        routes = [
            Route(_whole(network), router, scope=None if int(router) else _SCOPE_LINK) for network, router in pairs
        ]
    else:
        static = static_routes(lease.options.get(Option.STATIC_ROUTES, b""))
        routes = [Route(_whole(network), router) for network, router in static]
        if gateway is not None:
            routes.append(Route(_EVERYWHERE, gateway))
    address = ip_interface(f"{lease.address}/{lease.mask}")
    return Result(
        ips=(IpConfig(address, gateway),), routes=tuple(replace(route, priority=priority) for route in routes)
    )


def _whole(network: IPv4Network) -> IPv4Interface:
    return IPv4Interface(str(network))


class Leases:
    """The table of a daemon, by key (`config.lease_key`). Safe for threads.

    `log` hears what happens without anybody's call: a renewal that failed, a lease that ran out.
    """

    def __init__(self, patience: Patience, log: Callable[[str], None]) -> None:
        self.patience, self.log = patience, log
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def allocate(self, key: str, netns: str, ifname: str, wish: Wish) -> Lease:
        """The lease of a key: the one that is kept, or a new one for the interface. Raises `DhcpError`, `KernelError`.

        Two calls for one key wait for each other; what fails is not kept.
        """
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                kept = self._kept[key] = _Kept(key, wish, self.patience, self.log, self._ended)
        try:
            return kept.obtain(netns, ifname)
        except BaseException:  # whatever it was, it goes on; the next call for the key is not to find half a lease
            self._ended(kept)
            raise

    def release(self, key: str) -> None:
        """Give a key's lease back; of a key without one, nothing."""
        with self._lock:
            kept = self._kept.pop(key, None)
        if kept is not None:
            kept.give_back()

    def collect(self, network: str, valid: Collection[tuple[str, str]], key_of: Callable[[str, str, str], str]) -> None:
        """Give back a network's leases but those of valid attachments (container, ifname)."""
        wanted = {key_of(container, network, ifname) for container, ifname in valid}
        with self._lock:
            stale = [key for key in self._kept if key not in wanted and _network_of(key) == network]
        for key in stale:
            self.release(key)

    def keys(self) -> list[str]:
        """The keys that have a lease, or are about to get one."""
        with self._lock:
            return list(self._kept)

    def close(self) -> None:
        """Keep the leases no longer. None is given back: the containers go on with them until they run out."""
        with self._lock:
            kept, self._kept = list(self._kept.values()), {}
        for one in kept:
            one.stop.set()

    def _ended(self, kept: _Kept) -> None:
        with self._lock:
            if self._kept.get(kept.key) is kept:
                del self._kept[kept.key]
        kept.stop.set()


def _network_of(key: str) -> str:
    pieces = key.split("/")
    return pieces[1] if len(pieces) > 2 else ""


@dataclass(frozen=True, slots=True)
class _Client:
    """Whom a lease is for. The namespace stays open, so that the lease can be given back when its path is gone."""

    kernel: Kernel
    namespace: Namespace
    ifname: str


class _Kept:
    """One key's lease, and the thread that renews it."""

    def __init__(
        self, key: str, wish: Wish, patience: Patience, log: Callable[[str], None], ended: Callable[[_Kept], None]
    ) -> None:
        self.key, self.wish, self.patience, self.log, self.ended = key, wish, patience, log, ended
        self.stop = threading.Event()
        self._lock = threading.Lock()
        self._held: tuple[_Client, Lease] | None = None
        self._thread: threading.Thread | None = None

    def obtain(self, netns: str, ifname: str) -> Lease:
        """The lease, got now where there is none yet. Raises `DhcpError`, `KernelError`."""
        with self._lock:
            if self._held is not None:
                return self._held[1]
            kernel = Kernel()
            try:
                client = _Client(kernel, kernel.at(netns), ifname)
                lease = acquire(client.namespace, ifname, self.wish, self.patience, self.stop)
                if self.stop.is_set():  # a DEL overtook this ADD
                    self._return(client, lease)
                    raise DhcpError("the lease was given back while it was got")
            except BaseException:  # whatever it was, it goes on, and no socket stays open
                kernel.close()
                raise
            self._held = client, lease
        self._thread = threading.Thread(target=self._maintain, args=(client, lease), name=self.key, daemon=True)
        self._thread.start()
        return lease

    def give_back(self) -> None:
        """Tell the server, as far as it can be told: the lease is forgotten in any case."""
        self.stop.set()
        with self._lock:
            held, self._held = self._held, None
        if held is not None:
            client, lease = held
            self._return(client, lease)
            client.kernel.close()

    def _return(self, client: _Client, lease: Lease) -> None:
        try:
            release(client.namespace, client.ifname, lease, self.wish.client_id)
        except DhcpError as error:
            self.log(f"{self.key}: {error}")

    def _maintain(self, client: _Client, lease: Lease) -> None:
        """Renew the lease again and again; set the link down when it has run out, and forget it."""
        try:
            while (renewed := self._prolonged(client, lease)) is not None:
                lease = renewed
                with self._lock:
                    if self._held is not None:
                        self._held = client, lease
            if self.stop.is_set():
                return
            self._run_out(client)
        except KernelError as error:
            self.log(f"{self.key}: {error}")
        self.ended(self)
        with self._lock:
            held, self._held = self._held, None
        if held is not None:
            client.kernel.close()

    def _prolonged(self, client: _Client, lease: Lease) -> Lease | None:
        """The lease with more time: from its server, later from any. None where it ran out, or the work is to stop."""
        if self.stop.wait(lease.since + lease.renewal - time.monotonic()):
            return None
        rebinding, end = lease.since + lease.rebinding, lease.since + lease.duration
        while (now := time.monotonic()) < rebinding:
            try:
                return renew(client.namespace, lease, self.wish, min(self.patience.timeout, rebinding - now))
            except DhcpError as error:
                self.log(f"{self.key}: {error}")
            if client.namespace.link(client.ifname) is None:
                return None
            left = rebinding - time.monotonic()
            if self.stop.wait(max(0.0, min(left, max(left / 2, _BETWEEN_RENEWALS)))):
                return None
        left = end - time.monotonic()
        patience = replace(self.patience, resend_timeout=max(0.0, left), timeout=min(self.patience.timeout, left))
        try:
            found = acquire(client.namespace, client.ifname, self.wish, patience, self.stop, lease.address)
        except DhcpError:
            self.stop.wait(end - time.monotonic())
            return None
        if found.address != lease.address:  # nobody can tell the container: it keeps an address that is not its own
            self._return(client, found)
            self.log(f"{self.key}: the server lends {found.address} in place of {lease.address}")
            self.stop.wait(end - time.monotonic())
            return None
        return found

    def _run_out(self, client: _Client) -> None:
        link = client.namespace.link(client.ifname)
        if link is None:
            self.log(f"{self.key}: {client.ifname} is gone, and its lease is kept no longer")
        else:
            client.namespace.set_link(link.index, up=False)
            self.log(f"{self.key}: the lease ran out, and {client.ifname} is set down")
