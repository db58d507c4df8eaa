"""Probes: what really gets through between two namespaces.

Each opens its sockets in the namespaces, sends, waits no longer than it was told to, and says what it saw. Listeners
are made for one probe and answer nobody else: a random token tells them.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from contextlib import ExitStack
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from netc.dataclass import dataclass

if TYPE_CHECKING:
    from netc.kernel import Namespace

Ip = IPv4Address | IPv6Address

SECONDS = 2.0
_TOKEN_BYTES = 16
_TRIES = 4
_ECHO_REQUEST, _ECHO_REPLY, _ECHO6_REQUEST, _ECHO6_REPLY = 8, 0, 128, 129
_CHUNK = bytes(1 << 16)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a probe and its answer arrived.

    `seen_from` is the source address that the far end saw ("" if nothing arrived there): not the sender's own where it
    was masqueraded. `why` says in words why not. `seconds` is the round trip's duration.
    """

    reached: bool
    seen_from: str = ""
    why: str = ""
    seconds: float = 0.0

    def __bool__(self) -> bool:
        return self.reached


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast a TCP stream got through: `received` bytes in `seconds`. `why` says in words why none did."""

    received: int = 0
    seconds: float = 0.0
    why: str = ""

    @property
    def bits_per_second(self) -> float:
        """Payload, in bits a second; 0 where nothing got through."""
        return self.received * 8 / self.seconds if self.seconds else 0.0


def settle(*namespaces: Namespace, seconds: float = 5.0) -> bool:
    """Wait until no address is tentative: a host answers nobody at an IPv6 address that it is still making sure of.

    Returns whether that came about in time.
    """
    end = time.monotonic() + seconds
    while any(address.tentative for namespace in namespaces for address in namespace.addresses()):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def ping(source: Namespace, address: Ip, *, seconds: float = SECONDS) -> Reach:
    """An ICMP echo from `source` to an address. `seen_from` stays "": the far end is the kernel."""
    v4 = address.version == 4
    family = socket.AF_INET if v4 else socket.AF_INET6
    protocol = socket.IPPROTO_ICMP if v4 else socket.IPPROTO_ICMPV6
    token, began = os.urandom(_TOKEN_BYTES), time.monotonic()
    with ExitStack() as stack:
        try:
            probe = stack.enter_context(source.socket(family, socket.SOCK_RAW, protocol))
            probe.settimeout(seconds / _TRIES)
            while (left := began + seconds - time.monotonic()) > 0:
                probe.sendto(_echo(_ECHO_REQUEST if v4 else _ECHO6_REQUEST, token), (str(address), 0))
                probe.settimeout(min(left, seconds / _TRIES))
                if _await_echo(probe, _ECHO_REPLY if v4 else _ECHO6_REPLY, token, v4):
                    return Reach(True, seconds=time.monotonic() - began)
        except OSError as error:
            return Reach(False, why=f"ping {address}: {_words(error)}")
    return Reach(False, why=f"no answer to a ping of {address} in {seconds:g} s")


def _echo(kind: int, token: bytes) -> bytes:
    """An echo request. The kernel fills the checksum in for ICMPv6."""
    body = struct.pack("!HH", os.getpid() & 0xFFFF, 1) + token
    total = sum(struct.unpack(f"!{(len(body) + 4) // 2}H", struct.pack("!BBH", kind, 0, 0) + body))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!BBH", kind, 0, ~total & 0xFFFF) + body


def _await_echo(probe: socket.socket, kind: int, token: bytes, v4: bool) -> bool:
    """Whether the answer with the token arrives before the socket's timeout (other ICMP may arrive, too)."""
    end = time.monotonic() + (probe.gettimeout() or 0)
    while (left := end - time.monotonic()) > 0:
        probe.settimeout(left)
        try:
            packet = probe.recv(4096)
        except TimeoutError:
            return False
        start = (packet[0] & 0xF) * 4 if v4 else 0
        if packet[start : start + 1] == bytes([kind]) and packet.endswith(token):
            return True
    return False


