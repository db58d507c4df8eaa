"""A DHCP server for a network namespace: it lends addresses to whoever asks on any of its links.

It stands in for the server of a network that a dry run has no part of. It listens beside the kernel, so that it needs
no address and leaves nothing behind.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Interface
from typing import Final

from netc.dataclass import dataclass, field
from netc.kernel import KernelError, Namespace
from netc.plugins.dhcp.message import CLIENT_PORT, SERVER_PORT, Kind, Message, Option
from netc.plugins.dhcp.wire import ETH_P_IP, packet, received

_OUTGOING: Final = 4  # of packet(7): what this machine sent itself
_EVERYBODY: Final = IPv4Address("255.255.255.255")
#: The first address of a network that is lent, counted from its start.
_FIRST: Final = 100


@dataclass(frozen=True, slots=True)
class Terms:
    """What a server lends, and how: its own address, from whose network it lends, times in seconds, other options."""

    server: IPv4Interface
    seconds: int = 3600
    renewal: int | None = None
    rebinding: int | None = None
    options: Mapping[int, bytes] = field(default_factory=dict)

    def of_lease(self, asked: bytes) -> dict[int, bytes]:
        """The options of an OFFER or ACK: the server and the times, and of the others those that are `asked` for."""
        times = {
            Option.LEASE_TIME: self.seconds, Option.RENEWAL_TIME: self.renewal, Option.REBINDING_TIME: self.rebinding
        }  # fmt: skip
        others: dict[int, bytes] = {
            Option.SUBNET_MASK: self.server.netmask.packed,
            Option.ROUTERS: self.server.ip.packed,
            **self.options,
        }
        return {
            Option.SERVER: self.server.ip.packed,
            **{option: time.to_bytes(4, "big") for option, time in times.items() if time is not None},
            **{option: value for option, value in others.items() if option in asked},
        }


class Server:
    """A server at work from its making until `close`; a context manager. `terms` may be changed meanwhile, or be None:
    then it is silent. `lent` are the addresses by client, as the server knows it: those given back are not in it.
    """

    def __init__(self, namespace: Namespace, terms: Terms | None) -> None:
        self.terms = terms
        self.lent: dict[bytes, IPv4Address] = {}
        self._namespace = namespace
        self._socket = namespace.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self._over = False
        self._thread = threading.Thread(target=self._serve, name="dhcp server", daemon=True)
        self._thread.start()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Answer no longer."""
        self._over = True
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        self._socket.settimeout(0.05)
        while not self._over:
            try:
                data, (ifname, _, direction, *_) = self._socket.recvfrom(65536)
            except OSError:  # nothing came, or a link went down
                continue
            message = received(data, SERVER_PORT) if direction != _OUTGOING else None
            if message is None or message.reply or self._is_port(ifname):
                continue
            reply = self.answer(message)
            if reply is not None and self.terms is not None:
                source = self.terms.server.ip, SERVER_PORT
                destination = message.client if int(message.client) else _EVERYBODY, CLIENT_PORT
                with suppress(OSError):
                    self._socket.sendto(
                        packet(reply.encode(), source, destination), (ifname, ETH_P_IP, 0, 0, message.mac)
                    )

    def _is_port(self, ifname: str) -> bool:
        """Whether a link is the port of a bridge, which hears all that its port does."""
        with suppress(KernelError):
            link = self._namespace.link(ifname)
            return link is not None and bool(link.master)
        return True

    def answer(self, message: Message) -> Message | None:
        """The server's answer to a client; None where there is none to give."""
        client = message.options.get(Option.CLIENT_ID, message.mac)
        match message.kind:
            case Kind.RELEASE:
                self.lent.pop(client, None)
            case Kind.DISCOVER | Kind.REQUEST if self.terms is not None:
                kind = Kind.OFFER if message.kind == Kind.DISCOVER else Kind.ACK
                address = self._address_of(client, self.terms.server)
                options = {
                    Option.KIND: bytes((kind,)),
                    **self.terms.of_lease(message.options.get(Option.REQUEST_LIST, b"")),
                }
                return Message(message.xid, message.mac, options, reply=True, yours=address)
        return None

    def _address_of(self, client: bytes, server: IPv4Interface) -> IPv4Address:
        if client not in self.lent:
            first, taken = server.network.network_address + _FIRST, set(self.lent.values())
            self.lent[client] = next(address for n in range(1 << 16) if (address := first + n) not in taken)
        return self.lent[client]
