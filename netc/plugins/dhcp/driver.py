"""dhcp in process: it asks the daemon (the reference's page: https://www.cni.dev/plugins/current/ipam/dhcp/)."""

from __future__ import annotations

from typing import Any

from netc.cni.errors import CniError, Code, failure
from netc.cni.plugin import Call, Handlers
from netc.cni.result_json import parse
from netc.cni.results import Result
from netc.kernel import Kernel
from netc.plugins.dhcp.client import DhcpError
from netc.plugins.dhcp.config import socket_path
from netc.plugins.dhcp.daemon import ask


def _ask(call: Call, method: str) -> Any:
    try:
        return ask(socket_path(call.config), method, call.env, call.config)
    except DhcpError as error:
        raise failure(str(error)) from None


def _add(call: Call) -> Result:
    return parse(_ask(call, "Allocate"))


def _check(call: Call) -> None:
    """A daemon that has started anew gets a lease again; an attachment with another address than the lease's fails."""
    lent = parse(_ask(call, "Allocate")).ips[0].address
    result = call.prev_result()
    if result is not None and lent not in [ip.address for ip in result.ips]:
        raise failure(f"dhcp: the server lends {lent}, which the attachment does not have")


def _delete(call: Call) -> None:
    _ask(call, "Release")


def _gc(call: Call) -> None:
    if "cni.dev/valid-attachments" in call.config:
        _ask(call, "Collect")


def _status(call: Call) -> None:
    try:
        ask(socket_path(call.config), "Status", call.env, call.config)
    except DhcpError as error:
        raise CniError(Code.PLUGIN_NOT_AVAILABLE, str(error)) from None


def handlers(kernel: Kernel) -> Handlers:
    """dhcp as a plugin. The daemon does the work; it opens the container's namespace by its path."""
    del kernel
    return Handlers(add=_add, check=_check, delete=_delete, gc=_gc, status=_status, about="CNI dhcp plugin of netc")
