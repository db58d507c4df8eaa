"""The DHCP client: how a lease is got, renewed and given back (RFC 2131, with the reference plugin's patience)."""

from __future__ import annotations

import errno
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Interface

from netc.dataclass import dataclass
from netc.kernel import Namespace
from netc.plugins.dhcp.message import (
    CLIENT_PORT,
    SERVER_PORT,
    Kind,
    Message,
    Option,
    addresses,
    decode,
    request_list,
    seconds,
)
from netc.plugins.dhcp.wire import Wire

#: What is taken where the server names no time, in seconds.
_HOUR = 3600
_FAST_TRIES = 4


class DhcpError(Exception):
    """No lease: the message is what the plugin's caller hears."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is waited for, in seconds: for one answer, between two tries at most, and in all.

    `broadcast` asks servers to answer to everybody: what a client needs that shares its MAC address with others.
    """

    timeout: float = 10.0
    resend_max: float = 62.0
    resend_timeout: float = 208.0
    broadcast: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client says of itself and asks for: options to send by number, numbers of options to ask for."""

    client_id: bytes
    provide: Mapping[int, bytes]
    request: Sequence[int]

    def options(self, kind: Kind, more: Mapping[int, bytes]) -> dict[int, bytes]:
        """The options of a DISCOVER or REQUEST: what an author provides comes after what the client says itself."""
        asked: dict[int, bytes] = {Option.REQUEST_LIST: request_list(self.request)} if self.request else {}
        return {Option.KIND: bytes((kind,)), **more, Option.CLIENT_ID: self.client_id, **self.provide, **asked}


@dataclass(frozen=True, slots=True)
class Lease:
    """An address that a server lends. `since` counts as `time.monotonic` does; the three times are in seconds."""

    address: IPv4Address
    server: IPv4Address
    mac: bytes
    options: Mapping[int, bytes]
    since: float

    @property
    def mask(self) -> int | None:
        """The prefix length of option 1; None where the server sent none."""
        value = self.options.get(Option.SUBNET_MASK, b"")
        return IPv4Interface(f"0.0.0.0/{IPv4Address(value)}").network.prefixlen if len(value) == 4 else None

    @property
    def duration(self) -> int:
        """How long the lease is good for."""
        return seconds(self.options.get(Option.LEASE_TIME, b"")) or _HOUR

    @property
    def renewal(self) -> float:
        """When to ask its server for more time (T1)."""
        return seconds(self.options.get(Option.RENEWAL_TIME, b"")) or self.duration / 2

    @property
    def rebinding(self) -> float:
        """When to ask any server (T2)."""
        return seconds(self.options.get(Option.REBINDING_TIME, b"")) or self.duration * 0.85


def acquire(
    namespace: Namespace, ifname: str, wish: Wish, patience: Patience, stop: threading.Event,
    wanted: IPv4Address | None = None,
) -> Lease:  # fmt: skip
    """A lease for an interface, which is set up where it is down; of the `wanted` address, if the server agrees.

    Raises `DhcpError`, and `KernelError`.
    """
    link = namespace.link(ifname)
    if link is None:
        raise DhcpError(f'error looking up "{ifname}": Link not found')
    if not link.up:
        namespace.set_link(link.index, up=True)
    mac = bytes.fromhex(link.mac.replace(":", ""))

    def once() -> Lease | None:
        with Wire(namespace, ifname) as wire:
            return _exchange(wire, mac, wish, patience, wanted)

    return _patiently(once, patience, stop)


def _exchange(wire: Wire, mac: bytes, wish: Wish, patience: Patience, wanted: IPv4Address | None) -> Lease | None:
    """DISCOVER, OFFER, REQUEST, ACK; None where an answer is missing or a server says no."""
    xid = random.getrandbits(32)

    def mine(*kinds: Kind) -> Callable[[Message], bool]:
        return lambda message: message.reply and message.xid == xid and message.mac == mac and message.kind in kinds

    def say(kind: Kind, more: Mapping[int, bytes]) -> None:
        wire.broadcast(Message(xid, mac, wish.options(kind, more), broadcast=patience.broadcast))

    say(Kind.DISCOVER, {Option.REQUESTED_ADDRESS: wanted.packed} if wanted is not None else {})
    offer = wire.answer(mine(Kind.OFFER), patience.timeout)
    if offer is None:
        return None
    named: dict[int, bytes] = {Option.REQUESTED_ADDRESS: offer.yours.packed}
    if Option.SERVER in offer.options:
        named[Option.SERVER] = offer.options[Option.SERVER]
    since = time.monotonic()
    say(Kind.REQUEST, named)
    return _lease(wire.answer(mine(Kind.ACK, Kind.NAK), patience.timeout), mac, since)


def _lease(ack: Message | None, mac: bytes, since: float) -> Lease | None:
    if ack is None or ack.kind != Kind.ACK:
        return None
    server = (addresses(ack.options.get(Option.SERVER, b"")) or [IPv4Address(0)])[0]
    return Lease(ack.yours, server, mac, ack.options, since)


def _patiently(once: Callable[[], Lease | None], patience: Patience, stop: threading.Event) -> Lease:
    until = time.monotonic() + patience.resend_timeout
    for delay in _delays(patience.resend_max):
        try:
            lease = once()
        except OSError as error:
            if error.errno == errno.ENODEV:
                raise DhcpError("the link is gone") from None
            lease = None  # it is not ready yet
        if lease is not None:
            return lease
        left = until - time.monotonic()
        if left <= 0 or stop.wait(min(delay, left)):
            break
    raise DhcpError("no more tries")


def _delays(most: float) -> Iterator[float]:
    """Seconds between two tries: a few soon after each other, then twice as long each time."""
    for _ in range(_FAST_TRIES):
        yield 2 + random.uniform(-1, 1)
    delay = 4.0
    while True:
        yield min(delay, most) + random.uniform(-1, 1)
        delay *= 2


def renew(namespace: Namespace, lease: Lease, wish: Wish, timeout: float) -> Lease:
    """The same address for more time, from the server that lent it. Raises `DhcpError`."""
    xid = random.getrandbits(32)
    asked = Message(xid, lease.mac, wish.options(Kind.REQUEST, {}), client=lease.address)
    since = time.monotonic()
    try:
        with namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sender.settimeout(timeout)
            sender.bind((str(lease.address), CLIENT_PORT))
            sender.sendto(asked.encode(), (str(lease.server), SERVER_PORT))
            while time.monotonic() < since + timeout:
                answer = decode(sender.recv(65536))
                if answer.xid == xid and answer.kind in (Kind.ACK, Kind.NAK):
                    renewed = _lease(answer, lease.mac, since)
                    if renewed is None:
                        raise DhcpError("the server does not renew the lease")
                    return renewed
    except (OSError, ValueError) as error:
        why = os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else str(error)
        raise DhcpError(f"the lease was not renewed: {why}") from None
    raise DhcpError("the lease was not renewed: no answer")


def release(namespace: Namespace, ifname: str, lease: Lease, client_id: bytes) -> None:
    """Give an address back; the server does not answer. Raises `DhcpError` where nothing could be sent.

    The server is told at its address, or, from an interface that does not have the lease's address, by a broadcast.
    """
    options: dict[int, bytes] = {
        Option.KIND: bytes((Kind.RELEASE,)),
        Option.SERVER: lease.server.packed,
        Option.CLIENT_ID: client_id,
    }
    message = Message(random.getrandbits(32), lease.mac, options, client=lease.address)
    try:
        with namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sender.bind((str(lease.address), CLIENT_PORT))
            sender.sendto(message.encode(), (str(lease.server), SERVER_PORT))
    except OSError:
        try:
            with Wire(namespace, ifname) as wire:
                wire.broadcast(message)
        except OSError as error:
            raise DhcpError(f"the lease was not given back: {os.strerror(error.errno or 0).lower()}") from None
