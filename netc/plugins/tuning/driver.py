"""tuning: sysctls of the container's namespace, and attributes of its interface that DEL sets back.

https://www.cni.dev/plugins/current/meta/tuning/
"""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from netc.cni.args import parse_args
from netc.cni.decode import Keys, base_config
from netc.cni.errors import CniError, failure
from netc.cni.gojson import quote
from netc.cni.plugin import Call, Handlers, Verb
from netc.cni.results import Result
from netc.dataclass import dataclass, replace
from netc.kernel import Kernel, KernelError, Link, Namespace
from netc.plugins import find
from netc.plugins.attachment import container_if_there, parse_mac, refused
from netc.plugins.interface import Undo, answering, undoing

ALLOWLIST = "/etc/cni/tuning/allowlist.conf"
DATA_DIR = "/run/cni/tuning"


@dataclass(frozen=True, slots=True)
class Tuning:
    """What the configuration, the arguments and the runtime ask for together. None and "" leave things as they are."""

    sysctls: Mapping[str, str]
    mac: str
    mtu: int
    promisc: bool
    allmulti: bool | None
    txqlen: int | None
    data_dir: str

    @property
    def touches_link(self) -> bool:
        """Whether anything is asked of the interface."""
        return bool(self.mac or self.mtu or self.promisc) or self.allmulti is not None or self.txqlen is not None


def handlers(kernel: Kernel) -> Handlers:
    """The plugin's functions, working on this kernel."""
    info = find("tuning")
    assert info is not None
    return Handlers(
        add=partial(_add, kernel),
        check=partial(_check, kernel),
        delete=partial(_delete, kernel),
        versions=info.versions,
        about=info.summary,
    )


def read(call: Call) -> Tuning:
    """What is asked for. A MAC address of `args.cni` beats the runtime's, that of CNI_ARGS, the configuration's."""
    if call.verb in (Verb.ADD, Verb.CHECK):
        Keys(call.config, prefix="", struct="sysctlCheck").string_map("sysctl")
    keys = Keys(call.config, struct="TuningConf")
    base_config(keys)
    runtime_mac = keys.object("runtimeConfig").string("mac")
    extra = keys.object("args").object("cni", "IPAMArgs")
    args = parse_args(call.env.args, {"MAC": str})

    def boolean(key: str) -> bool | None:
        own, other = keys.optional_boolean(key), extra.optional_boolean(key)
        return own if other is None else other

    def integer(key: str) -> int | None:
        own, other = keys.optional_integer(key), extra.optional_integer(key)
        return own if other is None else other

    return Tuning(
        sysctls=keys.string_map("sysctl") | extra.string_map("sysctl"),
        mac=extra.string("mac") or runtime_mac or args.get("MAC", "") or keys.string("mac"),
        mtu=integer("mtu") or 0,
        promisc=boolean("promisc") or False,
        allmulti=boolean("allmulti"),
        txqlen=integer("txQLen"),
        data_dir=keys.string("dataDir") or DATA_DIR,
    )


@answering
def _add(kernel: Kernel, call: Call) -> Result:
    """Write the sysctls, keep the interface's attributes for DEL, change them."""
    tuning = read(call)
    _check_allowed(tuning)
    previous = _required(call)
    inside = _container(kernel, call)
    with undoing() as undo:
        for key, value in tuning.sysctls.items():
            path = _sysctl_path(key, call.env.ifname)
            _write_sysctl(inside, path, value, undo)
        if tuning.touches_link:
            _change_link(inside, call, tuning, undo)
    if tuning.mac:
        named = (
            replace(item, mac=tuning.mac) if item.name == call.env.ifname else item for item in previous.interfaces
        )
        previous = replace(previous, interfaces=tuple(named))
    return previous


def _required(call: Call) -> Result:
    previous = call.prev_result()
    if previous is None:
        raise failure("Required prevResult missing")
    return previous


def _container(kernel: Kernel, call: Call) -> Namespace:
    try:
        return kernel.at(call.env.netns)
    except KernelError as error:
        raise refused(error) from None


def _check_allowed(tuning: Tuning) -> None:
    """Each sysctl must match a line of the node's allowlist, if the node has one."""
    try:
        with open(ALLOWLIST, encoding="utf-8") as file:
            allowed = [line.strip() for line in file if line.strip()]
    except FileNotFoundError:
        return
    except OSError as error:
        raise failure(f"open {ALLOWLIST}: {(error.strerror or '').lower()}") from None
    for key in tuning.sysctls:
        try:
            matches = any(re.search(line, key) for line in allowed)
        except re.error as error:
            raise failure(f"{ALLOWLIST} has a line that is no regular expression: {error}") from None
        if not matches:
            listed = " ".join(allowed)
            raise failure(f"Sysctl {key} is not allowed. Only the following sysctls are allowed: [{listed}]")


def _sysctl_path(key: str, ifname: str) -> str:
    """The path below /proc/sys: dots are slashes, `IFNAME` is the container's interface, whatever dots its name has."""
    name = key.replace(".", "/").replace("IFNAME", ifname, 1)
    path = posixpath.normpath(f"/{name}")[1:]
    if not path.startswith("net/"):
        raise failure(f"invalid net sysctl key: {quote(name)}")
    return path


