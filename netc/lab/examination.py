"""What this machine can do for netc: looked at by trying it, in a sandbox that is gone afterwards."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from netc.dataclass import dataclass
from netc.kernel import Kernel, KernelError, Namespace
from netc.lab.unavailable import SandboxUnavailable

State = Literal["ok", "missing", "note"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `about` is its group, `help` what to do where it is missing."""

    about: str
    name: str
    state: State
    detail: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """All that was looked at, in order. `able` says that netc can attach here at all."""

    checks: tuple[Check, ...]
    able: bool


#: What each driver needs of them, apart from veth pairs.
_NEEDED: Mapping[str, Sequence[str]] = {
    "bridge": ("bridge",),
    "bridge with vlan": ("bridge", "bridge VLAN filtering"),
    "bridge with macspoofchk": ("bridge", "nftables on bridges"),
    "ipMasq": ("nftables masquerade",),
    "ptp": (),
    "macvlan": ("macvlan",),
    "ipvlan": ("ipvlan",),
    "vlan": ("vlan",),
    "host-device": (),
    "loopback": (),
    "dummy": ("dummy",),
    "tap": ("tap",),
    "host-local": (),
    "static": (),
    "dhcp": (),
    "portmap": ("nftables masquerade",),
    "bandwidth": ("token bucket filter", "ifb", "redirection of incoming packets"),
    "firewall": (),
    "tuning": (),
    "sbr": (),
    "vrf": ("vrf",),
}


def examine(path: Sequence[str], conf_dir: str) -> Examination:
    """Look at everything; `path` are the folders of plugin binaries, `conf_dir` the runtime's configurations."""
    checks = [*_system()]
    able = True
    try:
        missing = _tried()
    except SandboxUnavailable as refused:
        able = False
        checks.append(Check("sandbox", "namespaces", "missing", refused.reason, refused.help))
    else:
        how = "as root" if os.geteuid() == 0 else "as a plain user, in a user namespace"
        checks.append(Check("sandbox", "namespaces", "ok", how))
        checks += _kernel(missing)
        checks += _drivers(missing)
    checks += _programs()
    checks += _binaries(path)
    checks += _configurations(conf_dir)
    return Examination(tuple(checks), able)


def _system() -> Iterator[Check]:
    from netc.version import VERSION

    yield Check("system", "netc", "ok", VERSION)
    yield Check("system", "Python", "ok", platform.python_version())
    linux = sys.platform.startswith("linux")
    yield Check("system", "kernel", "ok" if linux else "missing", f"{platform.system()} {platform.release()}",
                "" if linux else "the executor needs Linux; build, lint, fmt, adopt and diff run anywhere")  # fmt: skip


def _tried() -> dict[str, str]:
    """The features that could not be had, each with the reason; tried inside a sandbox."""
    from netc.lab import sandbox

    return sandbox.run(lambda _: _try_all())


def _try_all() -> dict[str, str]:
    kernel = Kernel()
    missing = {}
    try:
        host = kernel.here()
        host.add_veth("a0", "a1")
        for name, attempt in _FEATURES.items():
            try:
                attempt(host)
            except KernelError as error:
                missing[name] = f"{error.reason}{f' ({error.hint})' if error.hint else ''}"
    finally:
        kernel.close()
    return missing


def _parent(host: Namespace) -> int:
    link = host.link("a0")
    assert link is not None
    return link.index


def _tap(host: Namespace) -> None:
    from netc.kernel.tap import add_tap

    add_tap(host, "try8")


def _token_bucket(host: Namespace) -> None:
    from netc.kernel.qdiscs import token_bucket

    host.qdiscs.add_token_bucket(_parent(host), token_bucket(1_000_000, 100_000))


def _redirect(host: Namespace) -> None:
    peer = host.link("a1")
    assert peer is not None
    host.qdiscs.add_ingress(peer.index)
    host.qdiscs.add_redirect(peer.index, _parent(host))


def _ipv6(host: Namespace) -> None:
    with host.entered():
        if not os.path.isdir("/proc/sys/net/ipv6/conf/all"):
            raise KernelError(97, "IPv6", "ipv6.disable on the kernel's command line?")