def tcp(
    source: Namespace, target: Namespace, address: Ip, port: int, *, listen: int | None = None, seconds: float = SECONDS
) -> Reach:
    """A TCP connection from `source` to an address and port, answered by a listener in `target`.

    The listener's port is `listen`, by default the same: they differ where a port map is probed.
    """
    token, began = os.urandom(_TOKEN_BYTES), time.monotonic()
    with ExitStack() as stack:
        try:
            server, client = _sockets(stack, source, target, address, socket.SOCK_STREAM, listen or port, seconds)
            client.connect((str(address), port))
        except OSError as error:
            return Reach(False, why=f"connect to {_endpoint(address, port)}: {_words(error)}")
        seen = ""
        try:
            answerer, peer = server.accept()
            stack.enter_context(answerer)
            answerer.settimeout(seconds)
            seen = _plain(peer[0])
            client.sendall(token)
            answerer.sendall(_exactly(answerer, _TOKEN_BYTES))
            if _exactly(client, _TOKEN_BYTES) != token:
                return Reach(False, seen, "the answer is not what was sent")
        except OSError as error:
            where = "the connection broke" if seen else "the connection went to somebody else"
            return Reach(False, seen, f"{where}: {_words(error)}")
    return Reach(True, seen, seconds=time.monotonic() - began)


def udp(
    source: Namespace, target: Namespace, address: Ip, port: int, *, listen: int | None = None, seconds: float = SECONDS
) -> Reach:
    """A UDP datagram from `source` to an address and port, sent back by a listener in `target` (as for `tcp`)."""
    token, began = os.urandom(_TOKEN_BYTES), time.monotonic()
    seen = ""
    with ExitStack() as stack:
        try:
            server, client = _sockets(stack, source, target, address, socket.SOCK_DGRAM, listen or port, seconds)
            client.connect((str(address), port))
            for _ in range(_TRIES):
                client.send(token)
                for end in (server, client):
                    end.settimeout(seconds / _TRIES / 2)
                try:
                    data, peer = server.recvfrom(2048)
                    seen = _plain(peer[0])
                    server.sendto(data, peer)
                    if client.recv(2048) == token:
                        return Reach(True, seen, seconds=time.monotonic() - began)
                except TimeoutError:
                    continue
        except OSError as error:
            return Reach(False, seen, f"UDP to {_endpoint(address, port)}: {_words(error)}")
    lost = "the answer did not come back" if seen else "nothing arrived"
    return Reach(False, seen, f"UDP to {_endpoint(address, port)}: {lost} in {seconds:g} s")


def throughput(
    source: Namespace,
    target: Namespace,
    address: Ip,
    port: int,
    *,
    listen: int | None = None,
    seconds: float = 1.0,
    warm_up: float = 0.5,
) -> Rate:
    """How fast `source` can send to a listener in `target` by TCP, measured where it arrives for `seconds`.

    The first `warm_up` seconds do not count: a token bucket starts full.
    """
    with ExitStack() as stack:
        try:
            server, client = _sockets(stack, source, target, address, socket.SOCK_STREAM, listen or port, SECONDS)
            client.connect((str(address), port))
            answerer, _ = server.accept()
        except OSError as error:
            return Rate(why=f"connect to {_endpoint(address, port)}: {_words(error)}")
        stack.enter_context(answerer)
        done = threading.Event()
        sender = threading.Thread(target=_send_until, args=(client, done), daemon=True)
        sender.start()
        try:
            _receive_for(answerer, warm_up)
            received, took = _receive_for(answerer, seconds)
        finally:
            done.set()
            sender.join()
    return Rate(received, took, "" if received else "nothing arrived")


def _send_until(client: socket.socket, done: threading.Event) -> None:
    client.settimeout(0.1)
    while not done.is_set():
        try:
            client.send(_CHUNK)
        except TimeoutError:
            continue
        except OSError:
            return


def _receive_for(answerer: socket.socket, seconds: float) -> tuple[int, float]:
    """The bytes that arrive in that time, and the time it really was."""
    began, received = time.monotonic(), 0
    while (left := began + seconds - time.monotonic()) > 0:
        answerer.settimeout(left)
        try:
            data = answerer.recv(1 << 18)
        except TimeoutError:
            break
        if not data:
            break
        received += len(data)
    return received, time.monotonic() - began


def _sockets(
    stack: ExitStack, source: Namespace, target: Namespace, address: Ip, kind: int, listen: int, seconds: float
) -> tuple[socket.socket, socket.socket]:
    """A listener on every address of `target`, and a socket of `source` to reach it with."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    server = stack.enter_context(target.socket(family, kind))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind(("", listen))
    if kind == socket.SOCK_STREAM:
        server.listen(1)
    client = stack.enter_context(source.socket(family, kind))
    for end in (server, client):
        end.settimeout(seconds)
    return server, client


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            break
        data += part
    return data


def _plain(address: str) -> str:
    """An address without the scope that the kernel adds to a link-local one."""
    return address.partition("%")[0]


def _endpoint(address: Ip, port: int) -> str:
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def _words(error: OSError) -> str:
    return "timed out" if isinstance(error, TimeoutError) else (error.strerror or str(error)).lower()
