"""Which of the host's interfaces is meant: by name, MAC address, or the device in /sys that it belongs to."""

from __future__ import annotations

import glob
import os
import posixpath

from netc.cni.decode import BaseConfig, Keys, base_config
from netc.cni.errors import CniError, failure
from netc.cni.gojson import quote
from netc.cni.plugin import Call
from netc.dataclass import dataclass, replace
from netc.kernel import Link, Namespace
from netc.plugins.attachment import parse_mac

_PCI, _AUXILIARY = "/sys/bus/pci/devices", "/sys/bus/auxiliary/devices"
#: Drivers that hand a device to user space: there is no interface then.
_USER_SPACE = frozenset({"vfio-pci", "uio_pci_generic", "igb_uio"})


@dataclass(frozen=True, slots=True)
class Config:
    """host-device's keys. Of the ways to name a device the first that is not "" counts, in the order of the fields;
    `device_id` is the runtime's, which stands for `pci` or `auxiliary`.

    `user_space` is whether the device belongs to a program (DPDK), so that there is no interface to move.
    """

    base: BaseConfig
    name: str
    hwaddr: str
    kernel_path: str
    pci: str
    auxiliary: str = ""
    device_id: str = ""
    user_space: bool = False


def read(call: Call) -> Config:
    """The configuration as it is written; raises `CniError` (999) for what can't be decoded."""
    keys = Keys(call.config)
    return Config(
        base=base_config(keys),
        name=keys.string("device"),
        hwaddr=keys.string("hwaddr"),
        kernel_path=keys.string("kernelpath"),
        pci=keys.string("pciBusID"),
        device_id=keys.object("runtimeConfig").string("deviceID"),
    )


def load(call: Call) -> Config:
    """The configuration, the runtime's device looked up. Raises `CniError`, as the reference does in DEL as well."""
    config = read(call)
    pci, auxiliary, device_id = config.pci, "", config.device_id
    if device_id:
        if os.path.exists(f"{_PCI}/{device_id}"):
            pci = device_id
        elif os.path.exists(f"{_AUXILIARY}/{device_id}"):
            pci, auxiliary = "", device_id
        else:
            raise failure(f"runtime config DeviceID {device_id} not found or unsupported")
    if not (config.name or config.hwaddr or config.kernel_path or pci or auxiliary):
        raise failure('specify either "device", "hwaddr", "kernelpath" or "pciBusID"')
    user_space = bool(pci) and _driver(pci) in _USER_SPACE
    return replace(config, pci=pci, auxiliary=auxiliary, user_space=user_space)


def _driver(pci: str) -> str:
    link = f"{_PCI}/{pci}/driver"
    try:
        return os.path.basename(os.path.realpath(link, strict=True))
    except OSError as error:
        missing = error.filename or link
        raise failure(f"error with host device: lstat {missing}: {(error.strerror or '').lower()}") from None


def find(host: Namespace, config: Config) -> Link:
    """The host's interface; raises `CniError` in the reference's words where there is none."""
    try:
        return _find(host, config)
    except CniError as error:
        raise failure(f"failed to find host device: {error.msg}") from None


def _find(host: Namespace, config: Config) -> Link:
    if config.name:
        return _named(host, config.name)
    if config.hwaddr:
        try:
            wanted = parse_mac(config.hwaddr)
        except CniError as error:
            raise failure(f"failed to parse MAC address {quote(config.hwaddr)}: {error.msg}") from None
        for link in host.links():
            if link.mac == wanted:
                return link
    elif config.kernel_path:
        return _named(host, _at_kernel_path(host, config.kernel_path))
    elif config.pci:
        return _named(host, _first_of_pci(host, config.pci))
    else:
        return _named(host, _first(host, f"{_AUXILIARY}/{config.auxiliary}/net"))
    raise failure("failed to find physical interface")


def _named(host: Namespace, name: str) -> Link:
    link = host.link(name)
    if link is None:
        raise failure("Link not found")
    return link


def _at_kernel_path(host: Namespace, path: str) -> str:
    if not posixpath.isabs(path) or not path.startswith("/sys/devices/"):
        raise failure(f"kernel device path {quote(path)} must be absolute and begin with /sys/devices/")
    return _first(host, posixpath.join(path, "net"))


def _first_of_pci(host: Namespace, pci: str) -> str:
    folder = f"{_PCI}/{pci}"
    if os.path.isdir(f"{folder}/net"):
        return _first(host, f"{folder}/net")
    virtio = sorted(glob.glob(f"{glob.escape(folder)}/virtio*/net"))
    if virtio:
        return _first(host, virtio[0])
    raise failure(f"no net directory under pci device {pci}")


def _first(host: Namespace, folder: str) -> str:
    """The first interface that a folder `net` of /sys lists."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        text = f"open {folder}: {(error.strerror or '').lower()}"
        raise failure(f"failed to read directory {folder}: {quote(text)}") from None
    for name in names:
        if host.link(name) is not None:
            return name
    raise failure(f"failed to find network device in path {folder}")
