"""Datagrams from and to an interface that has no address yet: a client's half of UDP over IPv4, by a packet socket."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from ipaddress import IPv4Address

from netc.kernel import Namespace
from netc.plugins.dhcp.message import CLIENT_PORT, SERVER_PORT, Message, decode

ETH_P_IP = 0x0800
_IP = struct.Struct("!BBHHHBBH4s4s")
_UDP = struct.Struct("!HHHH")
_EVERYBODY = IPv4Address("255.255.255.255")
_NOBODY = IPv4Address(0)


class Wire:
    """One interface, listened to and sent from whatever its addresses are. A context manager."""

    def __init__(self, namespace: Namespace, ifname: str) -> None:
        self.ifname = ifname
        self._socket = namespace.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self._socket.bind((ifname, ETH_P_IP))

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def broadcast(self, message: Message) -> None:
        """Send a message to every server on the wire. Raises `OSError`."""
        data = packet(message.encode(), (_NOBODY, CLIENT_PORT), (_EVERYBODY, SERVER_PORT))
        self._socket.sendto(data, (self.ifname, ETH_P_IP, 0, 0, b"\xff" * 6))

    def answer(self, wanted: Callable[[Message], bool], timeout: float) -> Message | None:
        """The first message that is wanted, within `timeout` seconds; None if none comes. Raises `OSError`."""
        until = time.monotonic() + timeout
        while (left := until - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                message = received(self._socket.recv(65536), CLIENT_PORT)
            except TimeoutError:
                return None
            if message is not None and wanted(message):
                return message
        return None


def packet(data: bytes, source: tuple[IPv4Address, int], destination: tuple[IPv4Address, int]) -> bytes:
    """An IPv4 packet with a datagram in it, between two addresses with their ports."""
    (from_ip, from_port), (to_ip, to_port) = source, destination
    udp = _UDP.pack(from_port, to_port, _UDP.size + len(data), 0)
    pseudo = from_ip.packed + to_ip.packed + struct.pack("!BBH", 0, socket.IPPROTO_UDP, _UDP.size + len(data))
    udp = udp[:6] + struct.pack("!H", _checksum(pseudo + udp + data) or 0xFFFF)
    head = (0x45, 0x10, _IP.size + len(udp) + len(data), 0, 0, 64, socket.IPPROTO_UDP)
    ip = _IP.pack(*head, 0, from_ip.packed, to_ip.packed)
    return _IP.pack(*head, _checksum(ip), from_ip.packed, to_ip.packed) + udp + data


def received(packet: bytes, port: int) -> Message | None:
    """The DHCP message in a packet to a port; None for any other packet, and for part of one."""
    if len(packet) < _IP.size or packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_UDP:
        return None
    head, fragment = (packet[0] & 15) * 4, struct.unpack_from("!H", packet, 6)[0] & 0x3FFF
    if fragment or len(packet) < head + _UDP.size:
        return None
    _, to_port, size, _ = _UDP.unpack_from(packet, head)
    if to_port != port:
        return None
    try:
        return decode(packet[head + _UDP.size : head + size])
    except ValueError:
        return None


def _checksum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total
