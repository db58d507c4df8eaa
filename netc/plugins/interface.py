"""What drivers of interface plugins share: undoing a failed ADD, the IPAM plugin, deleting a link, veth pairs."""

from __future__ import annotations

import errno as codes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import TypeVar

from netc.cni.decode import BaseConfig, Keys, base_config
from netc.cni.errors import CniError, Code, failure
from netc.cni.gojson import quote
from netc.cni.plugin import Call, Verb
from netc.cni.results import Dns, Result
from netc.kernel import Kernel, KernelError, Link, Namespace
from netc.plugins.attachment import container, parse_mac, refused

T = TypeVar("T")
_VETH_TRIES = 10


@contextmanager
def saying(what: str) -> Iterator[None]:
    """A kernel refusal inside the `with` becomes a `CniError` that starts with `what`."""
    try:
        yield
    except KernelError as error:
        raise refused(error, what) from error


def answering(handler: Callable[[Kernel, Call], T]) -> Callable[[Kernel, Call], T]:
    """A handler whose kernel refusals, where it says nothing of its own about them, are CNI errors too."""

    @wraps(handler)
    def answer(kernel: Kernel, call: Call) -> T:
        try:
            return handler(kernel, call)
        except KernelError as error:
            raise refused(error) from error

    return answer


#: Is given what takes back a step of an ADD.
Undo = Callable[[Callable[[], object]], None]


@contextmanager
def undoing() -> Iterator[Undo]:
    """`with undoing() as undo:` where the body fails, the steps given to `undo` run, last first, and it still fails.

    A step that fails itself does not keep the others from running: DEL will come by again.
    """
    steps: list[Callable[[], object]] = []
    try:
        yield steps.append
    except BaseException:
        for step in reversed(steps):
            with suppress(OSError, CniError):
                step()
        raise


# Links ----------------------------------------------------------------------------------------------------------------


def separate_container(kernel: Kernel, call: Call) -> Namespace:
    """The container's namespace, for ADD; raises `CniError` (code 8) if it is the host's.

    The envelope says so too, but only when everything is done and can't be undone any more.
    """
    namespace = container(kernel, call)
    if namespace is kernel.here() and os.environ.get("CNI_NETNS_OVERRIDE", "").lower() not in ("1", "true"):
        text = "plugin's netns and netns from CNI_NETNS should not be the same"
        raise CniError(Code.INVALID_NETNS, text)
    return namespace


def delete_interface(namespace: Namespace, name: str) -> None:
    """Delete the link of this name; one that is not there, or goes away meanwhile, is fine."""
    link = namespace.link(name)
    if link is None:
        return
    try:
        namespace.delete_link(link.index)
    except KernelError as error:
        if not error.is_missing():
            raise refused(error, f"failed to delete {quote(name)}") from error


# Configuration and the IPAM plugin ----------------------------------------------------------------------------------


def dns_of(config: BaseConfig, result: Result) -> Dns:
    """The configuration's DNS settings if it has any, else those of the IPAM plugin."""
    return config.dns if config.dns_given else result.dns


def valid_attachments(call: Call) -> frozenset[tuple[str, str]] | None:
    """Pairs of container ID and interface name that GC must keep; None where the runtime sends no list."""
    keys = Keys(call.config)
    if not keys.has("cni.dev/valid-attachments"):
        return None
    return frozenset(base_config(keys).valid_attachments)


def ipam_add(call: Call, undo: Undo, *, doing: str = "") -> Result:
    """The IPAM plugin's result, which has an address; taken back with the rest if the ADD fails.

    An IPAM plugin that fails is not told to DEL: it may have failed because the attachment exists already, and that
    one keeps its addresses. Its error is passed on as it is; with `doing` as one of this plugin's, which starts so.
    """
    try:
        result = call.delegate(Verb.ADD)
    except CniError as error:
        if not doing:
            raise
        raise CniError(Code.INTERNAL, f"{doing}: {error.msg}", error.details) from error
    undo(lambda: call.delegate(Verb.DEL))
    if result is None or not result.ips:
        raise failure("IPAM plugin returned missing IP config")
    return result


def enable_forwarding(host: Namespace, version: int) -> None:
    """Let the host forward packets of this IP version."""
    path = "net/ipv4/ip_forward" if version == 4 else "net/ipv6/conf/all/forwarding"
    with suppress(KernelError):
        if host.sysctl(path) == "1":
            return
    with saying("failed to enable forwarding"):
        host.set_sysctl(path, "1")


# Veth pairs ---------------------------------------------------------------------------------------------------------


def random_veth_name() -> str:
    """`veth` and 8 hexadecimal digits."""
    return f"veth{os.urandom(4).hex()}"


def make_veth(host: Namespace, inside: Namespace, ifname: str, mtu: int, mac: str, undo: Undo) -> tuple[Link, Link]:
    """A veth pair from `ifname` in the container to a random name in the host: (host end, container end).

    The host end is up and takes no router advertisements; the container's stays down until it is configured. `mac` is
    the container end's, as it is written in a configuration, "" for a random one.
    """
    try:
        address = parse_mac(mac) if mac else ""
    except CniError as error:
        raise failure(f"failed to make veth pair: {error.msg}") from None
    name = _new_pair(host, inside, ifname, mtu, address)
    undo(lambda: delete_interface(inside, ifname))
    inner, outer = inside.link(ifname), host.link(name)
    if inner is None or outer is None:
        raise failure(f"failed to lookup {quote(name)}: Link not found")
    with saying(f"failed to set {quote(name)} up"):
        host.set_link(outer.index, up=True)
    with suppress(KernelError):
        host.set_sysctl(f"net/ipv6/conf/{name}/accept_ra", "0")
    return outer, inner


def _new_pair(host: Namespace, inside: Namespace, ifname: str, mtu: int, mac: str) -> str:
    for _ in range(_VETH_TRIES):
        name = random_veth_name()
        try:
            inside.add_veth(ifname, name, peer_netns=host, mtu=mtu, mac=mac)
        except KernelError as error:
            if error.errno != codes.EEXIST:
                raise refused(error, "failed to make veth pair") from error
            if inside.link(ifname) is not None:
                text = f"container veth name ({quote(ifname)}) peer provided ({quote(name)}) already exists"
                raise failure(text) from error
        else:
            return name
    raise failure("failed to find a unique veth name")