#: A feature of the kernel, and how it is tried in an empty network namespace: with a veth pair a0, a1.
_FEATURES: Mapping[str, Callable[[Namespace], None]] = {
    "bridge": lambda host: host.add_bridge("try0"),
    "bridge VLAN filtering": lambda host: host.add_bridge("try1", vlan_filtering=True),
    "macvlan": lambda host: host.add_link("try2", "macvlan", parent=_parent(host)),
    "ipvlan": lambda host: host.add_link("try3", "ipvlan", parent=_parent(host)),
    "vlan": lambda host: host.add_link("try4", "vlan", parent=_parent(host), data={"IFLA_VLAN_ID": 5}),
    "vrf": lambda host: host.add_link("try5", "vrf", data={"IFLA_VRF_TABLE": 9}),
    "dummy": lambda host: host.add_link("try6", "dummy"),
    "ifb": lambda host: host.add_link("try7", "ifb"),
    "tap": _tap,
    "token bucket filter": _token_bucket,
    "redirection of incoming packets": _redirect,
    "nftables": lambda host: host.nft.run_script("add table inet netc-try"),
    "nftables on bridges": lambda host: host.nft.run_script("add table bridge netc-try"),
    "nftables masquerade": lambda host: host.nft.run_script(
        "add table inet netc-try2; add chain inet netc-try2 c { type nat hook postrouting priority 100; }; "
        "add rule inet netc-try2 c masquerade"
    ),
    "IPv6": _ipv6,
}


def _kernel(missing: Mapping[str, str]) -> Iterator[Check]:
    for name in _FEATURES:
        if name in missing:
            yield Check("kernel", name, "missing", missing[name])
        else:
            yield Check("kernel", name, "ok")


def _drivers(missing: Mapping[str, str]) -> Iterator[Check]:
    from netc.lab.launchers import types

    known = set(types())
    for name, needed in _NEEDED.items():
        if name.split(" ")[0] not in known and name != "ipMasq":
            continue
        lacking = [one for one in needed if one in missing]
        if lacking:
            yield Check("drivers", name, "missing", f"this kernel lacks {', '.join(lacking)}",
                        "load the module, or dry-run it on another machine")  # fmt: skip
        else:
            yield Check("drivers", name, "ok")


def _programs() -> Iterator[Check]:
    import subprocess

    from netc.kernel.nft import LIBRARY, find_program

    for name, package, why in (
        ("nft", "nftables", f"or {LIBRARY}, for masquerade, port maps and spoof checks"),
        ("iptables", "iptables", "for configurations that ask for the iptables backend"),
        ("ip6tables", "iptables", "for configurations that ask for the iptables backend"),
    ):
        program = find_program(name)
        if program is None:
            yield Check("programs", name, "note", "not installed", f"install the package {package}: {why}")
            continue
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        yield Check("programs", name, "ok", done.stdout.strip())


def _binaries(path: Sequence[str]) -> Iterator[Check]:
    """The plugin binaries that `--plugins exec` would run, with the newest version that each speaks."""
    from netc.cni.cache import Cache
    from netc.cni.errors import CniError
    from netc.cni.process import ProcessExecutor
    from netc.cni.runtime import Runtime

    seen: set[str] = set()
    for folder in path:
        try:
            names = sorted(one.name for one in os.scandir(folder) if one.is_file() and os.access(one.path, os.X_OK))
        except OSError as error:
            yield Check("plugins", folder, "note", (error.strerror or str(error)).lower(),
                        "set CNI_PATH to the folder of the plugins, for --plugins exec")  # fmt: skip
            continue
        spoken: dict[str, list[str]] = {}
        for name in names:
            if name in seen or "." in name:
                continue
            seen.add(name)
            runtime = Runtime(ProcessExecutor([folder], timeout_s=5), Cache(os.devnull), path=[folder])
            try:
                newest = runtime.version(name).supported[-1]
            except CniError as error:
                newest = f"no answer ({error.msg.splitlines()[0][:60]})"
            spoken.setdefault(newest, []).append(name)
        detail = "; ".join(f"{', '.join(several)} up to {version}" for version, several in spoken.items())
        yield Check("plugins", folder, "ok" if spoken else "note", detail or "no program in it")


def _configurations(folder: str) -> Iterator[Check]:
    from netc.cni.confdir import CONF_EXTENSIONS, LIST_EXTENSIONS, conf_files
    from netc.cni.errors import CniError

    try:
        found = conf_files(folder, (*LIST_EXTENSIONS, *CONF_EXTENSIONS))
    except CniError as error:
        yield Check("configurations", folder, "note", error.msg)
        return
    if not found:
        yield Check("configurations", folder, "note", "no network in it, or no such folder")
        return
    names = ", ".join(Path(one).name for one in found)
    yield Check("configurations", folder, "ok", names, f"netc lint {folder} judges them")
