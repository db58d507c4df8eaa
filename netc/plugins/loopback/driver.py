"""loopback in process: brings up `lo` (https://www.cni.dev/plugins/current/main/loopback/)."""

from __future__ import annotations

from functools import partial

from netc.cni.decode import Keys, base_config
from netc.cni.errors import CniError, failure
from netc.cni.gojson import quote
from netc.cni.plugin import Call, Handlers
from netc.cni.results import Interface, IpConfig, Result
from netc.kernel import Kernel, Link, Namespace
from netc.plugins.attachment import container_if_there
from netc.plugins.interface import answering, undoing

_NAME = "lo"


def _lo(namespace: Namespace) -> Link:
    link = namespace.link(_NAME)
    if link is None:
        raise failure(f"failed to lookup {quote(_NAME)}: Link not found")
    return link


@answering
def _add(kernel: Kernel, call: Call) -> Result:
    keys = Keys(call.config, prefix="failed to parse network config: ", struct="PluginConf")
    base_config(keys, "")
    try:
        previous = call.prev_result()
    except CniError as error:
        raise failure(f"failed to parse prevResult: {error.msg}") from None
    namespace = kernel.at(call.env.netns)
    link = _lo(namespace)
    with undoing() as undo:
        if not link.up:
            undo(lambda: namespace.set_link(link.index, up=False))
        namespace.set_link(link.index, up=True)
        addresses = [found.address for found in namespace.addresses(link.index)]
        for address in addresses:
            if not address.ip.is_loopback:
                raise failure(f"loopback interface found with non-loopback address {quote(str(address.ip))}")
    if previous is not None:
        return previous
    firsts = (next((one for one in addresses if one.version == version), None) for version in (4, 6))
    return Result(
        interfaces=(Interface(_NAME, link.mac, call.env.netns),),
        ips=tuple(IpConfig(address, interface=0) for address in firsts if address is not None),
    )


@answering
def _check(kernel: Kernel, call: Call) -> None:
    if not _lo(kernel.at(call.env.netns)).up:
        raise failure("loopback interface is down")


@answering
def _delete(kernel: Kernel, call: Call) -> None:
    namespace = container_if_there(kernel, call)
    if namespace is not None:
        namespace.set_link(_lo(namespace).index, up=False)


def handlers(kernel: Kernel) -> Handlers:
    """loopback as a plugin."""
    return Handlers(
        add=partial(_add, kernel),
        check=partial(_check, kernel),
        delete=partial(_delete, kernel),
        about="CNI loopback plugin of netc",
    )
