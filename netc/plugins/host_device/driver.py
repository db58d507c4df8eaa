"""host-device in process: an interface of the host goes into the container, and comes home with DEL.

What it does key by key is on the reference plugin's page (https://www.cni.dev/plugins/current/main/host-device/);
where this driver differs, NOTES.md says why.

The interface's alias holds the name that it had on the host. Moving, renaming and writing the alias are one request
to the kernel, so that nobody can meet the interface halfway, or be left with it there.
"""

from __future__ import annotations

import errno as codes
import re
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from netc.cni.errors import CniError, failure
from netc.cni.gojson import quote
from netc.cni.plugin import Call, Handlers, Verb
from netc.cni.results import Address, Interface, Result
from netc.dataclass import replace
from netc.kernel import Kernel, KernelError, Link, Namespace
from netc.plugins.attachment import container, container_if_there
from netc.plugins.host_device.device import Config, find, load, read
from netc.plugins.interface import Undo, answering, ipam_add, separate_container, undoing
from netc.plugins.interface_config import (
    check_addresses,
    check_routes,
    configure,
    interface,
    own_interface,
    previous,
)
from netc.plugins.kinds import is_ifname

#: What the kernel calls an interface that it has to bring home while its name is taken there.
_KERNELS_NAME = re.compile(r"dev\d+")


@answering
def _add(kernel: Kernel, call: Call) -> Result:
    config = load(call)
    inside, ifname = separate_container(kernel, call), call.env.ifname
    with undoing() as undo:
        own = Interface(ifname, sandbox=call.env.netns)
        link = None
        if not config.user_space:
            link = _move_in(kernel.here(), inside, find(kernel.here(), config), ifname, undo)
            own = replace(own, mac=link.mac)
        if not config.base.ipam_type:
            return Result(interfaces=(own,))
        given = ipam_add(call, undo)
        result = replace(
            given,
            interfaces=(own,),
            ips=tuple(replace(ip, interface=0) for ip in given.ips),
            dns=config.base.dns,
        )
        if link is not None:
            configure(inside, link, result)
        return result


def _move_in(host: Namespace, inside: Namespace, link: Link, ifname: str, undo: Undo) -> Link:
    """Move the host's link into the container and bring it up there; it comes home as it was if the ADD fails."""
    if inside.link(ifname) is not None:
        raise _taken(link.name, ifname)
    addresses = [entry.address for entry in host.addresses(link.index)]
    try:
        host.set_link(link.index, name=ifname, alias=link.name, netns=inside)
    except KernelError as error:
        raise failure(f'failed to move link failed to move {quote(ifname)} (host: {quote(link.name)}) to container NS: '
                      f"{error.reason}") from None  # fmt: skip
    moved = interface(inside, ifname)
    undo(partial(_back_as_it_was, host, inside, moved, link, addresses))
    try:
        inside.set_link(moved.index, up=True)
    except KernelError as error:
        raise failure(f"failed to set {quote(ifname)} up: {error.reason}") from None
    return interface(inside, ifname)


def _taken(name: str, ifname: str) -> CniError:
    return failure(
        f"failed to move link failed to move {quote(ifname)} (host: {quote(name)}) to container NS: file exists"
    )


def _back_as_it_was(
    host: Namespace, inside: Namespace, moved: Link, before: Link, addresses: Sequence[Address]
) -> None:
    inside.set_link(moved.index, name=before.name, alias=before.alias, netns=host)
    home = interface(host, before.name)
    if before.up:
        host.set_link(home.index, up=True)
    for address in addresses:
        with suppress(KernelError):  # The kernel gives the link-local ones itself.
            host.add_address(home.index, address)


@answering
def _check(kernel: Kernel, call: Call) -> None:
    config = load(call)
    inside = container(kernel, call)
    if config.base.ipam_type:
        call.delegate(Verb.CHECK)
    result = previous(call, "Required prevResult missing")
    if config.user_space:
        return
    own = own_interface(call, result)
    link = inside.link(own.name)
    if link is None:
        raise failure(f"Container Interface name in prevResult: {own.name} not found")
    if own.mac and own.mac != link.mac:
        raise failure(f"Interface {own.name} Mac {own.mac} doesn't match container Mac: {link.mac}")
    check_addresses(inside, call.env.ifname, result)
    check_routes(inside, result)


@answering
def _delete(kernel: Kernel, call: Call) -> None:
    config = load(call)
    if config.base.ipam_type:
        call.delegate(Verb.DEL)
    if config.user_space:
        return
    host, inside = kernel.here(), container_if_there(kernel, call)
    link = None if inside is None or inside is host else inside.link(call.env.ifname)
    if inside is not None and link is not None:
        _move_home(host, inside, link)
    else:
        _bring_home_stranded(host, config)


def _move_home(host: Namespace, inside: Namespace, link: Link) -> None:
    """Move the container's link back under the name that its alias keeps; it stays in the container if it can't."""
    if not link.alias:
        raise failure(f"failed to find original ifname for {quote(link.name)} (alias is not set)")
    if host.link(link.alias) is not None:
        raise _home_taken(link)
    try:
        inside.set_link(link.index, name=link.alias, alias="", netns=host)
    except KernelError as error:
        if error.errno == codes.EEXIST:
            raise _home_taken(link) from None
        raise failure(f"failed to move {quote(link.alias)} to hostNS: {error.reason}") from None


def _home_taken(link: Link) -> CniError:
    return failure(f"failed to move {quote(link.alias)} to hostNS: file exists")


def _bring_home_stranded(host: Namespace, config: Config) -> None:
    """Give a device its name back that the kernel has brought to the host when its container's namespace ended.

    It still has the container's name, or one that the kernel made up, and the alias that ADD wrote.
    """
    for link in host.links():
        if _is_stranded(host, link, config):
            host.set_link(link.index, name=link.alias, alias="")
            return


def _is_stranded(host: Namespace, link: Link, config: Config) -> bool:
    if not link.alias or link.up or not is_ifname(link.alias) or host.link(link.alias) is not None:
        return False
    if config.name:
        return link.alias == config.name
    # Only a name that no one would give a host's interface: an alias may be anybody's remark.
    if not (_KERNELS_NAME.fullmatch(link.name) or re.fullmatch(r"(eth|net)\d+", link.name)):
        return False
    try:
        return find(host, config).index == link.index
    except CniError:
        return False


@answering
def _gc(kernel: Kernel, call: Call) -> None:
    """Bring home what stands on the host under a container's name: an attachment that is valid has it inside."""
    if read(call).base.ipam_type:
        call.delegate(Verb.GC)
    try:
        config = load(call)
    except CniError:
        return  # Without what the runtime hands over for a container, the configuration names no device.
    if not config.user_space:
        _bring_home_stranded(kernel.here(), config)


def _status(call: Call) -> None:
    if read(call).base.ipam_type:
        call.delegate(Verb.STATUS)


def handlers(kernel: Kernel) -> Handlers:
    """host-device as a plugin."""
    return Handlers(
        add=partial(_add, kernel),
        check=partial(_check, kernel),
        delete=partial(_delete, kernel),
        gc=partial(_gc, kernel),
        status=_status,
        about="CNI host-device plugin of netc",
    )
