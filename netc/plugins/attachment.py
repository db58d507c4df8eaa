"""What the drivers share: the container's namespace, names made of hashes, and marks that say whose a thing is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from netc.cni.errors import CniError, Code, failure
from netc.cni.plugin import Call
from netc.dataclass import dataclass
from netc.kernel import Kernel, KernelError, Namespace

_MAC = re.compile(r"[0-9a-f]{2}(?:([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2})*)|[0-9a-f]{4}(?:\.[0-9a-f]{4})+", re.IGNORECASE)
#: nftables keeps a comment of at most this many bytes.
_COMMENT_BYTES = 127


def container(kernel: Kernel, call: Call) -> Namespace:
    """The container's namespace; raises `CniError` worded as the reference plugins do."""
    path = call.env.netns
    try:
        return kernel.at(path)
    except KernelError as error:
        raise failure(f'failed to open netns "{path}": {error}') from None


def container_if_there(kernel: Kernel, call: Call) -> Namespace | None:
    """The container's namespace, None where it is gone or was never named: for DEL."""
    try:
        return kernel.at(call.env.netns) if call.env.netns else None
    except KernelError:
        return None


def hashed(prefix: str, text: str, length: int) -> str:
    """`prefix` and hex digits of SHA-512 of the text, `length` characters in all: how the plugins name things."""
    return (prefix + hashlib.sha512(text.encode()).hexdigest())[:length]


def parse_mac(text: str) -> str:
    """A hardware address as Go's net.ParseMAC takes it, in the kernel's spelling (lower case, colons).

    Raises `CniError` with Go's text.
    """
    digits = re.sub(r"[:.-]", "", text).lower()
    if not _MAC.fullmatch(text) or len(digits) not in (12, 16, 40):
        raise failure(f"address {text}: invalid MAC address")
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a rule or element is: one interface of one container on one network. It is written into comments.

    A comment is `NETWORK-ATTACHMENT, net: N, if: I, id: C`: two hashes for programs to compare, and names for people,
    cut where nftables cuts.
    """

    network: str
    ifname: str
    container_id: str

    @classmethod
    def of(cls, call: Call) -> Owner:
        """The attachment that a call is about."""
        return cls(call.name, call.env.ifname, call.env.container_id)

    @property
    def key(self) -> str:
        """The part of the comment that identifies the attachment."""
        return f"{network_key(self.network)}-{hashed('', f'{self.ifname}:{self.container_id}', 16)}"

    @property
    def comment(self) -> str:
        """The comment."""
        text = f"{self.key}, net: {self.network}, if: {self.ifname}, id: {self.container_id}"
        return text.replace('"', "").encode()[:_COMMENT_BYTES].decode(errors="ignore")

    def owns(self, comment: str) -> bool:
        """Whether a comment was written for this attachment."""
        return comment.partition(",")[0] == self.key


def network_key(network: str) -> str:
    """The part of an owner's comment that identifies the network."""
    return hashed("", network, 16)


def valid_keys(call: Call, attachments: Iterable[tuple[str, str]]) -> frozenset[str]:
    """The owner keys of the attachments (container ID, interface name) that a GC call declares valid."""
    return frozenset(Owner(call.name, ifname, container_id).key for container_id, ifname in attachments)


def refused(error: KernelError, doing: str = "") -> CniError:
    """The error of a plugin whose kernel call was refused: `create qdisc: file exists`.

    The message is the reference's, to the letter; what the kernel or netc adds to it (a missing module) is in the
    details, as CNI has a field for it.
    """
    return CniError(Code.INTERNAL, f"{doing}: {error.reason}" if doing else error.reason, error.hint)
