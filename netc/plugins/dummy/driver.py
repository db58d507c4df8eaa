"""dummy in process: an interface of the container with addresses and routes, and nothing behind it.

What it does key by key is on the reference plugin's page (https://www.cni.dev/plugins/current/main/dummy/); where this
driver differs, NOTES.md says why.
"""

from __future__ import annotations

from functools import partial

from netc.cni.decode import BaseConfig, Keys, base_config
from netc.cni.errors import failure
from netc.cni.plugin import Call, Handlers, Verb
from netc.cni.results import Interface, Result
from netc.dataclass import replace
from netc.kernel import Kernel
from netc.plugins.attachment import container, container_if_there
from netc.plugins.interface import answering, delete_interface, ipam_add, saying, separate_container, undoing
from netc.plugins.interface_config import check_addresses, check_routes, configure, interface, own_interface, previous


def read(call: Call) -> BaseConfig:
    """The configuration: dummy has no keys of its own. Raises `CniError` (999)."""
    prefix = "failed to load netconf: " if call.verb is Verb.STATUS else "failed to parse network config: "
    return base_config(Keys(call.config, prefix=prefix, struct="PluginConf"), embedded="")


def load(call: Call) -> BaseConfig:
    """The configuration of ADD and CHECK, which names an IPAM plugin. Raises `CniError` (999)."""
    config = read(call)
    if not config.ipam_type:
        raise failure("dummy interface requires an IPAM configuration")
    return config


@answering
def _add(kernel: Kernel, call: Call) -> Result:
    load(call)
    inside, ifname = separate_container(kernel, call), call.env.ifname
    with undoing() as undo:
        with saying("failed to create dummy"):
            inside.add_link(ifname, "dummy")
        link = interface(inside, ifname)
        undo(lambda: inside.delete_link(link.index))
        given = ipam_add(call, undo)
        result = replace(
            given,
            interfaces=(Interface(ifname, link.mac, call.env.netns),),
            ips=tuple(replace(ip, interface=0) for ip in given.ips),
        )
        configure(inside, link, result)
        return result


@answering
def _check(kernel: Kernel, call: Call) -> None:
    load(call)
    inside = container(kernel, call)
    call.delegate(Verb.CHECK)
    result = previous(call, "dummy: Required prevResult missing")
    own = own_interface(call, result)
    link = inside.link(own.name)
    if link is None:
        raise failure(f"Container Interface name in prevResult: {own.name} not found")
    if link.kind != "dummy":
        raise failure(f"Error: Container interface {own.name} not of type dummy")
    if own.mac and own.mac != link.mac:
        raise failure(f"Interface {own.name} Mac {own.mac} doesn't match container Mac: {link.mac}")
    if not link.up:
        raise failure(f"Interface {own.name} is down")
    check_addresses(inside, call.env.ifname, result)
    check_routes(inside, result)


@answering
def _delete(kernel: Kernel, call: Call) -> None:
    read(call)
    call.delegate(Verb.DEL)
    inside = container_if_there(kernel, call)
    if inside is not None:
        delete_interface(inside, call.env.ifname)


def _gc(call: Call) -> None:
    if read(call).ipam_type:
        call.delegate(Verb.GC)


def _status(call: Call) -> None:
    read(call)
    call.delegate(Verb.STATUS)


def handlers(kernel: Kernel) -> Handlers:
    """dummy as a plugin."""
    return Handlers(
        add=partial(_add, kernel),
        check=partial(_check, kernel),
        delete=partial(_delete, kernel),
        gc=_gc,
        status=_status,
        about="CNI dummy plugin of netc",
    )