def _write_sysctl(inside: Namespace, path: str, value: str, undo: Undo) -> None:
    try:
        before = inside.sysctl(path)
    except KernelError:
        before = None  # Some can only be written.
    try:
        inside.set_sysctl(path, value)
    except KernelError as error:
        raise refused(error) from None
    if before is not None:
        undo(partial(inside.set_sysctl, path, before))


def _change_link(inside: Namespace, call: Call, tuning: Tuning, undo: Undo) -> None:
    name = call.env.ifname
    link = inside.link(name)
    if link is None:
        raise failure(f'failed to get "{name}": Link not found')
    mac = _parse_mac(tuning.mac) if tuning.mac else ""
    wanted: dict[str, Any] = {"mac": mac or None, "promisc": tuning.promisc or None, "mtu": tuning.mtu or None}
    wanted |= {"allmulti": tuning.allmulti, "txqlen": tuning.txqlen}
    wanted = {key: value for key, value in wanted.items() if value is not None}
    path = _backup_path(call, tuning)
    kept = _keep(path, link, wanted)
    if not kept:
        undo(partial(os.unlink, path))
    if wanted.get("mtu", 0) < 0:
        raise failure("invalid argument")
    for key, value in wanted.items():
        try:
            inside.set_link(link.index, **{key: value})
        except KernelError as error:
            raise refused(error) from None
        undo(partial(inside.set_link, link.index, **{key: getattr(link, key)}))


def _parse_mac(text: str) -> str:
    try:
        return parse_mac(text)
    except CniError as error:
        raise failure(f"invalid args {text} for MAC addr: {error.msg}") from None


def _backup_path(call: Call, tuning: Tuning) -> str:
    return f"{tuning.data_dir}/{call.env.container_id}_{call.env.ifname}.json"


def _keep(path: str, link: Link, wanted: Mapping[str, Any]) -> bool:
    """Write the attributes that are about to change beside those kept before; whether there were any."""
    now = {_FILE_KEYS[key]: getattr(link, key) for key in _FILE_KEYS if key in wanted}
    kept = _kept(path) or {}
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(fd, "w", encoding="utf-8") as file:
            json.dump(now | kept, file, indent=1)
    except OSError as error:
        raise failure(f"failed to create backup file {path}: {(error.strerror or '').lower()}") from None
    return bool(kept)


#: The attributes in the order in which they are set, and their keys in the backup file.
_FILE_KEYS = {"mac": "mac", "promisc": "promisc", "mtu": "mtu", "allmulti": "allmulti", "txqlen": "txQLen"}


def _kept(path: str) -> dict[str, Any] | None:
    """What the backup file holds; None where there is none, or none that can be read."""
    try:
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) else None


@answering
def _check(kernel: Kernel, call: Call) -> None:
    """Whether everything still is as ADD set it."""
    tuning = read(call)
    _required(call)
    inside = _container(kernel, call)
    for key, value in tuning.sysctls.items():
        path = _sysctl_path(key, call.env.ifname)
        try:
            current = inside.sysctl(path)
        except KernelError as error:
            raise refused(error) from None
        # The kernel answers a list with tabs, however it was written.
        if current.split() != value.split():
            raise failure(f"Error: Tuning configured value of /proc/sys/{path} is {value}, current value is {current}")
    name = call.env.ifname
    link = inside.link(name)
    if link is None:
        raise failure(f"Cannot find container link {name}")
    _compare(tuning, link)


def _compare(tuning: Tuning, link: Link) -> None:
    def differs(what: str, wanted: object, current: object) -> CniError:
        return failure(f"Error: Tuning configured {what} of {link.name} is {wanted}, current value is {current}")

    if tuning.mac and _parse_mac(tuning.mac) != link.mac:
        raise differs("Ethernet", tuning.mac, link.mac)
    if tuning.promisc and not link.promisc:
        raise failure(f"Error: Tuning link {link.name} configured promisc is true, current value is 0")
    if tuning.mtu and tuning.mtu != link.mtu:
        raise differs("MTU", tuning.mtu, link.mtu)
    if tuning.allmulti is not None and tuning.allmulti != link.allmulti:
        raise differs("all-multicast mode", str(tuning.allmulti).lower(), str(link.allmulti).lower())
    if tuning.txqlen is not None and tuning.txqlen != link.txqlen:
        raise differs("Transmit Queue Length", tuning.txqlen, link.txqlen)


@answering
def _delete(kernel: Kernel, call: Call) -> None:
    """Set the interface's attributes back, if it is still there, and forget them."""
    path = _backup_path(call, read(call))
    kept = _kept(path)
    if kept is None:
        return
    inside = container_if_there(kernel, call)
    link = inside.link(call.env.ifname) if inside is not None else None
    if inside is not None and link is not None:
        for key in ("mtu", "mac", "promisc", "allmulti", "txqlen"):
            value = kept.get(_FILE_KEYS[key])
            if value is not None:
                with suppress(KernelError):
                    inside.set_link(link.index, **{key: value})
    with suppress(OSError):
        os.unlink(path)
